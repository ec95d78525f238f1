// SPDX-License-Identifier: Apache-2.0
#include "cache/store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/crypto.h"
#include "cache/large_write.h"
#include "cache/store_parts.h"

namespace fce {
namespace {

class PutTask final : public WriteTask {
 public:
  PutTask(Put put, uint64_t bytes) : WriteTask(bytes), put_(std::move(put)) {}
  void run(StoreWriter& writer) override { writer.write(put_); }
  Put& put() { return put_; }

 private:
  Put put_;
};

class DescribeTask final : public WriteTask {
 public:
  explicit DescribeTask(Put put) : WriteTask(put.payload->size()), put_(std::move(put)) {}
  void run(StoreWriter& writer) override { writer.describe(put_); }

 private:
  const Put put_;
};

class EraseTask final : public WriteTask {
 public:
  EraseTask(const ObjectKey& key, uint64_t tenant_hash, uint64_t sequence)
      : WriteTask(sizeof(EraseTask)), key_(key), tenant_hash_(tenant_hash), sequence_(sequence) {}
  void run(StoreWriter& writer) override { writer.write_erased(key_, tenant_hash_, sequence_); }

 private:
  const ObjectKey key_;
  const uint64_t tenant_hash_;
  const uint64_t sequence_;
};

class BeginTask final : public WriteTask {
 public:
  explicit BeginTask(std::shared_ptr<LargeWrite> write)
      : WriteTask(write->slot.payload->size()), write_(std::move(write)) {}
  void run(StoreWriter& writer) override {
    writer.begin(*write_);
    write_->tell();
  }

