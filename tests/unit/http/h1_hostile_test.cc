// SPDX-License-Identifier: Apache-2.0
// What llhttp would let pass and H1Parser does not.
#include <doctest/doctest.h>

#include <string>

#include "base/arena.h"
#include "base/limits.h"
#include "http/h1_parser.h"

namespace fce {
namespace {

struct Sink final : H1Parser::Sink {
  Arena& on_begin() override { return arena; }
  bool on_head(Request&, int64_t, bool) override { return true; }
  bool on_body(Bytes piece) override {
    body_bytes += piece.size();
    return true;
  }
  Arena arena;
  size_t body_bytes = 0;
};

// Feeds a request in pieces of `step` bytes.
H1Parser::Result feed(H1Parser& parser, const std::string& text, size_t step) {
  for (size_t at = 0; at < text.size(); at += step) {
    Bytes left = as_bytes(std::string_view(text).substr(at, step));
    while (!left.empty()) {
      size_t taken = 0;
      const H1Parser::Result result = parser.feed(left, &taken);
      if (result != H1Parser::Result::more) return result;
      left = left.subspan(taken);
    }
  }
  return H1Parser::Result::more;
}

H1Parser::Refusal refusal_of(const std::string& text, size_t step) {
  Limits limits;
  limits.request_line_bytes_max = 200;
  limits.header_bytes_max = 400;
  Sink sink;
  H1Parser parser(limits, sink);
  REQUIRE(feed(parser, text, step) == H1Parser::Result::refused);
  return parser.refusal();
}

bool passes(const std::string& text, size_t step) {
  Limits limits;
  limits.header_bytes_max = 400;
  Sink sink;
  H1Parser parser(limits, sink);
  return feed(parser, text, step) == H1Parser::Result::request;
}

const std::string kChunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

}  // namespace

TEST_CASE("a header field needs a name") {
  for (const size_t step : {size_t{1}, size_t{1000}})
    CHECK(refusal_of("GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n", step).status == 400);
}

TEST_CASE("a long request line is 414 however it comes") {
  const std::string text = "GET /" + std::string(5000, 'x');
  for (const size_t step : {size_t{1}, size_t{100}, text.size()}) {
    const H1Parser::Refusal refusal = refusal_of(text, step);
    CHECK(refusal.status == 414);
    CHECK(refusal.counter == Counter::limit_request_line);
  }
}

TEST_CASE("a chunked body may not be mostly framing") {
  const std::string endless = kChunked + "1;" + std::string(5000, 'x');
  std::string often = kChunked;
  for (int i = 0; i < 200; ++i) often += "1;" + std::string(100, 'x') + "\r\ny\r\n";
  for (const std::string& text : {endless, often}) {
    for (const size_t step : {size_t{1}, size_t{1000}, text.size()}) {
      const H1Parser::Refusal refusal = refusal_of(text, step);
      CHECK(refusal.status == 413);
      CHECK(refusal.counter == Counter::limit_body_bytes);
    }
  }
  std::string small = kChunked;
  for (int i = 0; i < 5000; ++i) small += "1\r\ny\r\n";
  small += "0\r\n\r\n";
  for (const size_t step : {size_t{1}, size_t{1000}, small.size()}) CHECK(passes(small, step));
  CHECK(passes(kChunked + "1;name=value\r\ny\r\n0\r\nTrailer: x\r\n\r\n", 1));
}

}  // namespace fce
