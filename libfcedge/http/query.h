// SPDX-License-Identifier: Apache-2.0
// The query of a request as fields NAME=VALUE between ampersands.
#pragma once

#include <string_view>

namespace fce {

// The value of the first field of that name, as it came; "" when it is not there.
inline std::string_view query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view field = query.substr(0, end);
    const size_t equals = field.find('=');
    if (field.substr(0, equals) == name)
      return equals == std::string_view::npos ? std::string_view() : field.substr(equals + 1);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
  }
  return {};
}

}  // namespace fce
