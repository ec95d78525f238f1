// SPDX-License-Identifier: Apache-2.0
// Cache-Status (RFC 9211): what this cache did for a request.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.h"
#include "cache/policy.h"

namespace fce {

enum class Collapsed : uint8_t {
  no,      // it was not tried: nothing is said
  yes,     // the request was served by the answer to another one
  failed,  // it waited for another one in vain
};

struct CacheStatus {
  Forward forward = Forward::none;  // none: a hit
  uint16_t forward_status = 0;      // of the origin's answer; 0: nothing is said
  std::optional<int64_t> ttl_s = std::nullopt;
  bool stored = false;
  Collapsed collapsed = Collapsed::no;
  std::string_view detail = {};  // a token or any printable ASCII; "": none
  bool refused = false;          // neither a hit nor forwarded: who only wanted a hit
};

// The field's value: `existing` (the origin's, which may be several fields joined; "": none) and
// our member behind it.
std::string_view cache_status_value(const CacheStatus& status, std::string_view cache_name,
                                    std::string_view existing, Arena& arena);

}  // namespace fce
