// SPDX-License-Identifier: Apache-2.0
// What an operator decides about caching. The defaults are those of a careful shared cache.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/field_list.h"

namespace fce {

// What becomes of an answer with Set-Cookie. RFC 9111 section 7.3 lets caches store it, and then
// the cookie of one client is handed to all others.
enum class SetCookiePolicy : uint8_t {
  refuse,  // it is never stored
  // It is stored if the origin calls it fit for shared caches (`public`, `s-maxage`, or
  // CDN-Cache-Control), and without the cookie, which only the client gets whose request went to
  // the origin. The default: an origin that means it loses nothing, and one that forgot its session
  // middleware leaks nothing.
  strip,
  keep,  // as the RFC: like any other field
};

struct PolicyOptions {
  std::string cache_name = "fcedge";  // in Cache-Status
  // In Via, where names are tokens.
  std::string_view via_name() const {
    const std::string_view name = cache_name;
    return is_token(name) ? name : "fcedge";
  }
  // Answers that say nothing of how long they are good for. `default_ttl_s`: those with a status
  // that may be cached without being told (RFC 9110 section 15.1) and nothing to guess by;
  // `negative_ttl_s`: of those 404, 405, 410, 414 and 501. 0: they are not stored.
  uint32_t default_ttl_s = 0;
  uint32_t negative_ttl_s = 0;
  // With Last-Modified: that part of the time since then, up to the maximum (section 4.2.2); 0: it
  // is no reason to guess.
  uint32_t heuristic_percent = 10;
  uint32_t heuristic_max_s = 86'400;
  // Windows for answers that do not say so themselves (RFC 5861). Directives that forbid it win.
  uint32_t stale_while_revalidate_s = 0;
  uint32_t stale_if_error_s = 3600;
  // How long an answer with a validator is kept after it has become stale, to be validated.
  uint32_t keep_s = 86'400;
  SetCookiePolicy set_cookie = SetCookiePolicy::strip;
  // A request with Cookie may be answered for one user only by an origin that forgot to say so:
  // without this no lifetime is guessed for its answer. For origins that know no users.
  bool guess_despite_cookie = false;
  // Conditions of a client about what is not stored are handed to the origin (RFC 9111 section
  // 4.3.2): its 304 is less than the whole, but nothing is stored, and others cannot wait for it.
  // If not, all misses fetch the whole, and the condition is judged here.
  bool forward_conditions = false;
  // Clients may not make the origin work: their Cache-Control and Pragma are not read, except for
  // no-store.
  bool ignore_client_cache_control = false;
  // CDN-Cache-Control (RFC 9213) goes before Cache-Control and Expires.
  bool cdn_cache_control = true;
  // Accept-Encoding is reduced to those of br, gzip and zstd that the client takes, for variants
  // and for the origin alike.
  bool normalise_accept_encoding = true;
  // Surrogate-Key and Cache-Tag are for the cache and not sent to clients.
  bool hide_surrogate_tags = true;
};

}  // namespace fce
