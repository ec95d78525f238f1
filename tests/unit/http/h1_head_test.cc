// SPDX-License-Identifier: Apache-2.0
#include "http/h1_head.h"

#include <doctest/doctest.h>

#include <string>

namespace fce {
namespace {

struct Scanned {
  HeadScanner::Result result;
  size_t taken;  // of the whole text
};

// In pieces of `step` bytes.
Scanned scan(std::string_view text, size_t step, HeadScanner* scanner) {
  size_t at = 0;
  while (at < text.size()) {
    size_t taken = 0;
    const auto result = scanner->scan(as_bytes(text.substr(at, step)), &taken);
    if (result != HeadScanner::Result::more) return {result, at + taken};
    REQUIRE(taken == std::min(step, text.size() - at));
    at += taken;
  }
  return {HeadScanner::Result::more, at};
}

}  // namespace

TEST_CASE("head: its end is found however it is cut, and nothing behind it is taken") {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\nAccept: a, b\r\n\r\n";
  for (const std::string behind : {"", "body", "\r\n", "\n", "GET / HTTP/1.1\r\n\r\n"}) {
    for (size_t step = 1; step <= head.size() + behind.size(); ++step) {
      HeadScanner scanner;
      const Scanned scanned = scan(head + behind, step, &scanner);
      REQUIRE(scanned.result == HeadScanner::Result::done);
      REQUIRE(scanned.taken == head.size());
      REQUIRE(scanner.bytes() == head.size());
      REQUIRE(scanner.names_http());
    }
  }
}

TEST_CASE("head: a head that goes on is all taken") {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  for (size_t size = 1; size < head.size(); ++size) {
    HeadScanner scanner;
    const Scanned scanned = scan(head.substr(0, size), 100, &scanner);
    REQUIRE(scanned.result == HeadScanner::Result::more);
    REQUIRE(scanner.bytes() == size);
  }
}

TEST_CASE("head: a request line alone is a head") {
  HeadScanner scanner;
  CHECK(scan("GET / HTTP/1.0\r\n\r\n", 100, &scanner).result == HeadScanner::Result::done);
}

TEST_CASE("head: bare CR and LF, folded lines and NUL are refused however they are cut") {
  for (const std::string& text : {
           std::string("GET / HTTP/1.1\nHost: h\r\n\r\n"),
           std::string("GET / HTTP/1.1\r\nHost: h\n\r\n"),
           std::string("GET / HTTP/1.1\r\nHost: h\r\n\n"),
           std::string("GET / HTTP/1.1\r\n\nHost: h\r\n\r\n"),
           std::string("GET / HTTP/1.1\rHost: h\r\n\r\n"),
           std::string("GET / HTTP/1.1\r\r\nHost: h\r\n\r\n"),
           std::string("GET / HTTP/1.1\r\nHost: h\r x: y\r\n\r\n"),
           std::string("GET / HTTP/1.1\r\nHost: h\r\n\r\r\n"),
           std::string("GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n"),
           std::string("GET / HTTP/1.1\r\nHost: h\r\n\tfolded\r\n\r\n"),
           std::string("GET / HTTP/1.1\r\n Host: h\r\n\r\n"),
           std::string(" GET / HTTP/1.1\r\n\r\n"),
           std::string("GET / HTTP/1.1\r\nHost: h\0h\r\n\r\n", 29),
           std::string("GET /\0 HTTP/1.1\r\n\r\n", 20),
       }) {
    CAPTURE(text);
    for (size_t step = 1; step <= text.size(); ++step) {
      HeadScanner scanner;
      REQUIRE(scan(text, step, &scanner).result == HeadScanner::Result::refuse);
    }
  }
}

TEST_CASE("head: which protocol a request line names") {
  const struct {
    const char* line;
    bool http;
  } table[] = {
      {"GET / HTTP/1.1", true},    {"GET / HTTP/9.9", true},   {"GET / RTSP/1.1", false},
      {"SOURCE / ICE/1.1", false}, {"GET /HTTP/1.1 x", false}, {"GET /", false},
      {"GET / http/1.1", false},   {"HTTP/1.1", true},         {"x", false},
  };
  for (const auto& entry : table) {
    CAPTURE(entry.line);
    for (const size_t step : {size_t{1}, size_t{3}, size_t{100}}) {
      HeadScanner scanner;
      scan(std::string(entry.line) + "\r\nHost: HTTP/1.1\r\n\r\n", step, &scanner);
      CHECK(scanner.names_http() == entry.http);
    }
  }
}

TEST_CASE("head: the parts of a request line are one space apart") {
  for (const size_t step : {size_t{1}, size_t{4}, size_t{100}}) {
    HeadScanner one, more;
    scan("GET / HTTP/1.1\r\nA: b c d\r\n\r\n", step, &one);
    scan("GET  / HTTP/1.1\r\n\r\n", step, &more);
    CHECK(one.single_spaced());
    CHECK_FALSE(more.single_spaced());
  }
}

TEST_CASE("head: reset begins anew") {
  HeadScanner scanner;
  scan("GET / HTTP/1.1\r\nHost: h\r", 100, &scanner);
  scanner.reset();
  CHECK(scanner.bytes() == 0);
  CHECK_FALSE(scanner.names_http());
  CHECK(scan("GET / HTTP/1.1\r\n\r\n", 100, &scanner).result == HeadScanner::Result::done);
}

}  // namespace fce
