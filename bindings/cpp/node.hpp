// SPDX-License-Identifier: Apache-2.0
//
// The node; see fcedge/fcedge.h, and the header of each room for what it can do with a node.
#ifndef FCEDGE_CPP_NODE_HPP_
#define FCEDGE_CPP_NODE_HPP_

#include "geo.hpp"
#include "routes.hpp"

FCEDGE_BEGIN

// What Node::fetch was answered; all views live until the callback returns.
class CacheAnswer {
 public:
  explicit CacheAnswer(const fce_cache_answer* answer) noexcept : answer_(answer) {}
  // FCE_OK, or why `status` is 0.
  Status error() const noexcept { return Status(answer_->error); }
  uint32_t status() const noexcept { return answer_->status; }
  List<fce_header> headers() const noexcept { return {answer_->headers, answer_->header_count}; }
  View body() const noexcept { return answer_->body; }

 private:
  const fce_cache_answer* answer_;
};

// Callbacks that are called before a call returns are called on the caller's thread and are not
// copied. Those of `publish`, `presence` and `fetch` are called once, on a shard's thread; they are
// told of a failure by a Status in both modes, and must not throw.
class Node : public Handle<fce_node, fce_node_destroy> {
 public:
  using Handle::Handle;

  static Result<Node> create(const NodeOptions& options = {}) {
    const fce_node_options c = options;
    fce_node* made = nullptr;
    const int code = fce_node_create(&c, &made);
    if (code != FCE_OK) return detail::check(code);
    return Node(made);
  }

  // ---- Before start ----

  // Gives back the port, 0 of a unix socket.
  Result<uint16_t> listen(const ListenOptions& options) {
    const fce_listen_options c = options;
    uint16_t port = 0;
    const int code = fce_node_listen(get(), &c, &port);
    if (code != FCE_OK) return detail::check(code);
    return port;
  }

  Status set_auth(const AuthOptions& options) {
    return set<fce_auth_options>(fce_node_set_auth, options);
  }

  Status set_cache(const CacheOptions& options) {
    return set<fce_cache_options>(fce_node_set_cache, options);
  }

  Status add_namespace(const NamespaceOptions& options) {
    return set<fce_namespace_options>(fce_node_add_namespace, options);
  }

  Status set_dns(const DnsOptions& options = {}) {
    return set<fce_dns_options>(fce_node_set_dns, options);
  }

  Result<uint16_t> listen_dns(Text address, bool tls = false) {
    uint16_t port = 0;
    const int code = fce_node_listen_dns(get(), address.c_str(), tls, &port);
    if (code != FCE_OK) return detail::check(code);
    return port;
  }

  Status set_geo(Items<const char*> files) {
    return detail::check(fce_node_set_geo(get(), files.data(), files.size()));
  }

  // `hook(Subscription)` decides, then or later. It is destroyed with the node.
  template <class F>
  Status set_subscribe_hook(F&& hook, uint32_t hook_ms = 0) {
    using C = detail::Owning<Subscription, fce_subscription, std::decay_t<F>>;
    return detail::check(detail::hand_over<C>(std::forward<F>(hook), [&](void* user) {
      return fce_node_set_subscribe_hook(get(), C::run, hook_ms, user, C::free);
    }));
  }

  // ---- At any time ----

  Status set_certificates(Items<fce_certificate> certificates) {
    return detail::check(
        fce_node_set_certificates(get(), certificates.data(), certificates.size()));
  }

  Status set_routes(const Routes& routes) {
    return detail::check(fce_node_set_routes(get(), routes.get()));
  }

  Status set_dns_zones(Items<fce_dns_zone> zones) {
    return detail::check(fce_node_set_dns_zones(get(), zones.data(), zones.size()));
  }

  Status set_geo_map(Items<fce_geo_node> nodes, Items<fce_geo_set> sets) {
    return detail::check(
        fce_node_set_geo_map(get(), nodes.data(), nodes.size(), sets.data(), sets.size()));
  }

  // A load of -1: none was seen.
  Status observe_geo(Text name, GeoState state, int32_t load_percent = -1) {
    return detail::check(
        fce_node_observe_geo(get(), name.c_str(), static_cast<uint32_t>(state), load_percent));
  }

  Status start() { return detail::check(fce_node_start(get())); }
  Status drain(uint32_t spread_ms = 0) { return detail::check(fce_node_drain(get(), spread_ms)); }
  Status stop() { return detail::check(fce_node_stop(get())); }

  std::string_view id() const noexcept { return fce_node_id(get()); }
  uint64_t epoch() const noexcept { return fce_node_epoch(get()); }
  uint64_t connections() const noexcept { return fce_node_connections(get()); }

  // ---- Figures ----

  // `each(std::string_view name, std::string_view help, uint64_t value)`
  template <class F>
  Status counters(F&& each) const {
    using G = std::remove_reference_t<F>;
    return detail::check(fce_node_counters(
        get(),
        [](const char* name, const char* help, uint64_t value, void* user) noexcept {
          (*static_cast<G*>(user))(std::string_view(name), std::string_view(help), value);
        },
        detail::address(each)));
  }

  // The same with an int64_t.
  template <class F>
  Status gauges(F&& each) const {
    using G = std::remove_reference_t<F>;
    return detail::check(fce_node_gauges(
        get(),
        [](const char* name, const char* help, int64_t value, void* user) noexcept {
          (*static_cast<G*>(user))(std::string_view(name), std::string_view(help), value);
        },
        detail::address(each)));
  }

