// SPDX-License-Identifier: Apache-2.0
#include "http/h1_parser.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "http/h1_record.h"

namespace fce {
namespace {

std::string whole(const std::string& text, const Limits& limits = {}) {
  H1Record record(limits);
  record.feed(text);
  return record.text();
}

std::string by_steps(const std::string& text, size_t step, const Limits& limits = {}) {
  H1Record record(limits);
  for (size_t at = 0; at < text.size(); at += step) record.feed(text.substr(at, step));
  return record.text();
}

// The same whole, byte by byte, and in two pieces cut at every byte.
std::string any_way(const std::string& text, const Limits& limits = {}) {
  const std::string expected = whole(text, limits);
  CHECK(by_steps(text, 1, limits) == expected);
  for (size_t cut = 1; cut < text.size(); ++cut) {
    H1Record record(limits);
    record.feed(text.substr(0, cut));
    record.feed(text.substr(cut));
    REQUIRE(record.text() == expected);
  }
  return expected;
}

std::string head_of(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

}  // namespace

TEST_CASE("h1 parser: good requests, however they are cut") {
  const struct {
    const char* request;
    const char* found;
  } table[] = {
      {"GET / HTTP/1.1\r\nHost: Example.COM\r\n\r\n",
       "GET host=example.com authority=Example.COM path=/ query= version=11 length=0"
       " host=Example.COM;| body  | keep\n| body \n"},
      {"GET /a/b?c=d?e&f HTTP/1.1\r\nHost: h:8080\r\n\r\n",
       "GET host=h authority=h:8080 path=/a/b query=c=d?e&f version=11 length=0 host=h:8080;"
       "| body  | keep\n| body \n"},
      {"GET / HTTP/1.1\r\nHost: [2001:DB8::1]:80\r\n\r\n",
       "GET host=[2001:db8::1] authority=[2001:DB8::1]:80 path=/ query= version=11 length=0"
       " host=[2001:DB8::1]:80;| body  | keep\n| body \n"},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n",
       "GET host= authority= path=/ query= version=11 length=0 host=;| body  | keep\n| body \n"},
      {"HEAD / HTTP/1.0\r\n\r\n",
       "HEAD host= authority= path=/ query= version=10 length=0| body  | close\n| body \n"},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
       "GET host= authority= path=/ query= version=10 length=0 connection=keep-alive;"
       "| body  | keep\n| body \n"},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
       "GET host=h authority=h path=/ query= version=11 length=0 host=h; connection=close;"
       "| body  | close\n| body \n"},
      {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
       "OPTIONS host=h authority=h path=* query= version=11 length=0 host=h;"
       "| body  | keep\n| body \n"},
      {"GET http://Other:81/x?y HTTP/1.1\r\nHost: h\r\n\r\n",
       "GET host=other authority=Other:81 path=/x query=y version=11 length=0 host=h;"
       "| body  | keep\n| body \n"},
      {"GET HTTPS://other?y HTTP/1.1\r\nHost: h\r\n\r\n",
       "GET host=other authority=other path=/ query=y version=11 length=0 host=h;"
       "| body  | keep\n| body \n"},
      {"GET http://other HTTP/1.1\r\nHost: h\r\n\r\n",
       "GET host=other authority=other path=/ query= version=11 length=0 host=h;"
       "| body  | keep\n| body \n"},
      {"GET / HTTP/1.1\r\nHost: h\r\nX-A:  b c \t\r\nx-empty:\r\nX-\xe9: \xfc\r\n\r\n", nullptr},
      {"GET / HTTP/1.1\r\nHost: h\r\nX-A:  b c \t\r\nX-Empty:\r\nX-Text: gr\xfc\xdf\r\n\r\n",
       "GET host=h authority=h path=/ query= version=11 length=0 host=h; x-a=b c; x-empty=;"
       " x-text=gr\xfc\xdf;| body  | keep\n| body \n"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\nhello",
       "POST host=h authority=h path=/ query= version=11 length=5 expects host=h;"
       " content-length=5; expect=100-Continue;| body hello | keep\n| body \n"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
       "POST host=h authority=h path=/ query= version=11 length=0 host=h; content-length=0;"
       "| body  | keep\n| body \n"},
      {"POST / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi",
       "POST host= authority= path=/ query= version=10 length=2 content-length=2;"
       " expect=100-continue;| body hi | close\n| body \n"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
       "5\r\nhello\r\nA;x=\"y\"\r\n, it is me\r\n0\r\nTrailer: t\r\n\r\n",
       "POST host=h authority=h path=/ query= version=11 length=-1 host=h;"
       " transfer-encoding=Chunked;| body hello, it is me | keep\n| body \n"},
      {"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
       "GET host=h authority=h path=/ query= version=11 length=0 host=h; upgrade=websocket;"
       " connection=Upgrade;| body  | keep\n| body \n"},
      {"\r\n\r\nDELETE /x HTTP/1.1\r\nHost: h\r\n\r\n",
       "DELETE host=h authority=h path=/x query= version=11 length=0 host=h;"
       "| body  | keep\n| body \n"},
  };
  for (const auto& entry : table) {
    CAPTURE(entry.request);
    if (entry.found)
      CHECK(any_way(entry.request) == entry.found);
    else
      CHECK(any_way(entry.request).starts_with("refused 400"));
  }
}

