// SPDX-License-Identifier: Apache-2.0
// From a whole stored answer to what this request gets: 200, 206, 304 or 416, or the stored status
// as it is.
#pragma once

#include <cstdint>
#include <span>

#include "base/arena.h"
#include "cache/cache_request.h"
#include "cache/cache_status.h"
#include "cache/stored_info.h"
#include "http/range.h"

namespace fce {

struct CacheAnswer {
  uint16_t status = 0;
  // With Age, Cache-Status and Content-Range as needed; without Content-Length. Date is the stored
  // one, and must be sent as it is: clients compute the age from it.
  std::span<const Header> headers;
  bool has_body = false;  // false: 304 and 416. HEAD is left to the codec, which wants the length
  ByteRange part;         // of the stored body, if `has_body`
  // In its place where the client wants several, as multipart/byteranges: `headers` are without
  // Content-Type then, which each part repeats. Lives in the arena.
  const ByteRanges* parts = nullptr;
  std::string_view content_type;
  bool too_many_parts = false;  // so it gets the whole
};

// `age_ms` of Decision's moment. `body_bytes` is the size of the whole stored body.
CacheAnswer answer_from_stored(const CacheRequest& request, const StoredView& stored,
                               uint64_t body_bytes, int64_t now_ms, const CacheStatus& status,
                               const PolicyOptions& options, Arena& arena);

}  // namespace fce
