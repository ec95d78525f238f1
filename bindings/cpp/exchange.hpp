// SPDX-License-Identifier: Apache-2.0
//
// What handlers are given and have to give back: requests of clients, those to an origin of yours,
// and subscriptions. Each is answered once. One that goes unanswered (also because a handler has
// thrown, with FCEDGE_EXCEPTIONS) is answered for you, by an error.
#ifndef FCEDGE_CPP_EXCHANGE_HPP_
#define FCEDGE_CPP_EXCHANGE_HPP_

#include <fcedge/origin.h>
#include <fcedge/pubsub.h>

#include "options_pubsub.hpp"

FCEDGE_BEGIN

namespace detail {

inline void drop_exchange(fce_exchange* exchange) noexcept {
  (void)fce_exchange_respond(exchange, 500, nullptr, 0, nullptr, 0);
}

inline void drop_subscription(fce_subscription* subscription) noexcept {
  (void)fce_subscription_deny(subscription, FCE_DENY_FORBIDDEN, fce_str{nullptr, 0});
}

// A handler as the callback that owns what it is called with.
template <class Owner, class T, class F>
struct Owning : Callback<F, Owner> {
  static void run(T* object, void* user) noexcept {
#ifdef FCEDGE_EXCEPTIONS
    try {
      Callback<F, Owner>::call(user, Owner(object));
    } catch (...) {
      // The owner has answered on its way out.
    }
#else
    Callback<F, Owner>::call(user, Owner(object));
#endif
  }
};

}  // namespace detail

// One request and its answer. Its views live until it is given back.
class Exchange : public Handle<fce_exchange, detail::drop_exchange> {
 public:
  using Handle::Handle;

  View method() const noexcept { return fce_exchange_method(get()); }
  View path() const noexcept { return fce_exchange_path(get()); }
  View query() const noexcept { return fce_exchange_query(get()); }
  View host() const noexcept { return fce_exchange_host(get()); }
  View header(Text name) const noexcept { return fce_exchange_header(get(), name.c_str()); }
  View param(Text name) const noexcept { return fce_exchange_param(get(), name.c_str()); }
  View body() const noexcept { return fce_exchange_body(get()); }
  View peer() const noexcept { return fce_exchange_peer(get()); }
  uint32_t version() const noexcept { return fce_exchange_version(get()); }
  bool is_tls() const noexcept { return fce_exchange_is_tls(get()) != 0; }

  // Answers; whatever comes of it, the exchange is empty then. A client that has left is no error
  // that anybody can do something about: FCE_ECANCELED is returned in both modes.
  Status respond(uint32_t status, Headers headers = {}, View body = {}) {
    const int code = fce_exchange_respond(release(), status, headers.data(), headers.size(),
                                          body.data(), body.size());
    return code == FCE_ECANCELED ? Status(code) : detail::check(code);
  }
  void abort() noexcept { fce_exchange_abort(release()); }
};

// One request to an origin that is your code.
class Fetch : public Handle<fce_fetch, fce_fetch_fail> {
 public:
  using Handle::Handle;

  View method() const noexcept { return fce_fetch_method(get()); }
  View target() const noexcept { return fce_fetch_target(get()); }
  View host() const noexcept { return fce_fetch_host(get()); }
  View header(Text name) const noexcept { return fce_fetch_header(get(), name.c_str()); }

  // FCE_ECANCELED (nobody waits any more: let the fetch go) is returned in both modes, by `write`
  // also FCE_ENOBUFS (nothing was taken: go on when `pending` is smaller).
  Status head(uint32_t status, Headers headers = {}, int64_t length = -1) {
    return soft(fce_fetch_head(get(), status, headers.data(), headers.size(), length));
  }
  Status write(View data) { return soft(fce_fetch_write(get(), data.data(), data.size())); }
  std::size_t pending() const noexcept { return fce_fetch_pending(get()); }
  // The answer is complete, or has failed; empty then.
  Status end() { return soft(fce_fetch_end(release())); }
  void fail() noexcept { reset(); }

 private:
  static Status soft(int code) {
    return code == FCE_ENOBUFS || code == FCE_ECANCELED ? Status(code) : detail::check(code);
  }
};

// A subscription that a hook decides about. One that goes undecided is refused.
class Subscription : public Handle<fce_subscription, detail::drop_subscription> {
 public:
  using Handle::Handle;

  View tenant() const noexcept { return fce_subscription_tenant(get()); }
  View channel() const noexcept { return fce_subscription_channel(get()); }
  View user() const noexcept { return fce_subscription_user(get()); }
  View peer() const noexcept { return fce_subscription_peer(get()); }
  View after() const noexcept { return fce_subscription_after(get()); }
  std::size_t group_count() const noexcept { return fce_subscription_group_count(get()); }
  View group(std::size_t index) const noexcept { return fce_subscription_group(get(), index); }

  // Both leave it empty. FCE_ECANCELED (the node has stopped) is returned in both modes.
  Status allow() { return soft(fce_subscription_allow(release())); }
  Status deny(Deny code = Deny::forbidden, View message = {}) {
    return soft(fce_subscription_deny(release(), static_cast<uint32_t>(code), message));
  }

 private:
  static Status soft(int code) {
    return code == FCE_ECANCELED ? Status(code) : detail::check(code);
  }
};

FCEDGE_END

#endif  // FCEDGE_CPP_EXCHANGE_HPP_
