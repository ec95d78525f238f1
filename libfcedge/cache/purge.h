// SPDX-License-Identifier: Apache-2.0
// Purges: what must not be served any more although it is stored. A purge is not a search for
// objects but a generation: an object that was fetched before it, and that it names, is gone. So it
// costs the same for one object or a million, a fetch that is under way is hit by it too, and two
// nodes merge theirs by taking the later one of each.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fce {

// A generation is wall-clock milliseconds that do not go back: the fetch of an object is told where
// the clock stands, a purge moves it on.
using Generation = uint64_t;

enum class PurgeKind : uint8_t {
  key,     // one object and its variants, by its whole key text
  prefix,  // all whose key text begins so; "" is all of the tenant's
  tag,     // all that bear that tag (Surrogate-Key, Cache-Tag)
};

struct Purge {
  PurgeKind kind = PurgeKind::key;
  bool soft = false;  // stale from now on instead of gone: it may be served while it is refreshed
  std::string_view tenant;
  std::string_view text;
  Generation generation = 0;
};

enum class PurgeVerdict : uint8_t { valid, stale, gone };

// The purges in force. Any thread.
class PurgeTable {
 public:
  static constexpr size_t kEntriesMax = 100'000;
  explicit PurgeTable(size_t entries_max = kEntriesMax) : entries_max_(entries_max) {}
  PurgeTable(const PurgeTable&) = delete;
  PurgeTable& operator=(const PurgeTable&) = delete;

  // For a fetch that begins: no purge that is made from now on passes it by.
  Generation now(uint64_t wall_ms) { return advance(wall_ms, 0); }
  // For a purge that is made here: later than all that `now` has told.
  Generation next(uint64_t wall_ms) { return advance(wall_ms, 1); }

  // One that was made here, read from the log, or heard from another node. Older ones than what is
  // known change nothing.
  void apply(const Purge& purge);
  // Whatever was fetched before is gone, of all tenants: when the log cannot be trusted.
  void set_floor(Generation floor);

  // Nothing was purged since.
  bool unaffected(Generation fetched) const {
    return fetched >= newest_.load(std::memory_order_acquire) &&
           fetched >= floor_.load(std::memory_order_acquire) &&
           fetched <= clock_.load(std::memory_order_acquire);
  }
  // What became of an object that was fetched at `fetched`. One from the future is gone: the wall
  // clock was set back while the node was down, so that nobody can tell what a purge meant.
  PurgeVerdict check(Generation fetched, std::string_view tenant, std::string_view key,
                     std::span<const std::string_view> tags) const;

  size_t entries() const;
  // Calls `each(Purge)` with all that is in force, floors of tenants among them (a prefix of "").
  template <class F>
  void for_each(F&& each) const;
  Generation floor() const { return floor_.load(std::memory_order_acquire); }

 private:
  struct Times {
    Generation hard = 0;
    Generation soft = 0;
    PurgeVerdict verdict(Generation fetched) const {
      if (fetched < hard) return PurgeVerdict::gone;
      return fetched < soft ? PurgeVerdict::stale : PurgeVerdict::valid;
    }
  };
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <class Value>
  using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;
  struct Tenant {
    TextMap<Times> by_kind[3];
    std::map<size_t, size_t> prefix_lengths;  // length -> how many prefixes are that long
    size_t entries = 0;

    PurgeVerdict check(Generation fetched, std::string_view key,
                       std::span<const std::string_view> tags) const;
    void drop_older_half();
  };
  Generation advance(Generation at_least, Generation step);
  void bound();

  const size_t entries_max_;
  std::atomic<Generation> clock_{0};   // the latest that was told to anybody
  std::atomic<Generation> newest_{0};  // of all purges
  std::atomic<Generation> floor_{0};
  mutable std::shared_mutex mutex_;
  TextMap<Tenant> tenants_;
  size_t entries_ = 0;
};

template <class F>
void PurgeTable::for_each(F&& each) const {
  const std::shared_lock lock(mutex_);
  for (const auto& [tenant, purges] : tenants_) {
    for (uint8_t kind = 0; kind < 3; ++kind) {
      for (const auto& [text, times] : purges.by_kind[kind]) {
        const auto of = static_cast<PurgeKind>(kind);
        if (times.hard > 0) each(Purge{of, false, tenant, text, times.hard});
        if (times.soft > times.hard) each(Purge{of, true, tenant, text, times.soft});
      }
    }
  }
}

}  // namespace fce
