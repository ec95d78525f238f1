// SPDX-License-Identifier: Apache-2.0
#include "http/h2_answer.h"

#include <algorithm>

#include "base/bytes.h"
#include "http/context.h"

namespace fce {
namespace {

constexpr size_t kOwnFields = 3;  // :status, date, content-length

// Fields that speak of an HTTP/1.1 connection (RFC 9113 section 8.2.2), and those that only the
// codec knows.
bool is_left_out(std::string_view name, bool dated) {
  switch (name.size()) {
    case 4: return !dated && equals_ignoring_case(name, "date");
    case 7: return equals_ignoring_case(name, "upgrade");
    case 10:
      return equals_ignoring_case(name, "connection") || equals_ignoring_case(name, "keep-alive");
    case 14: return equals_ignoring_case(name, "content-length");
    case 16: return equals_ignoring_case(name, "proxy-connection");
    case 17: return equals_ignoring_case(name, "transfer-encoding");
    default: return name.empty();
  }
}

std::string_view status_text(Exchange& exchange, uint16_t status) {
  return exchange.arena.decimal(std::clamp<uint16_t>(status, 100, 999));
}

}  // namespace

H2AnswerFields::H2AnswerFields(Exchange& exchange, uint16_t status, std::span<const Header> headers,
                               const AnswerPlan& plan) {
  const size_t most = kOwnFields + headers.size() + exchange.extra_headers.size();
  if (most > kInline) fields_ = exchange.arena.allocate_array<nghttp2_nv>(most);
  // Most are this one.
  add(":status", status == 200 ? "200" : status_text(exchange, status));
  dated_ = exchange.dated;
  if (!dated_) add("date", exchange.http.date());
  if (plan.content_length) add("content-length", exchange.arena.decimal(*plan.content_length));
  add_all(headers);
  add_all(exchange.extra_headers);
}

H2AnswerFields::H2AnswerFields(Exchange& exchange, uint16_t status,
                               std::span<const Header> headers) {
  const size_t most = kOwnFields + headers.size();
  if (most > kInline) fields_ = exchange.arena.allocate_array<nghttp2_nv>(most);
  add(":status", status_text(exchange, status));
  add_all(headers);
}

void H2AnswerFields::add_all(std::span<const Header> headers) {
  for (const Header& header : headers) {
    if (is_left_out(header.name, dated_)) continue;
    if (equals_ignoring_case(header.name, "content-type"))
      event_stream_ = header.value.starts_with("text/event-stream");
    add(header.name, header.value);
  }
}

}  // namespace fce
