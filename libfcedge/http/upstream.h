// SPDX-License-Identifier: Apache-2.0
// Upstream: HTTP/1.1 servers that answer for us, with pools of connections, health and retries.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "http/fetch.h"

#include "http/peer_health.h"
#include "http/upstream_options.h"
#include "net/tls_peer.h"

namespace fce {

// One server. Immutable, but for its health.
struct UpstreamPeer {
  UpstreamUrl url;
  uint32_t weight;
  bool backup;
  std::unique_ptr<TlsPeer> tls;  // https: only
  mutable PeerHealth health;
};

// What all shards share. It lives as long as any of their connections.
struct UpstreamShared {
  UpstreamOptions options;
  std::vector<std::unique_ptr<UpstreamPeer>> peers;
  mutable std::atomic<bool> retired{false};  // its upstream is gone: nothing is kept for it
  mutable std::atomic<bool> checked{false};  // a shard makes the health checks
};

class Upstream final : public Fetcher {
 public:
  // Reads the CA file, if there are peers that need it.
  static Status make(UpstreamOptions options, std::shared_ptr<const Upstream>* out);
  // What is under way goes on.
  ~Upstream() override;
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  // A fetch is retried while nothing of its answer has come: one that was not sent in any case, one
  // that may have been sent if its method is idempotent (RFC 9110 section 9.2.2), and neither once
  // a source was pulled from. When a source fails the fetch does, with `closed`.
  std::unique_ptr<Fetch> start(HttpContext& http, FetchRequest&& request,
                               FetchSink& sink) const override;

  const UpstreamShared& shared() const { return *shared_; }

 private:
  explicit Upstream(std::shared_ptr<const UpstreamShared> shared) : shared_(std::move(shared)) {}
  const std::shared_ptr<const UpstreamShared> shared_;
};

}  // namespace fce
