// SPDX-License-Identifier: Apache-2.0
#include "cache/evictor.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/log.h"

namespace fce {

bool Evictor::make_room(uint64_t bytes) {
  // What is deleted and still read takes room on the disk, too.
  while (!parts_.eviction.room_for(bytes + parts_.directory->deleted_bytes.load()))
    if (!evict()) return false;
  return true;
}

bool Evictor::make_room_for(SegmentQueue queue, uint64_t record_bytes) {
  // Survivors go to the same segments, so what is needed may change.
  for (;;) {
    const uint64_t needed = parts_.appender.bytes_for(queue, record_bytes);
    if (!make_room(needed)) return false;
    if (parts_.appender.bytes_for(queue, record_bytes) <= needed) return true;
  }
}

std::optional<uint32_t> Evictor::reserve(uint64_t tenant, uint64_t bytes) {
  std::optional<uint32_t> number = parts_.shares.reserve(tenant, bytes);
  if (number) return number;
  std::vector<IndexEntry> erased;
  const bool fits = sweep_.make_room(parts_.index, parts_.shares, tenant, bytes, &erased);
  for (const IndexEntry& entry : erased) {
    parts_.memory.erase(entry.key);
    parts_.eviction.kill(entry.at.segment, OpenSegment::cost(entry.bytes()));
    if (entry.large) (void)remove_large(entry.at.segment);
  }
  parts_.events.count(Counter::cache_evicted, erased.size());
  return fits ? parts_.shares.reserve(tenant, bytes) : std::nullopt;
}

bool Evictor::evict() {
  const std::optional<Victim> victim = parts_.eviction.next();
  if (!victim) return false;
  return victim->large ? evict_large(*victim) : evict_segment(*victim);
}

uint32_t Evictor::frequency_of(const IndexEntry& entry) {
  if (parts_.shares.over(entry.tenant)) return 0;
  const bool hit_in_memory = entry.in_memory && parts_.memory.take_hit(entry.key);
  return std::max<uint32_t>(entry.frequency, hit_in_memory ? 1 : 0);
}

// ---- large files ----

bool Evictor::evict_large(const Victim& victim) {
  const std::optional<LargeInfo> info = parts_.files.large(victim.segment);
  if (!info) {
    parts_.eviction.remove(victim.segment);
    return true;
  }
  const std::optional<IndexEntry> entry = parts_.index.peek(info->key);
  const Location here{victim.segment, 0};
  if (!entry || entry->at != here) return remove_large(victim.segment) == 0;
  Resident resident{info->key, victim.bytes, frequency_of(*entry)};
  parts_.eviction.plan(victim, {&resident, 1});
  if (resident.stays) return requeue_large(victim, *entry, resident.frequency);
  drop(*entry, false, 0, 0);
  return remove_large(victim.segment) == 0;
}

bool Evictor::requeue_large(const Victim& victim, const IndexEntry& entry, uint32_t frequency) {
  parts_.eviction.requeue(victim.segment, victim.to);
  parts_.index.move(entry.key, entry.at, entry.at, frequency);
  const std::optional<LargeInfo> info = parts_.files.large(victim.segment);
  FileName name = info->name;
  name.queue = victim.to;
  name.order = parts_.numbers.next();
  StoreDirectory& directory = *parts_.directory;
  // If it cannot be renamed, it only has its old place in the queue after the next start.
  if (directory.disk.rename(directory.fd, info->name.text().c_str(), name.text().c_str()) == 0)
    parts_.files.rename_large(victim.segment, name);
  parts_.events.count(Counter::cache_survived);
  return true;
}

int Evictor::remove_large(uint32_t number) {
  const std::optional<LargeInfo> info = parts_.files.large(number);
  if (!info) return 0;
  // Unless something newer says so by being there, an older record must not be taken for valid once
  // this one is gone: so that is written down before.
  if (info->replaces && !parts_.index.peek(info->key))
    (void)write_erased(info->key, 0, info->sequence);
  const int result = parts_.files.remove_large(number);
  if (result == 0) parts_.eviction.remove(number);
  return result;
}

// ---- segments ----

bool Evictor::evict_segment(const Victim& victim) {
  const std::shared_ptr<StoreFile> file = parts_.files.segment(victim.segment);
  if (!file) {
    parts_.eviction.remove(victim.segment);
    return true;
  }
  // Of one that cannot be read nothing can stay. What the index still has of it, readers find gone.
  SegmentContents contents;
  const int fd = file->fd();
  const int read = fd < 0 ? fd
                          : read_segment(file->disk(), fd, victim.segment, parts_.keys->heads,
                                         parts_.keys->cipher.get(), &contents);
  if (read < 0) parts_.events.count(Counter::cache_read_errors);
  std::vector<Candidate> candidates;
  std::vector<Resident> residents;
  for (const SegmentRecord& record : contents.records) {
    if (record.kind != RecordKind::object) continue;
    const std::optional<IndexEntry> entry = parts_.index.peek(record.key);
    if (!entry || entry->at != Location{victim.segment, record.offset_units}) continue;
    candidates.push_back({record, *entry});
    residents.push_back({record.key, OpenSegment::cost(entry->bytes()), frequency_of(*entry)});
  }
  parts_.eviction.plan(victim, residents);
  for (size_t i = 0; i < candidates.size(); ++i) {
    const SegmentRecord& record = candidates[i].record;
    if (residents[i].stays) {
      keep(victim, *file, candidates[i], residents[i].frequency);
    } else {
      drop(candidates[i].entry, record.replaces(), record.sequence, record.tenant_hash);
    }
  }
  uint64_t oldest = 0;
  for (const SegmentRecord& record : contents.records) {
    if (record.kind != RecordKind::erased) continue;
    if (oldest == 0) oldest = parts_.files.min_sequence_beside(victim.segment);
    // As long as there is something that it could be about.
    if (oldest < record.sequence)
      (void)write_erased(record.key, record.tenant_hash, record.sequence);
  }
  if (parts_.files.remove(victim.segment, in_blocks(victim.bytes)) < 0) {
    parts_.events.count(Counter::cache_write_errors);
    return false;
  }
  parts_.eviction.remove(victim.segment);
  return true;
}

void Evictor::keep(const Victim& victim, StoreFile& file, const Candidate& candidate,
                   uint32_t frequency) {
  Location to;
  const IndexEntry& entry = candidate.entry;
  if (!copy(victim, file, candidate, &to)) {
    drop(entry, candidate.record.replaces(), candidate.record.sequence,
         candidate.record.tenant_hash);
  } else if (parts_.index.move(entry.key, entry.at, to, frequency)) {
    parts_.events.count(Counter::cache_survived);
  } else {
    parts_.eviction.kill(to.segment, OpenSegment::cost(entry.bytes()));
  }
}

// The payload is copied as it is stored, so that needs no cipher.
bool Evictor::copy(const Victim& victim, StoreFile& file, const Candidate& candidate,
                   Location* to) {
  const SegmentRecord& record = candidate.record;
  buffer_.resize(bytes_of_units(record.size_units));
  const int fd = file.fd();
  if (fd < 0 || file.disk().read_all(fd, buffer_, bytes_of_units(record.offset_units)) < 0) {
    parts_.events.count(Counter::cache_read_errors);
    return false;
  }
  RecordHead head;
  const bool good =
      decode_head(buffer_, {victim.segment, record.offset_units}, parts_.keys->heads, &head) &&
      head.record_bytes() == buffer_.size();
  const Bytes payload =
      good ? Bytes(buffer_).subspan(RecordHead::kBytes, head.payload_bytes()) : Bytes();
  if (!good || (!candidate.entry.verified && crc32c(payload) != head.check)) {
    parts_.events.count(Counter::cache_corrupt);
    return false;
  }
  const uint64_t bytes = parts_.appender.bytes_for(victim.to, buffer_.size());
  if (!parts_.eviction.room_for_survivor(bytes + parts_.directory->deleted_bytes.load()))
    return false;
  const int result = parts_.appender.append(victim.to, head, {&payload, 1}, true, to);
  if (result < 0) parts_.events.count(Counter::cache_write_errors);
  return result == 0;
}

void Evictor::drop(const IndexEntry& entry, bool replaces, uint64_t sequence,
                   uint64_t tenant_hash) {
  if (!parts_.index.erase_if(entry.key, entry.at)) return;
  parts_.memory.erase(entry.key);
  parts_.shares.release(entry.tenant, entry.bytes());
  parts_.events.count(Counter::cache_evicted);
  if (replaces) (void)write_erased(entry.key, tenant_hash, sequence);
}

int Evictor::write_erased(const ObjectKey& key, uint64_t tenant_hash, uint64_t sequence) {
  RecordHead head;
  head.kind = RecordKind::erased;
  head.key = key;
  head.tenant_hash = tenant_hash;
  head.sequence = sequence;
  const uint64_t bytes = parts_.appender.bytes_for(SegmentQueue::small, head.record_bytes());
  if (!parts_.eviction.room_for_survivor(bytes + parts_.directory->deleted_bytes.load())) return -1;
  Location at;
  const int result = parts_.appender.append(SegmentQueue::small, head, {}, true, &at);
  if (result < 0) return result;
  // Nothing points to it.
  parts_.eviction.kill(at.segment, OpenSegment::cost(head.record_bytes()));
  return 0;
}

}  // namespace fce
