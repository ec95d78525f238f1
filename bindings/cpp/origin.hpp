// SPDX-License-Identifier: Apache-2.0
//
// Origins; see fcedge/origin.h.
#ifndef FCEDGE_CPP_ORIGIN_HPP_
#define FCEDGE_CPP_ORIGIN_HPP_

#include "exchange.hpp"
#include "options_origin.hpp"

FCEDGE_BEGIN

class Origin : public Handle<fce_origin, fce_origin_destroy> {
 public:
  using Handle::Handle;

  static Result<Origin> servers(const UpstreamOptions& options, Text host = {}, Text prefix = {},
                                Headers headers = {}) {
    const fce_upstream_options c = options;
    fce_origin* made = nullptr;
    return wrap(fce_origin_create_servers(&c, host.c_str(), prefix.c_str(), headers.data(),
                                          headers.size(), &made),
                made);
  }

  static Result<Origin> s3(const S3Options& options) {
    const fce_s3_options c = options;
    fce_origin* made = nullptr;
    return wrap(fce_origin_create_s3(&c, &made), made);
  }

  static Result<Origin> directory(Text root, Text index = {}, Text cache_control = {}) {
    fce_origin* made = nullptr;
    return wrap(
        fce_origin_create_directory(root.c_str(), index.c_str(), cache_control.c_str(), &made),
        made);
  }

  // The first that does not fail answers: `Origin::failover({a.get(), b.get()})`.
  static Result<Origin> failover(Items<fce_origin*> origins, Items<uint16_t> statuses = {}) {
    fce_origin* made = nullptr;
    return wrap(fce_origin_create_failover(origins.data(), origins.size(), statuses.data(),
                                           statuses.size(), &made),
                made);
  }

  // `fetch(Fetch)` is called for each request, on a shard's thread, where it must not block.
  template <class F>
  static Result<Origin> callback(F&& fetch) {
    using C = detail::Owning<Fetch, fce_fetch, std::decay_t<F>>;
    fce_origin* made = nullptr;
    return wrap(detail::hand_over<C>(std::forward<F>(fetch),
                                     [&made](void* user) {
                                       return fce_origin_create_callback(C::run, user, C::free,
                                                                         &made);
                                     }),
                made);
  }

 private:
  // By reference: the call that gives the code also sets it.
  static Result<Origin> wrap(int code, fce_origin* const& made) {
    if (code != FCE_OK) return detail::check(code);
    return Origin(made);
  }
};

FCEDGE_END

#endif  // FCEDGE_CPP_ORIGIN_HPP_
