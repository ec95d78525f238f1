// SPDX-License-Identifier: Apache-2.0
// The head of an HTTP/1.1 answer as bytes (RFC 9112 section 4).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/chunk.h"
#include "http/message.h"

namespace fce {

struct H1AnswerHead {
  uint16_t status = 200;
  std::string_view date;  // "": it is among the headers
  std::span<const Header> headers;
  std::span<const Header> extra;  // of the route's policy
  std::optional<uint64_t> content_length;
  bool chunked = false;  // where there is no content_length
  bool close = false;
};

// One allocation of the right size or a little more.
Slice encode_h1_head(const H1AnswerHead& head);

}  // namespace fce
