// SPDX-License-Identifier: Apache-2.0
#include "cache/store_writer.h"

#include <cstring>
#include <utility>

#include "base/log.h"
#include "base/time.h"
#include "cache/large_write.h"
#include "cache/payload.h"
#include "cache/recovery.h"

namespace fce {
namespace {

class LargeGoneTask final : public WriteTask {
 public:
  explicit LargeGoneTask(uint32_t number) : WriteTask(0), number_(number) {}
  void run(StoreWriter& writer) override { writer.remove_large(number_); }

 private:
  const uint32_t number_;
};

}  // namespace

// ---- the thread ----

void StoreWriter::start(Recovery& recovery) {
  thread_ = std::thread([this, &recovery] { run(recovery); });
}

void StoreWriter::stop() {
  parts_.queue.close();
  if (thread_.joinable()) thread_.join();
}

void StoreWriter::run(Recovery& recovery) {
  // Without knowing all files there is no telling how much room there is.
  if (!recovery.run()) resting_until_us_.store(UINT64_MAX);
  while (std::unique_ptr<WriteTask> task = parts_.queue.take()) {
    const uint64_t bytes = task->bytes();
    task->run(*this);
    task = nullptr;
    parts_.queue.finished(bytes);
  }
  (void)parts_.appender.close();
}

bool StoreWriter::resting() const {
  const uint64_t until = resting_until_us_.load(std::memory_order_relaxed);
  return until != 0 && monotonic_us() < until;
}

void StoreWriter::failed(const char* what, int error) {
  parts_.events.count(Counter::cache_write_errors);
  log(LogLevel::warn,
      "the cache's disk failed, nothing is stored for %u ms directory=%s what=%s: %s", retry_ms_,
      parts_.path.c_str(), what, std::strerror(-error));
  resting_until_us_.store(monotonic_us() + uint64_t{retry_ms_} * 1000, std::memory_order_relaxed);
}

// ---- small objects ----

bool StoreWriter::seal(Put* put, std::vector<uint8_t>* sealed) const {
  const Bytes clear = put->payload.bytes();
  const Cipher* cipher = parts_.keys->cipher.get();
  // Readers may have the clear text at the same time.
  if (cipher) {
    sealed->assign(clear.begin(), clear.end());
    return seal_payload(&put->head, *sealed, cipher);
  }
  return seal_payload(&put->head, {put->payload->data(), put->payload->size()}, nullptr);
}

void StoreWriter::write(const Put& put) {
  const RecordHead& head = put.head;
  if (!parts_.catalogue.waits(put)) return;
  if (resting()) {
    parts_.events.count(Counter::cache_resting);
    return parts_.catalogue.withdraw(put);
  }
  const uint64_t size = head.record_bytes();
  const std::optional<uint32_t> tenant = parts_.evictor.reserve(head.tenant_hash, size);
  if (!tenant) {
    parts_.events.count(Counter::limit_cache_share);
    return parts_.catalogue.withdraw(put);
  }
  const SegmentQueue queue = parts_.eviction.place(head.key, parts_.index.peek(head.key));
  Put ready = put;
  std::vector<uint8_t> sealed;
  IndexEntry entry;
  bool written = false;
  if (!parts_.evictor.make_room_for(queue, size)) {
    parts_.events.count(Counter::limit_cache_bytes);
  } else if (!seal(&ready, &sealed)) {
    failed("encrypting", -EIO);
  } else {
    const Bytes payload = sealed.empty() ? put.payload.bytes() : Bytes(sealed);
    const int result = parts_.appender.append(queue, ready.head, {&payload, 1}, false, &entry.at);
    if (result < 0) failed("writing an object", result);
    written = result == 0;
  }
  if (!written) {
    parts_.shares.release(*tenant, size);
    return parts_.catalogue.withdraw(put);
  }
  entry.key = head.key;
  entry.size_units = units_of_bytes(size);
  entry.tenant = *tenant;
  if (parts_.catalogue.publish(put, entry)) parts_.events.count(Counter::cache_written);
}

void StoreWriter::write_erased(const ObjectKey& key, uint64_t tenant_hash, uint64_t sequence) {
  if (resting()) return;
  const uint64_t size = RecordHead{}.record_bytes();
  if (!parts_.evictor.make_room_for(SegmentQueue::small, size)) return;
  const int result = parts_.evictor.write_erased(key, tenant_hash, sequence);
  if (result < 0) failed("writing an erasure", result);
}

// ---- large objects ----

void StoreWriter::on_large_gone(uint32_t number) {
  parts_.queue.post_always(std::make_unique<LargeGoneTask>(number));
}

void StoreWriter::remove_large(uint32_t number) {
  const int result = parts_.evictor.remove_large(number);
  if (result < 0) failed("deleting an object", result);
}

// Takes room for a body of that length, on the disk and in the tenant's share.
bool StoreWriter::reserve_large(LargeWrite& write, uint64_t body_bytes) {
  const bool encrypted = parts_.keys->cipher != nullptr;
  const uint64_t total =
      in_blocks(large_file_bytes(write.slot.slot_bytes(), body_bytes, encrypted));
  if (total <= write.reserved) return true;
  uint64_t more = total - write.reserved;
  if (!write.length)
    more = (more + LargeWrite::kStepBytes - 1) / LargeWrite::kStepBytes * LargeWrite::kStepBytes;
  const std::optional<uint32_t> tenant = parts_.evictor.reserve(write.slot.head.tenant_hash, more);
  if (!tenant) {
    parts_.events.count(Counter::limit_cache_share);
    return false;
  }
  if (!parts_.evictor.make_room(more)) {
    parts_.events.count(Counter::limit_cache_bytes);
    parts_.shares.release(*tenant, more);
    return false;
  }
  write.tenant = *tenant;
  write.reserved += more;
  if (write.begun) parts_.eviction.grow(write.name.number, more);
  return true;
}

void StoreWriter::begin(LargeWrite& write) {
  if (resting()) {
    parts_.events.count(Counter::cache_resting);
    return write.file->fail();
  }
  if (!reserve_large(write, write.length.value_or(1))) return write.file->fail();
  const ObjectKey& key = write.slot.head.key;
  write.name.queue = parts_.eviction.place(key, parts_.index.peek(key));
  write.name.large = true;
  write.name.number = write.name.order = parts_.numbers.next();
  const int result = write.file->create(write.name, write.slot);
  if (result < 0) {
    parts_.shares.release(write.tenant, write.reserved);
    write.file->fail();
    return failed("making a file", result);
  }
  write.begun = true;
  parts_.eviction.open(write.name.number, write.name.queue, true, write.reserved);
}

void StoreWriter::append(LargeWrite& write, Bytes piece) {
  if (!write.begun) return;
  if (!reserve_large(write, write.file->written() + piece.size())) return fail_large(write);
  const int result = write.file->append(piece);
  if (result == 0) return;
  fail_large(write);
  failed("writing to an object", result);
}

void StoreWriter::commit(LargeWrite& write, const Put& put) {
  if (!write.begun) return parts_.catalogue.withdraw(put);
  const int result =
      reserve_large(write, write.file->written()) ? write.file->finish(put.head) : -ENOBUFS;
  if (result < 0) {
    fail_large(write);
    if (result != -ENOBUFS) failed("ending an object", result);
    return parts_.catalogue.withdraw(put);
  }
  const uint32_t number = write.name.number;
  parts_.files.add_large(
      {write.name, put.head.key, put.head.sequence, write.reserved, put.head.replaces()},
      write.file);
  parts_.eviction.append(number, 0);
  parts_.eviction.seal(number);
  write.begun = false;
  IndexEntry entry;
  entry.key = put.head.key;
  entry.at = {number, 0};
  entry.size_units = units_of_bytes(write.reserved);
  entry.tenant = write.tenant;
  entry.verified = 1;
  entry.large = 1;
  if (parts_.catalogue.publish(put, entry)) parts_.events.count(Counter::cache_written);
  // Also what something else has taken the place of meanwhile: its readers have all of it.
  write.file->complete();
}

void StoreWriter::abort(LargeWrite& write) { fail_large(write); }

void StoreWriter::fail_large(LargeWrite& write) {
  write.file->cut();
  if (!write.begun) return;
  write.begun = false;
  StoreDirectory& directory = *parts_.directory;
  const int result = directory.disk.unlink(directory.fd, write.name.text().c_str());
  write.file->deleted(write.reserved);
  parts_.shares.release(write.tenant, write.reserved);
  // One that could not be deleted stays in the account, and is deleted when its turn comes.
  if (result == 0 || result == -ENOENT) {
    parts_.eviction.remove(write.name.number);
    return;
  }
  parts_.files.add_large({write.name, write.slot.head.key, 0, write.reserved, false}, nullptr);
  parts_.eviction.seal(write.name.number);
}

void StoreWriter::describe(const Put& put) {
  if (!parts_.catalogue.waits(put)) return;
  const std::optional<IndexEntry> entry = parts_.index.peek(put.head.key);
  std::shared_ptr<LargeFile> file;
  if (!entry || !entry->large || resting() ||
      parts_.files.load_large(entry->at.segment, entry->verified, &file) < 0)
    return parts_.catalogue.withdraw(put);
  RecordHead head = file->head();
  if (head.key_bytes != put.head.key_bytes || head.tenant_bytes != put.head.tenant_bytes)
    return parts_.catalogue.withdraw(put);
  head.sequence = put.head.sequence;
  head.meta_bytes = put.head.meta_bytes;
  if (RecordHead::kBytes + head.payload_bytes() > uint64_t{head.slot_units} * kBlockBytes) {
    parts_.events.count(Counter::limit_cache_object);
    const Catalogue::Erased erased = parts_.catalogue.erase(head.key);
    return write_erased(head.key, head.tenant_hash, erased.sequence);
  }
  const int result = file->describe(head, put.payload);
  if (result < 0) {
    failed("describing an object", result);
  } else {
    parts_.files.note_large(entry->at.segment, head.sequence);
  }
  parts_.catalogue.withdraw(put);
}

}  // namespace fce
