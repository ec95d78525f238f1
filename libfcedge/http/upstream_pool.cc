// SPDX-License-Identifier: Apache-2.0
#include "http/upstream_pool.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "http/health_checks.h"

namespace fce {
namespace {

constexpr uint32_t kRetryPrice = 100;
constexpr uint32_t kRetryCreditMax = 10 * kRetryPrice;

}  // namespace

UpstreamPool::UpstreamPool(HttpContext& http, Resolver& resolver,
                           std::shared_ptr<const UpstreamShared> shared)
    : http_(http),
      resolver_(resolver),
      shared_(std::move(shared)),
      peers_(shared_->peers.size()),
      retry_credit_(kRetryCreditMax) {}

UpstreamPool::~UpstreamPool() { stop(); }

void UpstreamPool::stop() {
  stopped_ = true;
  checks_.reset();
  while (ClientConnection* connection = connections_.front()) connection->fail(FetchError::stopped);
  while (UpstreamFetch* fetch = queue_.front()) fetch->stop();
  while (UpstreamFetch* fetch = failing_.front()) fetch->stop();
}

// --- Fetches -----------------------------------------------------------------------------------

void UpstreamPool::count_request() {
  counters().add(Counter::upstream_requests);
  retry_credit_ = std::min(kRetryCreditMax, retry_credit_ + shared_->options.retry_percent);
  begin_checks();
}

bool UpstreamPool::take_retry(uint32_t tries, bool stale) {
  if (stopped_ || tries >= shared_->options.tries_max) return false;
  if (stale) return true;
  if (retry_credit_ < kRetryPrice) {
    counters().add(Counter::limit_upstream_retries);
    return false;
  }
  retry_credit_ -= kRetryPrice;
  return true;
}

void UpstreamPool::start(UpstreamFetch& fetch) {
  if (stopped_) return fetch.fail_later(FetchError::stopped);
  if (fetch.pinned()) return ClientConnection::open(*this, *fetch.pinned(), fetch);
  bool any = false;
  if (place(fetch, &any)) return;
  if (!any) {
    counters().add(Counter::upstream_no_peer);
    return fetch.fail_later(FetchError::no_peer);
  }
  if (queued_ >= shared_->options.queue_max) {
    counters().add(Counter::limit_upstream_queue);
    return fetch.fail_later(FetchError::full);
  }
  counters().add(Counter::upstream_queued);
  fetch.wait(shared_->options.queue_ms);
  enqueue(fetch, false);
}

void UpstreamPool::enqueue(UpstreamFetch& fetch, bool first) {
  first ? queue_.push_front(&fetch) : queue_.push_back(&fetch);
  fetch.set_queued(true);
  ++queued_;
  counters().add(Gauge::upstream_queue, 1);
}

void UpstreamPool::leave_queue(UpstreamFetch& fetch) {
  fetch.ListNode<UpstreamFetch>::unlink();
  if (!fetch.set_queued(false)) return;
  --queued_;
  counters().add(Gauge::upstream_queue, -1);
}

void UpstreamPool::serve_queue() {
  while (UpstreamFetch* fetch = stopped_ ? nullptr : queue_.front()) {
    leave_queue(*fetch);
    bool any = false;
    if (place(*fetch, &any)) continue;
    if (any) return enqueue(*fetch, true);
    counters().add(Counter::upstream_no_peer);
    fetch->fail_later(FetchError::no_peer);
  }
}

// --- Servers -----------------------------------------------------------------------------------

PeerHealth::Rules UpstreamPool::rules() const {
  const UpstreamOptions& options = shared_->options;
  return {options.fails_max, options.fail_window_ms, options.down_ms, options.check_rise,
          options.check_fall};
}

bool UpstreamPool::has_room(const Peer& peer) const {
  return peer.idle_count > 0 || peer.connections < shared_->options.connections_max;
}

std::optional<size_t> UpstreamPool::choose(const UpstreamFetch& fetch, bool backup, bool* any) {
  const uint64_t now_ms = loop().now_ms();
  candidates_.clear();
  for (size_t i = 0; i < peers_.size(); ++i) {
    const UpstreamPeer& peer = *shared_->peers[i];
    if (peer.backup != backup) continue;
    const PeerHealth::State state = peer.health.state(now_ms);
    if (state == PeerHealth::State::down) continue;
    if (state == PeerHealth::State::probe) {
      if (has_room(peers_[i]) && peer.health.claim_probe(rules(), now_ms)) return i;
      continue;
    }
    *any = true;
    if (has_room(peers_[i])) candidates_.push_back(i);
  }
  if (fetch.avoided() && candidates_.size() > 1) std::erase(candidates_, *fetch.avoided());
  if (candidates_.empty()) return std::nullopt;
  return choose_among_candidates();
}

// Smooth weighted round robin; before that, those who have more to do than others are left out.
size_t UpstreamPool::choose_among_candidates() {
  const auto busy = [&](size_t i) -> uint64_t {
    return peers_[i].connections - peers_[i].idle_count;
  };
  if (shared_->options.balance == Balance::least_connections) {
    size_t least = candidates_.front();
    const auto less = [&](size_t a, size_t b) {
      return busy(a) * shared_->peers[b]->weight < busy(b) * shared_->peers[a]->weight;
    };
    for (const size_t i : candidates_)
      if (less(i, least)) least = i;
    std::erase_if(candidates_, [&](size_t i) { return less(least, i); });
  }
  int64_t sum = 0;
  size_t chosen = candidates_.front();
  for (const size_t i : candidates_) {
    peers_[i].turn += shared_->peers[i]->weight;
    sum += shared_->peers[i]->weight;
    if (peers_[i].turn > peers_[chosen].turn) chosen = i;
  }
  peers_[chosen].turn -= sum;
  return chosen;
}

bool UpstreamPool::place(UpstreamFetch& fetch, bool* any) {
  std::optional<size_t> chosen = choose(fetch, false, any);
  if (!chosen && !*any) chosen = choose(fetch, true, any);
  if (!chosen) return false;
  Peer& peer = peers_[*chosen];
  ClientConnection* idle = peer.idle.front();
  // One that is not quiet ends by itself as soon as the loop looks at it.
  if (idle && !fetch.wants_new() && idle->quiet()) {
    take_idle(*idle);
    fetch.attach(*idle);
    idle->serve(fetch);
    return true;
  }
  // One that is kept has to go for a new one: after it, so that nobody who waits takes its place.
  const bool crowded = peer.connections >= shared_->options.connections_max;
  ClientConnection::open(*this, *chosen, fetch);
  if (crowded) idle->fail(FetchError::stopped);
  return true;
}

void UpstreamPool::report(size_t peer, bool good) {
  if (peers_.size() == 1) return;
  PeerHealth& health = shared_->peers[peer]->health;
  log_change(peer, good ? health.on_success() : health.on_failure(rules(), loop().now_ms()));
}

void UpstreamPool::report_check(size_t peer, bool good) {
  if (!good) counters().add(Counter::upstream_check_failures);
  const PeerHealth::Change change = shared_->peers[peer]->health.on_check(rules(), good);
  log_change(peer, change);
  if (change == PeerHealth::Change::up) serve_queue();
}

void UpstreamPool::log_change(size_t peer, PeerHealth::Change change) {
  if (change == PeerHealth::Change::none) return;
  const bool up = change == PeerHealth::Change::up;
  counters().add(up ? Counter::upstream_peer_up : Counter::upstream_peer_down);
  log(up ? LogLevel::info : LogLevel::warn, "upstream peer %s upstream=%s peer=%s",
      up ? "up" : "down", shared_->options.name.c_str(), shared_->options.peers[peer].url.c_str());
}

void UpstreamPool::tell_tls_failure(size_t peer, const char* why) {
  const char* const before = std::exchange(peers_[peer].tls_failure, why);
  if (why && why != before)
    log(LogLevel::warn, "upstream handshake failed upstream=%s peer=%s error=\"%s\"",
        shared_->options.name.c_str(), shared_->options.peers[peer].url.c_str(), why);
}

void UpstreamPool::tell_forbidden(size_t peer) {
  if (std::exchange(peers_[peer].forbidden_told, true)) return;
  log(LogLevel::error,
      "upstream is not on this machine, and clear text to it is not allowed upstream=%s peer=%s",
      shared_->options.name.c_str(), shared_->options.peers[peer].url.c_str());
}

void UpstreamPool::begin_checks() {
  if (stopped_ || checks_ || shared_->options.check_path.empty()) return;
  if (!shared_->checked.exchange(true)) checks_ = std::make_unique<HealthChecks>(*this);
}

// --- Connections -------------------------------------------------------------------------------

void UpstreamPool::add(ClientConnection& connection) {
  connections_.push_back(&connection);
  counters().add(Gauge::upstream_connections, 1);
  if (connection.counted()) ++peers_[connection.peer()].connections;
}

void UpstreamPool::on_ready(ClientConnection& connection) {
  Peer& peer = peers_[connection.peer()];
  peer.idle.push_front(&connection);
  ++peer.idle_count;
  counters().add(Gauge::upstream_idle, 1);
  connection.rest();
  serve_queue();
  const bool retired = shared_->retired.load(std::memory_order_relaxed);
  if (!connection.idle() || (peer.idle_count <= shared_->options.idle_max && !retired)) return;
  if (!retired) counters().add(Counter::limit_upstream_pool);
  connection.fail(FetchError::stopped);
}

void UpstreamPool::take_idle(ClientConnection& connection) {
  if (!connection.ListNode<IdleTag>::linked()) return;
  connection.ListNode<IdleTag>::unlink();
  --peers_[connection.peer()].idle_count;
  counters().add(Gauge::upstream_idle, -1);
}

void UpstreamPool::remove(ClientConnection& connection) {
  connection.ListNode<ClientConnection>::unlink();
  take_idle(connection);
  counters().add(Gauge::upstream_connections, -1);
  if (!connection.counted()) return;
  --peers_[connection.peer()].connections;
  serve_queue();
}

// --- All of a shard ----------------------------------------------------------------------------

UpstreamPools::UpstreamPools(HttpContext& http)
    : http_(http),
      resolver_(http.net.loop, http.net.counters, http.resolver_workers, Resolver::ask_system, {}) {
}

UpstreamPools::~UpstreamPools() { stop(); }

UpstreamPool& UpstreamPools::at(const std::shared_ptr<const UpstreamShared>& shared) {
  const auto found = pools_.find(shared.get());
  if (found != pools_.end()) return *found->second;
  // A new one comes with a new configuration: those of the former go once they are done.
  std::erase_if(pools_, [](const auto& one) {
    return one.second->shared()->retired.load(std::memory_order_relaxed) && one.second->empty();
  });
  auto pool = std::make_unique<UpstreamPool>(http_, resolver_, shared);
  if (stopped_) pool->stop();
  return *pools_.emplace(shared.get(), std::move(pool)).first->second;
}

void UpstreamPools::stop() {
  stopped_ = true;
  for (const auto& one : pools_) one.second->stop();
}

}  // namespace fce
