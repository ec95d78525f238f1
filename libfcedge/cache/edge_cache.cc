// SPDX-License-Identifier: Apache-2.0
#include "cache/edge_cache.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/time.h"
#include "http/authority.h"

namespace fce {

EdgeCache::EdgeCache(uint32_t shards, Workers& workers)
    : workers_(workers),
      purge_log_(purges_),
      fills_(shards),
      shard_fills_(shards),
      stopped_(std::make_unique<bool[]>(shards)) {}

Status EdgeCache::open(const StoreOptions& options, uint32_t shards, Workers& workers,
                       std::unique_ptr<EdgeCache>* out) {
  std::unique_ptr<EdgeCache> cache(new EdgeCache(shards, workers));
  Status status = Store::open(options, &cache->store_);
  // Behind the store, which has the directory's lock.
  if (status == Status::ok)
    status = cache->purge_log_.open(options.directory, wall_ms(), cache->store_->is_new());
  if (status == Status::ok) *out = std::move(cache);
  return status;
}

Status EdgeCache::check_purge(PurgeKind kind, std::string_view text) {
  if (text.empty()) {
    if (kind == PurgeKind::prefix) return Status::ok;
    return fail(Status::invalid, "a key or tag to purge is not empty");
  }
  if (kind == PurgeKind::tag) return Status::ok;
  const size_t slash = text.find('/');
  const bool whole = kind == PurgeKind::key || slash != text.npos;
  const std::string_view host = text.substr(0, slash);
  const bool good = !host.empty() && !host.ends_with(':') && valid_authority(host);
  if (whole && (!good || slash == text.npos))
    return fail(Status::invalid, "\"" + std::string(text) + "\" is no HOST/PATH");
  return Status::ok;
}

std::string EdgeCache::key_text(std::string_view text) {
  const size_t slash = std::min(text.find('/'), text.size());
  std::string key(host_of_authority(text.substr(0, slash)));
  std::transform(key.begin(), key.end(), key.begin(), ascii_lower);
  return key.append(text.substr(slash));
}

Status EdgeCache::purge(Purge purge, bool sync) {
  std::string text(purge.text);
  if (purge.kind != PurgeKind::tag) text = key_text(text);
  purge.text = text;
  const Status status = purge_log_.add(purge, wall_ms(), sync);
  // What it takes up on the disk need not wait for its turn.
  if (purge.kind == PurgeKind::key && !purge.soft) store_->erase({purge.tenant, purge.text});
  return status;
}

void EdgeCache::stop_shard(uint32_t shard) {
  stopped_[shard] = true;
  List<ShardFill> fills;
  fills.splice_back(shard_fills_[shard]);
  while (ShardFill* fill = fills.pop_front()) fill->on_stop();
}

}  // namespace fce
