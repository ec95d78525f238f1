// SPDX-License-Identifier: Apache-2.0
// In which form a client that opens no WebSocket wants its feed. Pure code.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/message.h"

namespace fce {

// What a route offers.
struct FeedForms {
  bool sse = true;
  bool stream = true;
  bool poll = true;
};

struct FeedChoice {
  enum class Kind : uint8_t { refused, sse, stream, poll };
  Kind kind = Kind::refused;
  uint32_t poll_s = 0;
  // Of a refusal.
  uint16_t status = 406;
  std::string_view why;
};

// `?format=sse|ndjson` decides, else the Accept fields by weight, then by how exactly they name the
// type (RFC 9110 section 12.5.1); what is equal then, and a request without such a field, gets an
// event stream. `?poll=SECONDS` is a poll, which is NDJSON.
FeedChoice choose_feed(const Request& request, const FeedForms& forms);

}  // namespace fce
