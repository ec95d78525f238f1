// SPDX-License-Identifier: Apache-2.0
#include "cache/eviction.h"

#include <algorithm>
#include <array>

#include "base/fatal.h"

namespace fce {
namespace {

// A share of a number of bytes that may be near 2^64.
uint64_t percent_of(uint64_t bytes, uint32_t percent) {
  return bytes / 100 * percent + bytes % 100 * percent / 100;
}

EvictionOptions sane(EvictionOptions options) {
  options.promote_frequency = std::clamp(options.promote_frequency, 1u, IndexEntry::kFrequencyMax);
  // With nothing freed there would be no end of it.
  options.survivors_percent_max = std::min(options.survivors_percent_max, 95u);
  options.dead_percent = std::clamp(options.dead_percent, 5u, 100u);
  return options;
}

}  // namespace

Eviction::Eviction(const EvictionOptions& options)
    : options_(sane(options)), ghost_(options.ghost_bytes_max) {}

SegmentQueue Eviction::place(const ObjectKey& key, const std::optional<IndexEntry>& before) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (before) {
    if (before->frequency >= options_.promote_frequency) return SegmentQueue::main;
    const auto at = segments_.find(before->at.segment);
    return at == segments_.end() ? SegmentQueue::small : at->second.queue;
  }
  if (!ghost_.take(key, ghost_window())) return SegmentQueue::small;
  ++stats_.ghost_hits;
  return SegmentQueue::main;
}

void Eviction::open(uint32_t number, SegmentQueue which, bool large, uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto [at, is_new] = segments_.try_emplace(number);
  if (!is_new) fatal("cache eviction: segment %u is opened twice", number);
  Segment& opened = at->second;
  opened.bytes = bytes;
  opened.queue = which;
  opened.large = large;
  opened.turn = ++turns_;
  queue(which).bytes += bytes;
  bytes_ += bytes;
}

void Eviction::append(uint32_t number, uint64_t bytes, bool survivor) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Segment& grown = segment(number);
  grown.bytes += bytes;
  const uint64_t live = grown.large ? grown.bytes : bytes;
  grown.live_bytes += live;
  ++grown.live_objects;
  queue(grown.queue).bytes += bytes;
  ++queue(grown.queue).live_objects;
  bytes_ += bytes;
  live_bytes_ += live;
  stats_.appended_bytes += bytes;
  if (survivor) stats_.survivor_bytes += bytes;
}

void Eviction::grow(uint32_t number, uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Segment& grown = segment(number);
  grown.bytes += bytes;
  queue(grown.queue).bytes += bytes;
  bytes_ += bytes;
  stats_.appended_bytes += bytes;
}

void Eviction::kill(uint32_t number, uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // The file may be gone: who erased the entry is not always who deletes the file.
  const auto at = segments_.find(number);
  if (at == segments_.end()) return;
  Segment& hit = at->second;
  const uint64_t dead = hit.large ? hit.live_bytes : std::min(bytes, hit.live_bytes);
  hit.live_bytes -= dead;
  live_bytes_ -= dead;
  if (hit.live_objects > 0) {
    --hit.live_objects;
    --queue(hit.queue).live_objects;
  }
  note_dead(number, hit);
}

void Eviction::seal(uint32_t number) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Segment& sealed = segment(number);
  sealed.sealed = true;
  queue(sealed.queue).sealed.emplace(sealed.turn, number);
  note_dead(number, sealed);
}

void Eviction::requeue(uint32_t number, SegmentQueue which) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Segment& moved = segment(number);
  dequeue(moved);
  moved.queue = which;
  moved.turn = ++turns_;
  requeued_bytes_ += moved.bytes;
  enqueue(number, moved);
}

void Eviction::remove(uint32_t number) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Segment& gone = segment(number);
  dequeue(gone);
  bytes_ -= gone.bytes;
  live_bytes_ -= gone.live_bytes;
  if (gone.bytes > 0) requeued_bytes_ = 0;
  segments_.erase(number);
}

bool Eviction::room_for(uint64_t bytes) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t kept_free = options_.segment_bytes;
  return bytes_ + kept_free <= options_.bytes_max &&
         bytes <= options_.bytes_max - bytes_ - kept_free;
}

bool Eviction::room_for_survivor(uint64_t bytes) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return bytes_ <= options_.bytes_max && bytes <= options_.bytes_max - bytes_;
}

std::optional<Victim> Eviction::next() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!mostly_dead_.empty()) return victim(mostly_dead_.begin()->second, VictimReason::dead);
  const Queue& small = queue(SegmentQueue::small);
  const Queue& main = queue(SegmentQueue::main);
  const bool small_is_full = small.bytes > percent_of(options_.bytes_max, options_.small_percent);
  const bool from_small = !small.sealed.empty() && (small_is_full || main.sealed.empty());
  const Queue& from = from_small ? small : main;
  if (from.sealed.empty()) return std::nullopt;
  return victim(from.sealed.begin()->second, VictimReason::age);
}

