// SPDX-License-Identifier: Apache-2.0
// EdgeCache: the cache of a node: what is stored, what is on its way, what was purged. One for all
// shards and routes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/list.h"
#include "base/status.h"
#include "cache/fill_table.h"
#include "cache/purge.h"
#include "cache/purge_log.h"
#include "cache/store.h"
#include "loop/workers.h"

namespace fce {

// A fill's driver, as the shard that it runs on knows it.
class ShardFill : public ListNode<ShardFill> {
 public:
  // The shard ends: let go of the fetch, tell nobody.
  virtual void on_stop() = 0;

 protected:
  ~ShardFill() = default;
};

class EdgeCache {
 public:
  // Opens the store and its purge log. `workers` read what is cold; they outlive the cache.
  static Status open(const StoreOptions& options, uint32_t shards, Workers& workers,
                     std::unique_ptr<EdgeCache>* out);
  EdgeCache(const EdgeCache&) = delete;
  EdgeCache& operator=(const EdgeCache&) = delete;

  Store& store() { return *store_; }
  const Store& store() const { return *store_; }
  FillTable& fills() { return fills_; }
  PurgeTable& purges() { return purges_; }
  const PurgeTable& purges() const { return purges_; }
  Workers& workers() { return workers_; }
  List<ShardFill>& fills_of(uint32_t shard) { return shard_fills_[shard]; }

  // HOST/PATH?QUERY as keys are: the host in lower case and without its port.
  static std::string key_text(std::string_view text);

  // Why a purge would not do what its text seems to say: a URL is no key.
  static Status check_purge(PurgeKind kind, std::string_view text);
  // Any thread; see PurgeLog::add. Keys and prefixes may name a port.
  Status purge(Purge purge, bool sync);

  // On the shard's thread, when it ends. From then on no fill begins there.
  void stop_shard(uint32_t shard);
  bool stopped(uint32_t shard) const { return stopped_[shard]; }

  // Bytes of bodies that fills hold until they are complete, and how many they may.
  static constexpr uint64_t kHeldBytesMax = uint64_t{256} << 20;
  std::atomic<uint64_t> held_bytes{0};

 private:
  EdgeCache(uint32_t shards, Workers& workers);

  Workers& workers_;
  PurgeTable purges_;
  PurgeLog purge_log_;
  FillTable fills_;
  std::vector<List<ShardFill>> shard_fills_;
  std::unique_ptr<bool[]> stopped_;  // each is its shard's
  std::unique_ptr<Store> store_;
};

}  // namespace fce
