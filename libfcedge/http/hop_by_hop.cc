// SPDX-License-Identifier: Apache-2.0
#include "http/hop_by_hop.h"

#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "http/field_list.h"

namespace fce {

bool is_hop_by_hop(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "connection",
      "keep-alive",
      "proxy-authenticate",
      "proxy-authorization",
      "proxy-authentication-info",
      "proxy-connection",
      "te",
      "trailer",
      "transfer-encoding",
      "upgrade",
  };
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool is_named_by_connection(std::span<const Header> headers, std::string_view name) {
  for (const Header& header : headers) {
    if (header.name != "connection") continue;
    std::string_view list = header.value;
    for (std::string_view member; next_member(&list, &member);)
      if (equals_ignoring_case(member, name)) return true;
  }
  return false;
}

size_t take_out_hop_by_hop(std::span<Header> headers, bool keep_upgrade) {
  const bool connection = std::any_of(headers.begin(), headers.end(), [](const Header& header) {
    return header.name == "connection";
  });
  const auto stays = [&](const Header& header) {
    if (header.name == "upgrade") return keep_upgrade;
    if (is_hop_by_hop(header.name)) return false;
    return !connection || !is_named_by_connection(headers, header.name);
  };
  // Two passes, since what goes is needed to tell what else does.
  std::vector<bool> kept(headers.size());
  for (size_t i = 0; i < headers.size(); ++i) kept[i] = stays(headers[i]);
  size_t count = 0;
  for (size_t i = 0; i < headers.size(); ++i)
    if (kept[i]) headers[count++] = headers[i];
  return count;
}

}  // namespace fce
