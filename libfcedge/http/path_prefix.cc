// SPDX-License-Identifier: Apache-2.0
#include "http/path_prefix.h"

#include <algorithm>
#include <string>

namespace fce {

Status check_path_prefix(std::string_view prefix) {
  if (prefix.empty()) return Status::ok;
  const bool plain = std::all_of(prefix.begin(), prefix.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '?' && c != '#';
  });
  if (plain && prefix.front() == '/' && prefix.back() != '/') return Status::ok;
  return fail(Status::invalid, "\"" + std::string(prefix) +
                                   "\" is no prefix of a path: it begins with a slash and ends "
                                   "without one");
}

std::string_view without_prefix(std::string_view path, std::string_view prefix) {
  const bool has =
      path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
  return has && !prefix.empty() ? path.substr(prefix.size()) : path;
}

}  // namespace fce
