// SPDX-License-Identifier: Apache-2.0
// CacheRequest: what caching needs to know of a request, found in one pass over its fields and
// without allocation for usual ones.
#pragma once

#include <cstdint>

#include "base/arena.h"
#include "cache/cache_control.h"
#include "cache/policy_options.h"
#include "http/conditional.h"
#include "http/message.h"

namespace fce {

struct CacheRequest {
  const Request* request = nullptr;
  RequestDirectives directives;  // of Cache-Control and Pragma, as far as the options let them
  SelectionFields selection;     // conditions and ranges
  bool authorization = false;
  bool cookie = false;
  bool conditional = false;  // If-None-Match or If-Modified-Since
  // If-Match or If-Unmodified-Since: not for caches (RFC 9111 section 4.3.2).
  bool for_origin = false;
  bool upgrade = false;
  bool has_body = false;

  bool reads() const { return request->method == Method::get || request->method == Method::head; }

  // `request` and the arena outlive it.
  static CacheRequest from(const Request& request, const PolicyOptions& options, Arena& arena);
};

}  // namespace fce