void Eviction::plan(const Victim& victim, std::span<Resident> residents) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (victim.reason == VictimReason::dead) {
    // It goes for what is dead in it. The others' time has not come.
    ++stats_.segments_dead;
    for (Resident& resident : residents) resident.stays = true;
    return;
  }
  ++stats_.segments_aged;
  const bool promotes = victim.from == SegmentQueue::small;
  const uint32_t needed = promotes ? options_.promote_frequency : 1;
  Cut at = cut(victim, residents);
  for (Resident& resident : residents) {
    resident.stays = resident.frequency > at.frequency;
    if (resident.frequency == at.frequency && resident.bytes <= at.bytes) {
      resident.stays = true;
      at.bytes -= resident.bytes;
    }
    if (resident.stays) {
      // What comes to the main queue has to be hit there; what is there lives on its hits.
      resident.frequency = promotes ? 0 : resident.frequency - 1;
      continue;
    }
    ++stats_.dropped_objects;
    stats_.dropped_bytes += resident.bytes;
    if (resident.frequency >= needed) ++stats_.cut_objects;
    if (promotes) ghost_.add(resident.key, ghost_window());
  }
}

Eviction::Cut Eviction::cut(const Victim& victim, std::span<const Resident> residents) const {
  const uint32_t needed = victim.from == SegmentQueue::small ? options_.promote_frequency : 1;
  std::array<uint64_t, IndexEntry::kFrequencyMax + 1> bytes{};
  for (const Resident& resident : residents)
    bytes[std::min(resident.frequency, IndexEntry::kFrequencyMax)] += resident.bytes;
  uint64_t left = percent_of(victim.bytes, options_.survivors_percent_max);
  if (victim.large) {
    // To stay costs it nothing; but when all have stayed once and nothing was freed, one must go.
    left = requeued_bytes_ < bytes_ ? UINT64_MAX : 0;
  }
  uint32_t frequency = IndexEntry::kFrequencyMax;
  while (frequency > needed && bytes[frequency] <= left) left -= bytes[frequency--];
  return {frequency, left};
}

uint64_t Eviction::bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return bytes_;
}

uint64_t Eviction::live_bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return live_bytes_;
}

uint64_t Eviction::live_objects() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return queues_[0].live_objects + queues_[1].live_objects;
}

size_t Eviction::memory_bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  // Nodes of the map with their two words of links, and at most three nodes of trees.
  constexpr size_t kSegmentBytes = sizeof(Segment) + 4 * sizeof(void*) + 2 * 64;
  return ghost_.memory_bytes() + segments_.size() * kSegmentBytes;
}

EvictionStats Eviction::stats() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stats_;
}

Eviction::Segment& Eviction::segment(uint32_t number) {
  const auto at = segments_.find(number);
  if (at == segments_.end()) fatal("cache eviction: segment %u is not there", number);
  return at->second;
}

bool Eviction::is_mostly_dead(const Segment& segment) const {
  return segment.bytes - segment.live_bytes >= percent_of(segment.bytes, options_.dead_percent);
}

void Eviction::note_dead(uint32_t number, const Segment& segment) {
  if (segment.sealed && is_mostly_dead(segment)) mostly_dead_.emplace(segment.turn, number);
}

void Eviction::enqueue(uint32_t number, Segment& segment) {
  Queue& to = queue(segment.queue);
  to.bytes += segment.bytes;
  to.live_objects += segment.live_objects;
  if (!segment.sealed) return;
  to.sealed.emplace(segment.turn, number);
  note_dead(number, segment);
}

void Eviction::dequeue(const Segment& segment) {
  Queue& from = queue(segment.queue);
  from.bytes -= segment.bytes;
  from.live_objects -= segment.live_objects;
  from.sealed.erase(segment.turn);
  mostly_dead_.erase(segment.turn);
}

uint64_t Eviction::ghost_window() const { return queue(SegmentQueue::main).live_objects; }

Victim Eviction::victim(uint32_t number, VictimReason reason) const {
  const Segment& going = segments_.at(number);
  Victim victim;
  victim.segment = number;
  victim.from = going.queue;
  // Those that are only in the way of what is dead stay in their queue.
  victim.to = reason == VictimReason::dead ? going.queue : SegmentQueue::main;
  victim.reason = reason;
  victim.large = going.large;
  victim.bytes = going.bytes;
  return victim;
}

}  // namespace fce
