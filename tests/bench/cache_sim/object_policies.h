// SPDX-License-Identifier: Apache-2.0
// What others do, object by object and without a disk: LRU, FIFO and S3-FIFO as published.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <unordered_map>
#include <unordered_set>

#include "trace.h"

namespace cache_sim {

class Policy {
 public:
  virtual ~Policy() = default;
  // Whether the object was there; it is stored if not.
  virtual bool access(const Request& request, uint32_t bytes) = 0;
  // Bytes written to disk for each byte that was stored.
  virtual double write_amplification() const { return 1; }
};

// FIFO, or LRU if a hit renews.
class ListPolicy final : public Policy {
 public:
  ListPolicy(uint64_t bytes_max, bool renews) : bytes_max_(bytes_max), renews_(renews) {}

  bool access(const Request& request, uint32_t bytes) override {
    if (const auto found = places_.find(request.id); found != places_.end()) {
      if (renews_) order_.splice(order_.end(), order_, found->second);
      return !request.is_update;
    }
    bytes_ += bytes;
    places_[request.id] = order_.insert(order_.end(), {request.id, bytes});
    while (bytes_ > bytes_max_) {
      bytes_ -= order_.front().bytes;
      places_.erase(order_.front().id);
      order_.pop_front();
    }
    return false;
  }

 private:
  struct Item {
    uint32_t id;
    uint32_t bytes;
  };
  const uint64_t bytes_max_;
  const bool renews_;
  uint64_t bytes_ = 0;
  std::list<Item> order_;
  std::unordered_map<uint32_t, std::list<Item>::iterator> places_;
};

class S3Fifo final : public Policy {
 public:
  S3Fifo(uint64_t bytes_max, uint32_t promote_frequency)
      : bytes_max_(bytes_max), promote_frequency_(promote_frequency) {}

  bool access(const Request& request, uint32_t bytes) override {
    if (const auto found = items_.find(request.id); found != items_.end()) {
      if (found->second.frequency < 3) ++found->second.frequency;
      return !request.is_update;
    }
    const bool in_main = ghosts_.erase(request.id) > 0;
    while (small_bytes_ + main_bytes_ + bytes > bytes_max_) {
      if (small_bytes_ > bytes_max_ / 10 || main_.empty()) {
        evict_small();
      } else {
        evict_main();
      }
    }
    items_[request.id] = {bytes, 0};
    (in_main ? main_ : small_).push_back(request.id);
    (in_main ? main_bytes_ : small_bytes_) += bytes;
    return false;
  }

 private:
  struct Item {
    uint32_t bytes;
    uint32_t frequency;
  };
  void evict_small() {
    const uint32_t id = small_.front();
    small_.pop_front();
    const auto at = items_.find(id);
    small_bytes_ -= at->second.bytes;
    if (at->second.frequency >= promote_frequency_) {
      at->second.frequency = 0;
      main_.push_back(id);
      main_bytes_ += at->second.bytes;
      return;
    }
    items_.erase(at);
    ghosts_.insert(id);
    ghost_order_.push_back(id);
    while (ghost_order_.size() > main_.size()) {
      ghosts_.erase(ghost_order_.front());
      ghost_order_.pop_front();
    }
  }
  void evict_main() {
    const uint32_t id = main_.front();
    main_.pop_front();
    const auto at = items_.find(id);
    if (at->second.frequency > 0) {
      --at->second.frequency;
      main_.push_back(id);
      return;
    }
    main_bytes_ -= at->second.bytes;
    items_.erase(at);
  }

  const uint64_t bytes_max_;
  const uint32_t promote_frequency_;
  uint64_t small_bytes_ = 0;
  uint64_t main_bytes_ = 0;
  std::unordered_map<uint32_t, Item> items_;
  std::deque<uint32_t> small_;
  std::deque<uint32_t> main_;
  std::unordered_set<uint32_t> ghosts_;
  std::deque<uint32_t> ghost_order_;
};

}  // namespace cache_sim
