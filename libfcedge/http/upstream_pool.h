// SPDX-License-Identifier: Apache-2.0
// The connections of one shard to the servers of one upstream, and the requests that wait for one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/list.h"
#include "http/client_connection.h"
#include "http/context.h"
#include "http/upstream.h"
#include "http/upstream_fetch.h"
#include "net/resolver.h"

namespace fce {

class HealthChecks;

class UpstreamPool {
 public:
  UpstreamPool(HttpContext& http, Resolver& resolver, std::shared_ptr<const UpstreamShared> shared);
  ~UpstreamPool();
  UpstreamPool(const UpstreamPool&) = delete;
  UpstreamPool& operator=(const UpstreamPool&) = delete;

  // Finds a connection for it, or has it wait. Never calls back.
  void start(UpstreamFetch& fetch);
  void leave_queue(UpstreamFetch& fetch);
  void add_failing(UpstreamFetch& fetch) { failing_.push_back(&fetch); }
  // A request is made: so much more may be made again.
  void count_request();
  // Whether a fetch that was tried so often may be tried again. `stale`: it met a connection that
  // had been closed meanwhile, which is nobody's failure.
  bool take_retry(uint32_t tries, bool stale);
  // Ends it all: who waits is told so.
  void stop();
  bool empty() const { return connections_.empty() && queue_.empty() && failing_.empty(); }

  // --- For its connections.
  void add(ClientConnection& connection);
  void on_ready(ClientConnection& connection);  // it could serve another
  void remove(ClientConnection& connection);
  // What became of a request or a connection: good, or a failure of the server.
  void report(size_t peer, bool good);
  void report_check(size_t peer, bool good);
  void tell_tls_failure(size_t peer, const char* why);
  void tell_forbidden(size_t peer);
  TlsTicket& ticket(size_t peer) { return peers_[peer].ticket; }

  HttpContext& http() { return http_; }
  Loop& loop() { return http_.net.loop; }
  Counters& counters() { return http_.net.counters; }
  Resolver& resolver() { return resolver_; }
  const std::shared_ptr<const UpstreamShared>& shared() const { return shared_; }

 private:
  struct Peer {
    List<ClientConnection, IdleTag> idle;  // who was busy last is first
    uint32_t idle_count = 0;
    uint32_t connections = 0;
    int64_t turn = 0;  // of round robin by weights
    TlsTicket ticket;
    const char* tls_failure = nullptr;  // that was told last
    bool forbidden_told = false;
  };

  PeerHealth::Rules rules() const;
  bool has_room(const Peer& peer) const;
  // `any`: there is one that is up, even if none has room.
  std::optional<size_t> choose(const UpstreamFetch& fetch, bool backup, bool* any);
  size_t choose_among_candidates();
  bool place(UpstreamFetch& fetch, bool* any);
  void take_idle(ClientConnection& connection);
  void enqueue(UpstreamFetch& fetch, bool first);
  void serve_queue();
  void begin_checks();
  void log_change(size_t peer, PeerHealth::Change change);

  HttpContext& http_;
  Resolver& resolver_;
  const std::shared_ptr<const UpstreamShared> shared_;
  std::vector<Peer> peers_;
  List<ClientConnection> connections_;
  List<UpstreamFetch> queue_;
  List<UpstreamFetch> failing_;  // are told so at the end of the turn
  std::vector<size_t> candidates_;
  uint32_t queued_ = 0;
  uint32_t retry_credit_;  // in hundredths
  bool stopped_ = false;
  std::unique_ptr<HealthChecks> checks_;
};

// All pools of a shard.
class UpstreamPools {
 public:
  explicit UpstreamPools(HttpContext& http);
  ~UpstreamPools();

  UpstreamPool& at(const std::shared_ptr<const UpstreamShared>& shared);
  // On the shard's thread: ends connections and fetches, for good. Some turns of the loop later
  // nothing of them is left.
  void stop();

 private:
  HttpContext& http_;
  Resolver resolver_;
  std::unordered_map<const UpstreamShared*, std::unique_ptr<UpstreamPool>> pools_;
  bool stopped_ = false;
};

}  // namespace fce
