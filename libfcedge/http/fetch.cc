// SPDX-License-Identifier: Apache-2.0
#include "http/fetch.h"

#include <charconv>

namespace fce {

std::string_view fetch_error_name(FetchError why) {
  switch (why) {
    case FetchError::resolve: return "resolve";
    case FetchError::connect: return "connect";
    case FetchError::connect_time: return "connect-time";
    case FetchError::tls: return "tls";
    case FetchError::first_byte: return "first-byte-time";
    case FetchError::idle: return "idle-time";
    case FetchError::closed: return "closed";
    case FetchError::malformed: return "malformed";
    case FetchError::truncated: return "truncated";
    case FetchError::too_large: return "head-too-large";
    case FetchError::no_peer: return "no-peer";
    case FetchError::full: return "full";
    case FetchError::refused: return "refused";
    case FetchError::disk: return "disk";
    case FetchError::stopped: return "stopped";
  }
  return "";
}

std::optional<uint64_t> length_after_head(std::span<const Header> headers,
                                          std::optional<uint64_t> length) {
  for (const auto& [name, value] : headers) {
    if (name != "content-length") continue;
    uint64_t number = 0;
    const char* end = value.data() + value.size();
    const auto parsed = std::from_chars(value.data(), end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end) return number;
  }
  if (length == uint64_t{0}) length.reset();
  return length;
}

}  // namespace fce
