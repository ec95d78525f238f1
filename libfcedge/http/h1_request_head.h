// SPDX-License-Identifier: Apache-2.0
// The head of an HTTP/1.1 request that we make, as bytes (RFC 9112 section 3).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/chunk.h"
#include "http/message.h"

namespace fce {

struct H1RequestHead {
  std::string_view method;
  std::string_view target;
  std::string_view authority;       // for Host
  std::span<const Header> headers;  // names in any case; what the codec says itself is left out
  std::optional<uint64_t> content_length;  // nullopt: chunked
  bool upgrade = false;                    // `headers` has Upgrade, which counts then
};

// False when a part of it could be read as something else (a space in the target, a line end in a
// field): nothing of the kind is ever sent.
bool encode_h1_request_head(const H1RequestHead& head, Slice* out);

}  // namespace fce