TEST_CASE("h1 parser: requests behind each other, however they are cut") {
  const std::string text =
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
      "POST /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nz\r\n0\r\n\r\n"
      "\r\nGET /4 HTTP/1.1\r\nHost: h\r\n\r\nGET /5 HT";
  const std::string found = any_way(text);
  for (const char* path : {"path=/1", "path=/2", "path=/3", "path=/4"})
    CHECK(found.find(path) != std::string::npos);
  CHECK(found.ends_with("| body  in head in request\n"));
  for (const size_t step : {size_t{2}, size_t{3}, size_t{7}, size_t{50}})
    CHECK(by_steps(text, step) == found);
}

TEST_CASE("h1 parser: bytes behind a request are not taken") {
  const std::string request =
      "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";
  Limits limits;
  struct Sink final : H1Parser::Sink {
    Arena& on_begin() override { return arena; }
    bool on_head(Request&, int64_t, bool) override { return true; }
    bool on_body(Bytes) override { return true; }
    Arena arena;
  } sink;
  H1Parser parser(limits, sink);
  size_t taken = 0;
  CHECK(parser.feed(as_bytes(request + "\x81\x05"), &taken) == H1Parser::Result::request);
  CHECK(taken == request.size());
  CHECK_FALSE(parser.in_request());
}

