// SPDX-License-Identifier: Apache-2.0
#include "http/upstream.h"

#include <utility>

#include "http/context.h"
#include "http/upstream_fetch.h"
#include "http/upstream_pool.h"

namespace fce {
namespace {

constexpr uint32_t kWeightMax = 1000;
constexpr size_t kPeersMax = 256;

Status refuse(const UpstreamOptions& options, const std::string& why) {
  return fail(Status::invalid, "the upstream \"" + options.name + "\" " + why);
}

Status check(const UpstreamOptions& options) {
  if (options.peers.empty()) return refuse(options, "has no server");
  if (options.peers.size() > kPeersMax) return refuse(options, "has more than 256 servers");
  bool all_backup = true;
  for (const UpstreamPeerOptions& peer : options.peers) {
    if (peer.weight < 1 || peer.weight > kWeightMax)
      return refuse(options, "has a weight that is not from 1 to 1000");
    all_backup = all_backup && peer.backup;
  }
  if (all_backup) return refuse(options, "has backup servers only");
  if (options.connections_max == 0) return refuse(options, "may have no connection");
  if (options.connect_ms == 0 || options.first_byte_ms == 0 || options.idle_ms == 0)
    return refuse(options, "has a time limit of zero");
  if (options.head_bytes_max < 256) return refuse(options, "has no room for the head of an answer");
  if (options.tries_max == 0) return refuse(options, "may not be tried once");
  if (options.requests_max == 0) return refuse(options, "may not carry a request");
  if (options.check_path.empty()) return Status::ok;
  if (options.check_path.front() != '/') return refuse(options, "has a check path without \"/\"");
  if (options.check_interval_ms == 0 || options.check_ms == 0 || options.check_rise == 0 ||
      options.check_fall == 0)
    return refuse(options, "has a health check with a figure of zero");
  return Status::ok;
}

}  // namespace

Status Upstream::make(UpstreamOptions options, std::shared_ptr<const Upstream>* out) {
  if (const Status status = check(options); status != Status::ok) return status;
  auto shared = std::make_shared<UpstreamShared>();
  std::shared_ptr<const TlsTrust> trust;
  for (const UpstreamPeerOptions& one : options.peers) {
    auto peer = std::make_unique<UpstreamPeer>();
    if (const Status status = UpstreamUrl::parse(one.url, &peer->url); status != Status::ok)
      return status;
    peer->weight = one.weight;
    peer->backup = one.backup;
    if (peer->url.kind == UpstreamUrl::Kind::https) {
      if (!trust && options.tls_insecure) trust = TlsTrust::anybody();
      if (!trust) {
        const Status status = TlsTrust::load(options.tls_ca_file, &trust);
        if (status != Status::ok) return status;
      }
      peer->tls = std::make_unique<TlsPeer>(
          trust, options.tls_name.empty() ? peer->url.host : options.tls_name);
    }
    shared->peers.push_back(std::move(peer));
  }
  shared->options = std::move(options);
  out->reset(new Upstream(std::move(shared)));
  return Status::ok;
}

Upstream::~Upstream() { shared_->retired.store(true, std::memory_order_relaxed); }

std::unique_ptr<Fetch> Upstream::start(HttpContext& http, FetchRequest&& request,
                                       FetchSink& sink) const {
  UpstreamPool& pool = http.upstreams().at(shared_);
  auto fetch = std::make_unique<UpstreamFetch>(pool, sink);
  pool.count_request();
  if (fetch->take(std::move(request), shared_->peers.front()->url.authority)) {
    pool.start(*fetch);
  } else {
    fetch->fail_later(FetchError::refused);
  }
  return fetch;
}

}  // namespace fce
