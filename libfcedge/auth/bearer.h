// SPDX-License-Identifier: Apache-2.0
// Bearer tokens in header fields (RFC 6750).
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "http/field_list.h"
#include "http/message.h"

namespace fce {

// What a 401 has to have, so that the client knows by what it could get in (RFC 9110 section
// 15.5.2).
inline constexpr Header kBearerChallenge[] = {{"www-authenticate", "Bearer"}};

// What stands in `Authorization: Bearer`, be it nothing. Credentials of another scheme are none.
inline std::optional<std::string_view> bearer_token(const Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view field = request.header("authorization");
  if (field.size() < kScheme.size() ||
      !equals_ignoring_case(field.substr(0, kScheme.size()), kScheme))
    return std::nullopt;
  return trim_blanks(field.substr(kScheme.size()));
}

}  // namespace fce
