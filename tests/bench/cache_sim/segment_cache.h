// SPDX-License-Identifier: Apache-2.0
// The library's own index and eviction, with segments that are lists in memory: a disk store but
// for the disk. Unit tests drive the two with it as well.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "cache/eviction.h"
#include "cache/index.h"

namespace cache_sim {

class SegmentCache {
 public:
  explicit SegmentCache(const fce::EvictionOptions& options)
      : options_(options), eviction_(options) {}

  bool find(const fce::ObjectKey& key) { return index_.find(key).has_value(); }

  // False if it is larger than a segment, or than what can be freed.
  bool store(const fce::ObjectKey& key, uint64_t bytes) {
    fce::IndexEntry entry;
    entry.key = key;
    entry.size_units = fce::units_of_bytes(bytes);
    if (entry.bytes() > options_.segment_bytes) return false;
    while (!eviction_.room_for(entry.bytes()))
      if (!evict()) return false;
    entry.at = append(eviction_.place(key, index_.peek(key)), entry, false);
    stored_bytes_ += entry.bytes();
    if (const auto replaced = index_.insert(entry))
      eviction_.kill(replaced->at.segment, replaced->bytes());
    return true;
  }
  void erase(const fce::ObjectKey& key) {
    if (const auto erased = index_.erase(key)) eviction_.kill(erased->at.segment, erased->bytes());
  }

  const fce::Index& index() const { return index_; }
  const fce::Eviction& eviction() const { return eviction_; }
  uint64_t stored_bytes() const { return stored_bytes_; }
  // Of all segments, by their own account.
  uint64_t disk_bytes() const {
    uint64_t bytes = 0;
    for (const auto& [number, segment] : segments_) bytes += segment.bytes;
    return bytes;
  }

 private:
  struct Segment {
    std::vector<fce::IndexEntry> records;
    uint64_t bytes = 0;
  };

  // The segment that is written to, if `bytes` fit, or a new one.
  uint32_t open_segment(fce::SegmentQueue queue, uint64_t bytes) {
    std::optional<uint32_t>& open = open_[static_cast<size_t>(queue)];
    if (open && segments_[*open].bytes + bytes > options_.segment_bytes) {
      eviction_.seal(*open);
      open.reset();
    }
    if (!open) {
      open = ++numbers_;
      eviction_.open(*open, queue);
      segments_[*open];
    }
    return *open;
  }
  fce::Location append(fce::SegmentQueue queue, const fce::IndexEntry& entry, bool survivor) {
    const uint32_t number = open_segment(queue, entry.bytes());
    Segment& segment = segments_[number];
    const fce::Location at{number, fce::units_of_bytes(segment.bytes)};
    segment.records.push_back(entry);
    segment.records.back().at = at;
    segment.bytes += entry.bytes();
    eviction_.append(number, entry.bytes(), survivor);
    return at;
  }
  bool evict() {
    const std::optional<fce::Victim> victim = eviction_.next();
    if (!victim) return false;
    residents_.clear();
    live_.clear();
    for (const fce::IndexEntry& record : segments_[victim->segment].records) {
      const auto entry = index_.peek(record.key);
      if (!entry || entry->at != record.at) continue;
      residents_.push_back({entry->key, entry->bytes(), entry->frequency});
      live_.push_back(*entry);
    }
    eviction_.plan(*victim, residents_);
    for (size_t i = 0; i < live_.size(); ++i) {
      if (!residents_[i].stays) {
        index_.erase_if(live_[i].key, live_[i].at);
        continue;
      }
      const fce::Location to = append(victim->to, live_[i], true);
      index_.move(live_[i].key, live_[i].at, to, residents_[i].frequency);
    }
    eviction_.remove(victim->segment);
    segments_.erase(victim->segment);
    return true;
  }

  const fce::EvictionOptions options_;
  fce::Index index_;
  fce::Eviction eviction_;
  std::unordered_map<uint32_t, Segment> segments_;
  std::optional<uint32_t> open_[2];
  uint32_t numbers_ = 0;
  uint64_t stored_bytes_ = 0;
  std::vector<fce::Resident> residents_;
  std::vector<fce::IndexEntry> live_;
};

}  // namespace cache_sim
