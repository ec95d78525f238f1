// SPDX-License-Identifier: Apache-2.0
// The header fields of an HTTP/2 answer in the form that nghttp2 takes. For h2_*.cc only.
#pragma once

#include <nghttp2/nghttp2.h>

#include <span>
#include <string_view>

#include "http/answer.h"
#include "http/exchange.h"

namespace fce {

inline nghttp2_nv h2_field(std::string_view name, std::string_view value) {
  // nghttp2 copies and does not write through these.
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

// Borrows everything that it is made of.
class H2AnswerFields {
 public:
  H2AnswerFields(Exchange& exchange, uint16_t status, std::span<const Header> headers,
                 const AnswerPlan& plan);
  // Of an answer before the answer (1xx).
  H2AnswerFields(Exchange& exchange, uint16_t status, std::span<const Header> headers);

  const nghttp2_nv* data() const { return fields_; }
  size_t size() const { return count_; }
  bool event_stream() const { return event_stream_; }

 private:
  void add(std::string_view name, std::string_view value) {
    fields_[count_++] = h2_field(name, value);
  }
  void add_all(std::span<const Header> headers);

  static constexpr size_t kInline = 32;
  nghttp2_nv inline_[kInline];
  nghttp2_nv* fields_ = inline_;
  size_t count_ = 0;
  bool event_stream_ = false;
  bool dated_ = true;  // a Date among the headers stands
};

}  // namespace fce
