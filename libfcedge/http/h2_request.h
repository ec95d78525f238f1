// SPDX-License-Identifier: Apache-2.0
// The head of an HTTP/2 request: from decoded fields to a Request (RFC 9113 section 8.3). Pure
// code. The codec below has checked the syntax of fields and which pseudo-header fields may be
// there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "base/limits.h"
#include "http/message.h"
#include "metrics/counters.h"

namespace fce {

class H2RequestHead {
 public:
  struct Refusal {
    uint16_t status = 0;  // 0: nothing is wrong
    const char* why = "";
    Counter counter = Counter::bad_requests;
  };

  H2RequestHead(Arena& arena, const Limits& limits) : arena_(arena), limits_(limits) {}

  // Takes one field, a copy of it. What goes beyond the limits is remembered as a refusal and
  // ignored. False: it is so much that this is no request but an attack on the decoder.
  // `name_is_static`: the name need not be copied.
  bool add(std::string_view name, std::string_view value, bool name_is_static);

  // The head is complete: fills `request` with views into the arena.
  Refusal finish(Request* request);

  // Of a valid head: -1 when there is none.
  int64_t content_length() const { return content_length_; }
  // The client has said how urgent the answer is (RFC 9218).
  bool has_priority() const { return has_priority_; }

 private:
  bool add_pseudo(std::string_view name, std::string_view value);
  void set_connect(Request* request);
  void refuse(uint16_t status, const char* why, Counter counter = Counter::bad_requests);
  void keep(Header header);
  void join_cookies();
  void set_target(Request* request);
  void set_host(Request* request);

  Arena& arena_;
  const Limits& limits_;
  Refusal refusal_;
  std::string_view method_;
  std::string_view scheme_;
  std::string_view protocol_;
  std::string_view authority_;
  std::string_view path_;
  const char* host_ = nullptr;  // the Host field, apart from being in `headers_`
  uint32_t host_bytes_ = 0;
  uint32_t count_ = 0;
  uint32_t capacity_ = 0;
  uint32_t cookies_ = 0;
  Header* headers_ = nullptr;
  size_t cookie_bytes_ = 0;
  size_t decoded_bytes_ = 0;  // of everything, kept or not
  size_t field_bytes_ = 0;    // of regular fields
  int64_t content_length_ = -1;
  bool has_priority_ = false;
};

}  // namespace fce
