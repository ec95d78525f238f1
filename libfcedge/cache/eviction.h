// SPDX-License-Identifier: Apache-2.0
// Eviction: which segment has to go when room is needed, and what becomes of the objects in it.
// S3-FIFO (Yang et al., SOSP 2023) with segments in place of objects: what is new goes to segments
// of the small queue; what was hit there is rewritten to segments of the main queue when its
// segment goes, the rest leaves a fingerprint in the ghost table and, if it comes back soon, goes
// to the main queue at once. Objects of the main queue that were hit are rewritten there.
//
// Decisions only: no I/O, and the index is the caller's business. How the store uses it:
//
//   open(segment, queue)           a new file; `append` after each record that is written to it,
//   append(segment, bytes)         `seal` when it is full
//   kill(segment, bytes)           a record was replaced, erased or purged
//   room_for(bytes)                false: `next()`, read the headers of that segment, ask the index
//                                  about each record; those that it still points to are `Resident`s
//   plan(victim, residents)        says for each whether it stays; rewrite those (`append` to an
//                                  open segment of `victim.to`, `Index::move`), `Index::erase_if`
//                                  the others, delete the file,
//   remove(segment)                and begin again
//
// A large file is a segment with one object: it grows while it is written, and one `append` at the
// end makes all of it live. When it stays, nothing is written: `requeue`.
// Any thread may call; one mutex, taken for writes only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>

#include "cache/ghost.h"
#include "cache/index.h"
#include "cache/key.h"

namespace fce {

enum class SegmentQueue : uint8_t { small, main };

struct EvictionOptions {
  uint64_t bytes_max = 0;               // of all files together
  uint64_t segment_bytes = 0;           // the most that a segment holds
  uint64_t ghost_bytes_max = 64 << 20;  // of memory
  uint32_t small_percent = 10;          // of the bytes, for the small queue
  uint32_t promote_frequency = 1;       // hits that an object of the small queue needs to survive
  uint32_t dead_percent = 75;           // a segment with this much dead goes before the oldest
  uint32_t survivors_percent_max = 80;  // of a segment's bytes may be rewritten when it goes
};

enum class VictimReason : uint8_t { age, dead };

struct Victim {
  uint32_t segment = 0;
  SegmentQueue from = SegmentQueue::small;
  SegmentQueue to = SegmentQueue::main;  // where survivors are written
  VictimReason reason = VictimReason::age;
  bool large = false;
  uint64_t bytes = 0;
};

// A record of the victim that the index still points to. An object that its tenant's share has no
// room for is given with frequency 0.
struct Resident {
  ObjectKey key;
  uint64_t bytes = 0;
  uint32_t frequency = 0;  // in: what the index says; out: what a survivor goes on with
  bool stays = false;      // out
};

struct EvictionStats {
  uint64_t appended_bytes = 0;  // new objects and survivors
  uint64_t survivor_bytes = 0;  // of these, rewritten ones
  uint64_t dropped_bytes = 0;
  uint64_t dropped_objects = 0;
  uint64_t cut_objects = 0;  // dropped although they had been hit: `survivors_percent_max`
  uint64_t segments_aged = 0;
  uint64_t segments_dead = 0;
  uint64_t ghost_hits = 0;
};

class Eviction {
 public:
  explicit Eviction(const EvictionOptions& options);

  // Where an object that is new is to be written. `before`: what the index has of the same key and
  // this one is to replace, whose standing it inherits.
  SegmentQueue place(const ObjectKey& key, const std::optional<IndexEntry>& before = {});

  // A segment becomes the youngest of its queue. Its file has `bytes` from the start.
  void open(uint32_t segment, SegmentQueue queue, bool large = false, uint64_t bytes = 0);
  // A record was written: `bytes` of it, padding included. `survivor`: rewritten by an eviction.
  void append(uint32_t segment, uint64_t bytes, bool survivor = false);
  // The file has `bytes` more that are not a record, or not yet: dead ones, unless it is large.
  void grow(uint32_t segment, uint64_t bytes);
  // A record of the segment is no longer what the index points to.
  void kill(uint32_t segment, uint64_t bytes);
  // Nothing is appended any more: only from now on it can be a victim.
  void seal(uint32_t segment);
  // A large file stays: it becomes the youngest of that queue.
  void requeue(uint32_t segment, SegmentQueue queue);
  // The file is deleted.
  void remove(uint32_t segment);

  // Whether a record of `bytes` may be appended now, be it to an open segment or to a new one of
  // which `bytes` includes the header. One segment's worth is kept free for survivors, which may
  // use it: `room_for_survivor`.
  bool room_for(uint64_t bytes) const;
  bool room_for_survivor(uint64_t bytes) const;

  // The segment that is to go; none when nothing is sealed.
  std::optional<Victim> next() const;
  // Says for each resident whether it stays, and remembers those of the small queue that do not.
  // What is rewritten is less than `survivors_percent_max` of what the victim's end frees.
  void plan(const Victim& victim, std::span<Resident> residents);

  uint64_t bytes() const;       // of all files
  uint64_t live_bytes() const;  // of these, of records that the index points to
  uint64_t live_objects() const;
  size_t memory_bytes() const;
  EvictionStats stats() const;

 private:
  struct Segment {
    uint64_t bytes = 0;
    uint64_t live_bytes = 0;
    uint64_t live_objects = 0;
    uint64_t turn = 0;  // its place in its queue's order
    SegmentQueue queue = SegmentQueue::small;
    bool sealed = false;
    bool large = false;
  };
  struct Queue {
    std::map<uint64_t, uint32_t> sealed;  // turn -> segment, the oldest first
    uint64_t bytes = 0;                   // of all its segments
    uint64_t live_objects = 0;
  };

  Queue& queue(SegmentQueue which) { return queues_[static_cast<size_t>(which)]; }
  const Queue& queue(SegmentQueue which) const { return queues_[static_cast<size_t>(which)]; }
  Segment& segment(uint32_t number);
  bool is_mostly_dead(const Segment& segment) const;
  void note_dead(uint32_t number, const Segment& segment);
  void enqueue(uint32_t number, Segment& segment);
  void dequeue(const Segment& segment);
  uint64_t ghost_window() const;
  Victim victim(uint32_t number, VictimReason reason) const;
  // The least frequency that stays, and how many bytes of those that have it.
  struct Cut {
    uint32_t frequency;
    uint64_t bytes;
  };
  Cut cut(const Victim& victim, std::span<const Resident> residents) const;

  const EvictionOptions options_;
  mutable std::mutex mutex_;
  std::unordered_map<uint32_t, Segment> segments_;
  Queue queues_[2];
  Ghost ghost_;
  std::map<uint64_t, uint32_t> mostly_dead_;  // sealed ones, turn -> segment
  uint64_t turns_ = 0;
  uint64_t requeued_bytes_ = 0;  // of large files, since anything was freed
  uint64_t bytes_ = 0;
  uint64_t live_bytes_ = 0;
  EvictionStats stats_;
};

}  // namespace fce