 private:
  const std::shared_ptr<LargeWrite> write_;
};

bool fits_head(const ObjectName& name, size_t meta_bytes) {
  return name.tenant.size() <= UINT16_MAX && name.key.size() <= UINT16_MAX &&
         meta_bytes <= UINT32_MAX;
}

ChunkRef join(const ObjectName& name, Bytes meta, std::span<const Bytes> body, size_t size) {
  ChunkRef chunk = ChunkRef::make(size);
  uint8_t* to = chunk->data();
  to = std::copy(name.tenant.begin(), name.tenant.end(), to);
  to = std::copy(name.key.begin(), name.key.end(), to);
  to = std::copy(meta.begin(), meta.end(), to);
  for (const Bytes piece : body) to = std::copy(piece.begin(), piece.end(), to);
  // Where the tag will be.
  std::fill(to, chunk->data() + size, uint8_t{0});
  return chunk;
}

}  // namespace

Status Store::open(const StoreOptions& options, std::unique_ptr<Store>* store) {
  const std::string& path = options.directory;
  if (options.disk_bytes_max < StoreOptions::kDiskBytesMin)
    return fail(Status::invalid, "the cache in " + path + " may not be smaller than " +
                                     std::to_string(StoreOptions::kDiskBytesMin) + " bytes");
  std::string key;
  if (!options.key_file.empty()) {
    const Status status = read_key_file(options.key_file, &key);
    if (status != Status::ok) return status;
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    const int error = errno;
    return fail(status_from_errno(error),
                "cannot make the cache's directory " + path + ": " + std::strerror(error));
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    const int error = errno;
    return fail(status_from_errno(error),
                "cannot open the cache's directory " + path + ": " + std::strerror(error));
  }
  Disk& disk = options.disk ? *options.disk : Disk::real();
  auto directory = std::make_shared<StoreDirectory>(disk, fd);
  auto lock = std::make_unique<StoreLock>();
  Status status = lock->take(path);
  if (status != Status::ok) return status;
  Superblock superblock;
  bool made = false;
  status = superblock.open(disk, fd, path, key, &made);
  explicit_bzero(key.data(), key.size());
  if (status != Status::ok) return status;
  store->reset(new Store(std::make_unique<StoreParts>(
      options, StoreSizes::from(options), superblock, std::move(directory), std::move(lock))));
  (*store)->is_new_ = made;
  return Status::ok;
}

Store::Store(std::unique_ptr<StoreParts> parts) : parts_(std::move(parts)) {}
Store::~Store() = default;

// ---- names ----

ObjectKey Store::key_of(const ObjectName& name) const {
  return object_key(parts_->superblock.names, name.tenant, name.key);
}

uint64_t Store::tenant_hash(std::string_view tenant) const {
  return siphash(parts_->superblock.tenants, tenant);
}

void Store::set_share(std::string_view tenant, double share) {
  parts_->shares.set_share(tenant_hash(tenant), share);
}

RecordHead Store::head_of(const ObjectName& name, size_t meta_bytes, RecordKind kind) const {
  RecordHead head;
  head.kind = kind;
  head.flags = parts_->keys->cipher ? RecordHead::kEncrypted : 0;
  head.key = key_of(name);
  head.tenant_hash = tenant_hash(name.tenant);
  head.meta_bytes = static_cast<uint32_t>(meta_bytes);
  head.key_bytes = static_cast<uint16_t>(name.key.size());
  head.tenant_bytes = static_cast<uint16_t>(name.tenant.size());
  return head;
}

// ---- reading ----

Found Store::find(const ObjectName& name) { return parts_->reader.find(key_of(name), name); }

ObjectRef Store::load(const ColdObject& cold, const ObjectName& name) {
  return parts_->reader.load(cold, name);
}

// ---- writing ----

bool Store::is_small(const ObjectName& name, size_t meta_bytes, uint64_t body_bytes) const {
  return RecordHead::kBytes + name.tenant.size() + name.key.size() + meta_bytes + body_bytes +
             kAeadTagBytes <=
         parts_->sizes.small_max;
}

Status Store::refuse(Counter counter, Status status, const char* why) {
  parts_->events.count(counter);
  return fail(status, why);
}

Status Store::put(const ObjectName& name, Bytes meta, std::span<const Bytes> body) {
  uint64_t body_bytes = 0;
  for (const Bytes piece : body) body_bytes += piece.size();
  if (!fits_head(name, meta.size()) || !is_small(name, meta.size(), body_bytes))
    return refuse(Counter::limit_cache_object, Status::too_big, "the object is not small");
  if (parts_->writer.resting())
    return refuse(Counter::cache_resting, Status::full, "the cache's disk rests after an error");
  Put put;
  put.head = head_of(name, meta.size(), RecordKind::object);
  put.head.body_bytes = body_bytes;
  const uint64_t waits = put.head.record_bytes();
  if (!parts_->queue.has_room(waits))
    return refuse(Counter::limit_cache_queue, Status::full, "too much waits for the cache's disk");
  put.payload = join(name, meta, body, put.head.payload_bytes());
  parts_->catalogue.announce(&put);
  // The bound is looked at before, since what is announced has to be written or withdrawn: it may
  // be passed by as many objects as there are shards.
  parts_->queue.post_always(std::make_unique<PutTask>(std::move(put), waits));
  return Status::ok;
}

Status Store::begin_large(const ObjectName& name, Bytes meta, std::optional<uint64_t> length,
                          std::shared_ptr<LargeProgress> progress,
                          std::unique_ptr<LargeWriter>* writer) {
  const uint64_t most = parts_->sizes.large_max;
  if (!fits_head(name, meta.size()) || length.value_or(0) > most)
    return refuse(Counter::limit_cache_object, Status::too_big, "the object is too large");
  if (parts_->writer.resting())
    return refuse(Counter::cache_resting, Status::full, "the cache's disk rests after an error");
  auto write = std::make_shared<LargeWrite>();
  RecordHead& head = write->slot.head;
  head = head_of(name, meta.size(), RecordKind::large);
  head.body_sequence = parts_->catalogue.next_sequence();
  const std::optional<uint64_t> slot = slot_bytes_for(head.payload_bytes());
  if (!slot)
    return refuse(Counter::limit_cache_object, Status::too_big, "the object's meta is too large");
  head.slot_units = static_cast<uint32_t>(*slot / kBlockBytes);
  write->slot.payload = join(name, meta, {}, head.payload_bytes());
  write->file = std::make_shared<LargeFile>(parts_->directory, parts_->keys);
  write->length = length;
  write->progress = std::move(progress);
  parts_->queue.post_always(std::make_unique<BeginTask>(write));
  *writer = std::make_unique<LargeWriterOnShard>(std::move(write), parts_->queue, parts_->catalogue,
                                                 most);
  return Status::ok;
}

Status Store::replace_meta(const StoredObject& object, Bytes meta) {
  const ObjectName name{object.tenant(), object.key()};
  const ObjectKey key = key_of(name);
  const uint64_t waiting = parts_->catalogue.waiting_sequence(key);
  const std::optional<IndexEntry> entry = parts_->index.peek(key);
  if (parts_->catalogue.recovering() && waiting == 0) return Status::ok;
  const bool current = waiting != 0 ? waiting == object.sequence()
                                    : entry && parts_->reader.may_be(*entry, object.sequence());
  if (!current) return Status::ok;
  if (!object.file()) {
    const Bytes body = object.body().bytes;
    return put(name, meta, {&body, 1});
  }
  if (parts_->writer.resting())
    return refuse(Counter::cache_resting, Status::full, "the cache's disk rests after an error");
  Put put;
  put.head = object.file()->head();
  put.head.meta_bytes = static_cast<uint32_t>(meta.size());
  if (meta.size() > kSlotBytesMax ||
      RecordHead::kBytes + put.head.payload_bytes() > uint64_t{put.head.slot_units} * kBlockBytes) {
    erase(name);
    return refuse(Counter::limit_cache_object, Status::too_big,
                  "the new meta has no room in the object's file");
  }
  put.payload = join(name, meta, {}, put.head.payload_bytes());
  parts_->catalogue.announce(&put);
  parts_->queue.post_always(std::make_unique<DescribeTask>(std::move(put)));
  return Status::ok;
}

bool Store::erase(const ObjectName& name) {
  const ObjectKey key = key_of(name);
  const Catalogue::Erased erased = parts_->catalogue.erase(key);
  if (erased.sequence != 0) {
    std::unique_ptr<WriteTask> task =
        std::make_unique<EraseTask>(key, tenant_hash(name.tenant), erased.sequence);
    if (parts_->queue.post(task) != Status::ok) parts_->events.count(Counter::limit_cache_queue);
  }
  return erased.found;
}

// ---- figures ----

uint64_t Store::sequence() const { return parts_->catalogue.sequence(); }
const Counters& Store::counters() const { return parts_->events.counters(); }
void Store::flush() { parts_->queue.flush(); }

StoreStats Store::stats() const {
  StoreStats stats;
  stats.disk_bytes = parts_->eviction.bytes() + parts_->directory->deleted_bytes.load() +
                     parts_->options.disk_bytes_max - parts_->sizes.files_bytes_max;
  stats.disk_bytes_max = parts_->options.disk_bytes_max;
  stats.live_bytes = parts_->eviction.live_bytes();
  stats.queue_bytes = parts_->queue.bytes();
  stats.objects = parts_->index.size();
  stats.index_bytes = parts_->index.memory_bytes() + parts_->eviction.memory_bytes();
  stats.memory = parts_->memory.stats();
  stats.eviction = parts_->eviction.stats();
  stats.shares = parts_->shares.stats();
  stats.segments = parts_->files.segments();
  stats.large_files = parts_->files.large_files();
  stats.recovering = parts_->catalogue.recovering();
  stats.resting = parts_->writer.resting();
  return stats;
}

}  // namespace fce