  // `each(const fce_histogram&)`
  template <class F>
  Status histograms(F&& each) const {
    using G = std::remove_reference_t<F>;
    return detail::check(fce_node_histograms(
        get(),
        [](const fce_histogram* histogram, void* user) noexcept {
          (*static_cast<G*>(user))(*histogram);
        },
        detail::address(each)));
  }

  // `each(std::string_view name, std::string_view region, uint64_t answers)`
  template <class F>
  Status geo_answers(F&& each) const {
    using G = std::remove_reference_t<F>;
    return detail::check(fce_node_geo_answers(
        get(),
        [](const char* name, const char* region, uint64_t answers, void* user) noexcept {
          (*static_cast<G*>(user))(detail::text(name), detail::text(region), answers);
        },
        detail::address(each)));
  }

  Result<GeoExplanation> geo_explain(Text set, Text address, Text subnet = {}) const {
    fce_geo_explanation* made = nullptr;
    const int code =
        fce_node_geo_explain(get(), set.c_str(), address.c_str(), subnet.c_str(), &made);
    if (code != FCE_OK) return detail::check(code);
    return GeoExplanation(made);
  }

  // ---- Publish and subscribe ----

  Status publish(View tenant, View channel, View data) {
    return detail::check(
        fce_publish(get(), tenant, channel, data.data(), data.size(), nullptr, nullptr));
  }

  // `done(Status, std::string_view id)`
  template <class F>
  Status publish(View tenant, View channel, View data, F&& done) {
    using C = Published<F>;
    return detail::check(detail::hand_over<C>(std::forward<F>(done), [&](void* user) {
      return fce_publish(get(), tenant, channel, data.data(), data.size(), C::run, user);
    }));
  }

  Status publish(const Publication& publication) {
    const fce_publication c = publication;
    return detail::check(fce_publish_message(get(), &c, nullptr, nullptr));
  }

  template <class F>
  Status publish(const Publication& publication, F&& done) {
    using C = Published<F>;
    const fce_publication c = publication;
    return detail::check(detail::hand_over<C>(std::forward<F>(done), [&](void* user) {
      return fce_publish_message(get(), &c, C::run, user);
    }));
  }

  // `done(Status, uint32_t count, List<fce_str> members)`
  template <class F>
  Status presence(View tenant, View channel, F&& done) {
    struct C : detail::Callback<std::decay_t<F>, Status, uint32_t, List<fce_str>> {
      static void run(int status, uint32_t count, const fce_str* members, std::size_t size,
                      void* user) noexcept {
        C::run_once(Status(status), count, List<fce_str>(members, size), user);
      }
    };
    return detail::check(detail::hand_over<C>(std::forward<F>(done), [&](void* user) {
      return fce_presence(get(), tenant, channel, C::run, user);
    }));
  }

  Status revoke(const Revocation& revocation) {
    return set<fce_revocation>(fce_revoke, revocation);
  }

  // ---- The cache ----

  Status cache_purge(Text tenant, Purge kind, Text text, bool soft = false) {
    return detail::check(
        fce_cache_purge(get(), tenant.c_str(), static_cast<uint32_t>(kind), text.c_str(), soft));
  }

  Status cache_put(Text tenant, Text key, uint32_t status, Headers headers, View body) {
    return detail::check(fce_cache_put(get(), tenant.c_str(), key.c_str(), status, headers.data(),
                                       headers.size(), body.data(), body.size()));
  }

  // `done(const CacheAnswer&)`; `body_bytes_max` 0: 16 MiB.
  template <class F>
  Status cache_fetch(Text host, Text target, Headers headers, uint64_t body_bytes_max, F&& done) {
    struct C : detail::Callback<std::decay_t<F>, const CacheAnswer&> {
      static void run(const fce_cache_answer* answer, void* user) noexcept {
        C::run_once(CacheAnswer(answer), user);
      }
    };
    return detail::check(detail::hand_over<C>(std::forward<F>(done), [&](void* user) {
      return fce_cache_fetch(get(), host.c_str(), target.c_str(), headers.data(), headers.size(),
                             body_bytes_max, C::run, user);
    }));
  }

  Result<fce_cache_stats> cache_stats() const {
    fce_cache_stats stats{};
    stats.size = sizeof stats;
    const int code = fce_cache_get_stats(get(), &stats);
    if (code != FCE_OK) return detail::check(code);
    return stats;
  }

 private:
  template <class F>
  struct Published : detail::Callback<std::decay_t<F>, Status, std::string_view> {
    static void run(int status, const char* id, void* user) noexcept {
      Published::run_once(Status(status), detail::text(id), user);
    }
  };

  template <class C, class Call, class Options>
  Status set(Call call, const Options& options) {
    const C c = options;
    return detail::check(call(get(), &c));
  }
};

// ---- The log of the process ----

// `sink(LogLevel, std::string_view line)`; it is destroyed when another takes its place.
template <class F>
Status set_log(LogLevel level, F&& sink) {
  struct C : detail::Callback<std::decay_t<F>, LogLevel, std::string_view> {
    static void run(int32_t at, const char* line, std::size_t size, void* user) noexcept {
      C::call(user, static_cast<LogLevel>(at), std::string_view(line, size));
    }
  };
  return detail::check(detail::hand_over<C>(std::forward<F>(sink), [&](void* user) {
    return fce_log_set(static_cast<int32_t>(level), C::run, user, C::free);
  }));
}

// To stderr.
inline Status set_log(LogLevel level) {
  return detail::check(fce_log_set(static_cast<int32_t>(level), nullptr, nullptr, nullptr));
}

FCEDGE_END

#endif  // FCEDGE_CPP_NODE_HPP_