TEST_CASE("h1 parser: what is malformed or ambiguous is refused, however it is cut") {
  const std::string chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const struct {
    std::string request;
    uint16_t status;
  } table[] = {
      // Lines
      {"GET / HTTP/1.1\nHost: h\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\r\n\r\n", 400},
      {head_of("A: b\r\n c\r\n"), 400},
      {head_of("A : b\r\n"), 400},
      {head_of(": b\r\n"), 400},
      {head_of("A\r\n"), 400},
      {head_of("A b: c\r\n"), 400},
      {head_of("A: b\x01\r\n"), 400},
      {head_of("A: b\x7f\r\n"), 400},
      {head_of(std::string("A: b\0c\r\n", 8)), 400},
      {head_of("A(: b\r\n"), 400},
      {head_of("\xc3\xa4: b\r\n"), 400},
      // Request line
      {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 505},
      {"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"get / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"FROBNICATE / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {" GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET a HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET /#x HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET /?#x HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"\x16\x03\x01\x02", 400},
      {"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 501},
      // Versions and relatives
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
      {"GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505},
      {"GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505},
      {"GET / RTSP/1.1\r\nHost: h\r\n\r\n", 505},
      {"SOURCE / ICE/1.1\r\nHost: h\r\n\r\n", 505},
      {"OPTIONS * RTSP/1.0\r\n\r\n", 505},
      // Host
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET http://h/ HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400},
      {"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: \xe4\r\n\r\n", 400},
      // Length
      {head_of("Content-Length: 1\r\nContent-Length: 1\r\n"), 400},
      {head_of("Content-Length: 1\r\nContent-Length: 2\r\n"), 400},
      {head_of("Content-Length: 1, 1\r\n"), 400},
      {head_of("Content-Length: -1\r\n"), 400},
      {head_of("Content-Length: +1\r\n"), 400},
      {head_of("Content-Length: 0x1\r\n"), 400},
      {head_of("Content-Length: 1 1\r\n"), 400},
      {head_of("Content-Length: \r\n"), 400},
      {head_of("Content-Length: 9223372036854775808\r\n"), 400},
      {head_of("Content-Length: 18446744073709551617\r\n"), 400},
      {head_of("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), 400},
      {head_of("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"), 400},
      {head_of("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {head_of("Transfer-Encoding: gzip\r\n"), 501},
      {head_of("Transfer-Encoding: identity\r\n"), 501},
      {head_of("Transfer-Encoding: chunked, gzip\r\n"), 400},
      {head_of("Transfer-Encoding: gzip, chunked\r\n"), 501},
      {head_of("Transfer-Encoding: chunked;q=1\r\n"), 501},
      {head_of("Transfer-Encoding: xchunked\r\n"), 501},
      {head_of("Transfer-Encoding: \x0b"
               "chunked\r\n"),
       400},
      {head_of("Transfer-Encoding:\r\n"), 501},
      // Chunks
      {chunked + "x\r\n", 400},
      {chunked + "-1\r\n", 400},
      {chunked + " 1\r\nx\r\n", 400},
      {chunked + "1 \r\nx\r\n", 400},
      {chunked + "0x1\r\nx\r\n", 400},
      {chunked + "\r\n", 400},
      {chunked + "1\nx\r\n", 400},
      {chunked + "1\r\nxy\r\n", 400},
      {chunked + "1\r\nx\n", 400},
      {chunked + "1\r\nx\r\r\n", 400},
      {chunked + "1;a\nb\r\nx\r\n", 400},
      {chunked + "ffffffffffffffff0\r\n", 400},
      {chunked + "0\r\nTrailer t\r\n\r\n", 400},
      {chunked + "0\r\nA: b\n\r\n", 400},
      {chunked + "0\r\n\n", 400},
  };
  for (const auto& entry : table) {
    CAPTURE(entry.request);
    // In which piece it is refused may depend on the cut, what is said may not: the status.
    H1Record uncut{Limits()};
    uncut.feed(entry.request);
    CHECK(uncut.refused());
    if (!uncut.refused()) continue;
    const H1Parser::Refusal expected = uncut.parser().refusal();
    CHECK(expected.status == entry.status);
    CHECK(expected.counter == Counter::bad_requests);
    CHECK(std::string(expected.why).size() > 5);
    for (size_t cut = 1; cut <= entry.request.size(); ++cut) {
      H1Record record{Limits()};
      record.feed(entry.request.substr(0, cut));
      if (!record.refused()) record.feed(entry.request.substr(cut));
      REQUIRE(record.refused());
      REQUIRE(record.parser().refusal().status == expected.status);
    }
  }
}

TEST_CASE("h1 parser: refused stays refused, stopped stays stopped") {
  for (const std::string bad : {"GET / HTTP/1.1\n", "GET / HTTP/9.9\r\n\r\n", "G@T"}) {
    H1Record record{Limits()};
    record.feed(bad);
    REQUIRE(record.refused());
    const std::string before = record.text();
    for (int i = 0; i < 3; ++i) record.feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(record.refused());
    CHECK(record.text() == before);
    CHECK(record.requests() == 0);
  }
  for (const bool at_head : {false, true}) {
    H1Record record{Limits()};
    (at_head ? record.stop_at_head : record.stop_at_body) = true;
    record.feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab");
    CHECK(record.last() == H1Parser::Result::stopped);
    record.feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(record.last() == H1Parser::Result::stopped);
    CHECK(record.requests() == 1);
  }
}

TEST_CASE("h1 parser: limits, each with its status and counter") {
  Limits limits;
  limits.request_line_bytes_max = 100;
  limits.header_bytes_max = 200;
  limits.header_count_max = 5;
  std::string many;
  for (int i = 0; i < 5; ++i) many += "a: b\r\n";
  const std::string chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const struct {
    std::string request;
    uint16_t status;
    Counter counter;
  } table[] = {
      {"GET /" + std::string(100, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414,
       Counter::limit_request_line},
      {head_of("a: " + std::string(200, 'x') + "\r\n"), 431, Counter::limit_header_bytes},
      {head_of(std::string(200, 'x') + ": a\r\n"), 431, Counter::limit_header_bytes},
      {head_of("a: " + std::string(2000, ' ') + "b\r\n"), 431, Counter::limit_header_bytes},
      {head_of(many), 431, Counter::limit_header_count},
      {chunked + "0\r\nt: " + std::string(300, 'x') + "\r\n\r\n", 431, Counter::limit_header_bytes},
  };
  for (const auto& entry : table) {
    CAPTURE(entry.request);
    for (const size_t step : {entry.request.size(), size_t{1}, size_t{16}}) {
      H1Record record(limits);
      for (size_t at = 0; at < entry.request.size(); at += step)
        record.feed(entry.request.substr(at, step));
      REQUIRE(record.refused());
      CHECK(record.parser().refusal().status == entry.status);
      CHECK(record.parser().refusal().counter == entry.counter);
    }
  }
  // What is just within them passes.
  CHECK(any_way("GET /" + std::string(77, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", limits)
            .find("refused") == std::string::npos);
  CHECK(any_way(head_of(many.substr(6)), limits).find("refused") == std::string::npos);
  CHECK(any_way(head_of("a: " + std::string(190, 'x') + "\r\n"), limits).find("refused") ==
        std::string::npos);
}

TEST_CASE("h1 parser: a head sent byte by byte costs no more than a few times its size") {
  // With the default limits; the sanitizers and the clock would notice a quadratic cost.
  const std::string text = head_of("a: " + std::string(16'000, 'x') + "\r\n");
  CHECK(by_steps(text, 1) == whole(text));
}

}  // namespace fce
