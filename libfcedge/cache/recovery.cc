// SPDX-License-Identifier: Apache-2.0
#include "cache/recovery.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <tuple>

#include "base/log.h"
#include "base/time.h"

namespace fce {

bool Recovery::run() {
  const uint64_t began_us = monotonic_us();
  const std::vector<Found> found = list();
  for (const Found& file : found)
    parts_.numbers.at_least(std::max(file.name.number, file.name.order));
  for (const Found& file : found) {
    if (stopping_.load(std::memory_order_relaxed)) return false;
    if (file.name.large) {
      recover_large(file);
    } else {
      recover_segment(file);
    }
  }
  // The limit may be lower than it was.
  (void)parts_.evictor.make_room(0);
  parts_.catalogue.end_recovery();
  log(LogLevel::info, "the cache's index is complete directory=%s objects=%zu files=%zu ms=%llu",
      parts_.path.c_str(), parts_.index.size(), found.size(),
      static_cast<unsigned long long>((monotonic_us() - began_us) / 1000));
  return true;
}

// In the order in which they were written, by queue. Files that are not the store's stay alone.
std::vector<Recovery::Found> Recovery::list() const {
  std::vector<Found> found;
  const int fd = ::openat(parts_.directory->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* directory = fd < 0 ? nullptr : ::fdopendir(fd);
  if (!directory) {
    if (fd >= 0) ::close(fd);
    parts_.events.count(Counter::cache_read_errors);
    return found;
  }
  while (const dirent* entry = ::readdir(directory)) {
    const std::optional<FileName> name = FileName::parse(entry->d_name);
    struct stat about;
    if (name && ::fstatat(fd, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0)
      found.push_back({*name, static_cast<uint64_t>(about.st_size)});
  }
  ::closedir(directory);
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return std::tie(a.name.queue, a.name.order, a.name.number) <
           std::tie(b.name.queue, b.name.order, b.name.number);
  });
  return found;
}

// ---- segments ----

void Recovery::recover_segment(const Found& found) {
  const uint32_t number = found.name.number;
  auto file = std::make_shared<StoreFile>(parts_.directory, found.name, -1);
  SegmentContents contents;
  const int fd = file->fd();
  const int result = fd < 0 ? fd
                            : read_segment(file->disk(), fd, number, parts_.keys->heads,
                                           parts_.keys->cipher.get(), &contents);
  if (result < 0) parts_.events.count(Counter::cache_read_errors);
  parts_.files.add(file);
  uint64_t accounted = OpenSegment::kOverheadBytes;
  parts_.eviction.open(number, found.name.queue, false, accounted);
  for (const SegmentRecord& record : contents.records) {
    file->note_sequence(record.sequence);
    const uint64_t cost = OpenSegment::cost(bytes_of_units(record.size_units));
    accounted += cost;
    if (record.kind == RecordKind::erased) {
      parts_.catalogue.recover_erased(record.key, record.sequence);
      const std::optional<IndexEntry> older = parts_.index.peek(record.key);
      if (older && sequence_of(*older) < record.sequence) parts_.catalogue.forget(*older);
      parts_.eviction.grow(number, cost);
      continue;
    }
    parts_.eviction.append(number, cost);
    IndexEntry entry;
    entry.key = record.key;
    entry.at = {number, record.offset_units};
    entry.size_units = record.size_units;
    if (!enter(&entry, record.tenant_hash, record.sequence)) parts_.eviction.kill(number, cost);
  }
  if (result == 0 && contents.records.empty()) {
    if (parts_.files.remove(number, in_blocks(found.bytes)) == 0)
      return parts_.eviction.remove(number);
  }
  // What is there beyond its records, if that cannot be cut off.
  if (result == 0 && !contents.summary) write_summary(fd, found.name, contents);
  const int64_t size = fd < 0 ? static_cast<int64_t>(found.bytes) : file->disk().size(fd);
  const uint64_t actual = in_blocks(size < 0 ? found.bytes : static_cast<uint64_t>(size));
  if (actual > accounted) parts_.eviction.grow(number, actual - accounted);
  parts_.eviction.seal(number);
}

// So that the next start is quick, and to be rid of what is torn.
void Recovery::write_summary(int fd, const FileName& name, const SegmentContents& contents) {
  const std::vector<uint8_t> summary = encode_summary(
      contents.records, name.number, contents.end_units, parts_.catalogue.next_sequence(),
      parts_.keys->heads, parts_.keys->cipher.get());
  Disk& disk = parts_.directory->disk;
  const uint64_t end = bytes_of_units(contents.end_units);
  if (disk.truncate(fd, end) < 0 || summary.empty()) return;
  const Bytes piece(summary);
  if (disk.write_all(fd, {&piece, 1}, end) < 0) (void)disk.truncate(fd, end);
}

// ---- large files ----

void Recovery::recover_large(const Found& found) {
  const uint32_t number = found.name.number;
  Disk& disk = parts_.directory->disk;
  const int fd = disk.open(parts_.directory->fd, found.name.text().c_str(), O_RDWR);
  LargeSlot slot;
  int result =
      fd < 0 ? fd : read_slot(disk, fd, parts_.keys->heads, parts_.keys->cipher.get(), &slot);
  if (fd >= 0) ::close(fd);
  if (result == 0 && found.bytes != large_file_bytes(slot.slot_bytes(), slot.head.body_bytes,
                                                     slot.head.encrypted()))
    result = -ENODATA;
  const uint64_t bytes = in_blocks(found.bytes);
  const RecordHead& head = slot.head;
  parts_.files.add_large({found.name, head.key, head.sequence, bytes, head.replaces()}, nullptr);
  parts_.eviction.open(number, found.name.queue, true, bytes);
  bool lives = false;
  if (result == 0) {
    parts_.eviction.append(number, 0);
    IndexEntry entry;
    entry.key = head.key;
    entry.at = {number, 0};
    entry.size_units = units_of_bytes(bytes);
    entry.large = 1;
    lives = enter(&entry, head.tenant_hash, head.sequence);
  } else if (result != -ENODATA) {
    parts_.events.count(Counter::cache_read_errors);
  }
  if (!lives && parts_.evictor.remove_large(number) == 0) return;
  parts_.eviction.seal(number);
}

// ---- the index ----

uint64_t Recovery::sequence_of(const IndexEntry& entry) const {
  if (entry.large) {
    const std::optional<LargeInfo> info = parts_.files.large(entry.at.segment);
    return info ? info->sequence : 0;
  }
  const std::shared_ptr<StoreFile> file = parts_.files.segment(entry.at.segment);
  std::array<uint8_t, RecordHead::kBytes> bytes;
  RecordHead head;
  if (!file || file->fd() < 0 ||
      file->disk().read_all(file->fd(), bytes, bytes_of_units(entry.at.offset_units)) < 0 ||
      !decode_head(bytes, entry.at, parts_.keys->heads, &head))
    return 0;
  return head.sequence;
}

bool Recovery::enter(IndexEntry* entry, uint64_t tenant_hash, uint64_t sequence) {
  Catalogue& catalogue = parts_.catalogue;
  if (catalogue.recovered_is_erased(entry->key, sequence)) return false;
  if (parts_.filter && !parts_.filter->keep(entry->key, tenant_hash, sequence)) return false;
  const std::optional<IndexEntry> before = parts_.index.peek(entry->key);
  if (before) {
    if (sequence_of(*before) >= sequence) return false;
    catalogue.forget(*before);
  }
  // Where the share is lower than it was, older objects go.
  const std::optional<uint32_t> tenant = parts_.evictor.reserve(tenant_hash, entry->bytes());
  if (!tenant) return false;
  entry->tenant = *tenant;
  if (parts_.index.insert_new(*entry)) {
    // Only this thread enters objects while it recovers.
    parts_.shares.release(*tenant, entry->bytes());
    return false;
  }
  // Somebody may have erased it meanwhile.
  if (catalogue.recovered_is_erased(entry->key, sequence)) {
    if (parts_.index.erase_if(entry->key, entry->at))
      parts_.shares.release(*tenant, entry->bytes());
    return false;
  }
  parts_.events.count(Counter::cache_recovered);
  return true;
}

}  // namespace fce
