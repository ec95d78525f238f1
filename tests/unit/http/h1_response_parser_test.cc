// SPDX-License-Identifier: Apache-2.0
#include "http/h1_response_parser.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "http/h1_response_record.h"

namespace fce {
namespace {

const std::string kOk = "HTTP/1.1 200 OK\r\n";
const std::string kChunked = kOk + "Transfer-Encoding: chunked\r\n\r\n";

struct How {
  bool head = false;
  bool upgrade = false;
  bool eof = false;  // the connection ends behind it
};

// What is found, whole and byte by byte.
std::string parse(const std::string& bytes, How how = {}) {
  H1ResponseRecord whole({}, how.head, how.upgrade), single({}, how.head, how.upgrade);
  whole.feed(bytes);
  for (const char& byte : bytes) single.feed(std::string_view(&byte, 1));
  if (how.eof) {
    whole.finish();
    single.finish();
  }
  CAPTURE(bytes);
  CHECK(whole.text() == single.text());
  return whole.text();
}

}  // namespace

TEST_CASE("h1 answer: heads") {
  CHECK(parse(kOk +
              "Content-Length: 2\r\nX-Y:  a b \t\r\nSet-Cookie: c\r\nset-cookie: d\r\n\r\nhi") ==
        "200 content-length=2; x-y=a b; set-cookie=c; set-cookie=d; 2 [hi] keep\n");
  CHECK(parse("HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n") == "404 content-length=0; 0 [] keep\n");
  CHECK(parse("HTTP/1.1 599 whatever \xff\r\nContent-Length: 0\r\nX:\r\n\r\n") ==
        "599 content-length=0; x=; 0 [] keep\n");
  CHECK(parse(kOk + "Content-Length: 1\r\n\r\na" + kOk + "Content-Length: 1\r\n\r\nb") ==
        "200 content-length=1; 1 [a] keep\n200 content-length=1; 1 [b] keep\n");
}

TEST_CASE("h1 answer: where a body ends") {
  CHECK(parse(kChunked + "3\r\nabc\r\n5;x=y\r\ndefgh\r\n0\r\n\r\n") == "200 ? [abcdefgh] keep\n");
  CHECK(parse(kOk + "\r\nto the end", {.eof = true}) == "200 ? [to the end] close\n");
  CHECK(parse(kOk + "\r\n", {.eof = true}) == "200 ? [] close\n");
  CHECK(parse("HTTP/1.0 200 OK\r\n\r\nold", {.eof = true}) == "200 ? [old] close\n");
  CHECK(parse("HTTP/1.1 204 No Content\r\n\r\n") == "204 0 [] keep\n");
  CHECK(parse("HTTP/1.1 304 Not Modified\r\nContent-Length: 70\r\n\r\n") ==
        "304 content-length=70; 0 [] keep\n");
  CHECK(parse("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n") ==
        "304 0 [] keep\n");
  CHECK(parse(kOk + "Content-Length: 70\r\n\r\n", {.head = true}) ==
        "200 content-length=70; 0 [] keep\n");
  CHECK(parse(kOk + "Transfer-Encoding: chunked\r\n\r\n", {.head = true}) == "200 0 [] keep\n");
  CHECK(parse(kOk + "\r\n", {.head = true}) == "200 0 [] keep\n");
  CHECK(parse(kOk + "Connection: close\r\n\r\n", {.head = true}) == "200 0 [] close\n");
}

TEST_CASE("h1 answer: whether the connection stays open") {
  const std::string length = "Content-Length: 0\r\n\r\n", old = "HTTP/1.0 200 OK\r\n";
  const auto keeps = [](const std::string& bytes) { return parse(bytes).ends_with(" keep\n"); };
  CHECK(keeps(kOk + length));
  CHECK_FALSE(keeps(kOk + "Connection: close\r\n" + length));
  CHECK_FALSE(keeps(kOk + "Connection: x, Close\r\n" + length));
  CHECK_FALSE(keeps(kOk + "Connection: keep-alive\r\nConnection: close\r\n" + length));
  CHECK_FALSE(keeps(old + length));
  CHECK(keeps(old + "Connection: keep-alive\r\n" + length));
  // What such a one has behind its head is anybody's guess.
  CHECK_FALSE(keeps("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"));
  CHECK_FALSE(keeps("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"));
  H1ResponseRecord hinted;
  hinted.feed(kOk + "Keep-Alive: max=5, timeout=7\r\n" + "Content-Length: 1\r\n\r\n");
  CHECK(hinted.parser().keep_alive_seconds() == 7);
}

TEST_CASE("h1 answer: what is for one hop only is taken out") {
  CHECK(parse(kOk + "Connection: X-Secret, close\r\nx-secret: s\r\nKeep-Alive: timeout=5\r\n"
                    "Proxy-Connection: k\r\nProxy-Authenticate: Basic\r\nTE: trailers\r\n"
                    "Trailer: z\r\nUpgrade: h2c\r\nX-Open: o\r\nContent-Length: 0\r\n\r\n") ==
        "200 x-open=o; content-length=0; 0 [] close\n");
}

TEST_CASE("h1 answer: trailers") {
  CHECK(parse(kChunked + "1\r\na\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\n"
                         "Transfer-Encoding: gzip\r\nHost: h\r\nY: \r\n\r\n") ==
        "200 ? [a] x-sum=1; y=; keep\n");
  CHECK(parse(kChunked + "0\r\nX: a\tb\r\n\r\n" + kOk + "Content-Length: 0\r\n\r\n") ==
        "200 ? [] x=a\tb; keep\n200 content-length=0; 0 [] keep\n");
}

TEST_CASE("h1 answer: interim answers") {
  CHECK(parse("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + kOk +
              "Content-Length: 1\r\n\r\nx") ==
        "100 | 103 link=</a>; | 200 content-length=1; 1 [x] keep\n");
  std::string many;
  for (int i = 0; i < 33; ++i) many += "HTTP/1.1 102 Processing\r\n\r\n";
  CHECK(parse(many).ends_with("! too many interim answers"));
}

TEST_CASE("h1 answer: another protocol follows 101, if it was asked for") {
  const std::string head =
      "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  CHECK(parse(head, {.upgrade = true}) == "101 upgrade=websocket; 0 upgraded\n");
  CHECK(parse(head) == "! it switches protocols, which was not asked for");
  H1ResponseRecord record({}, false, true);
  record.feed(head + "\x81\x02hi");
  CHECK(record.last() == H1ResponseParser::Result::upgraded);
  CHECK(record.taken() == head.size());
  // Who does not want to upgrade answers as ever.
  CHECK(parse(kOk + "Upgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 1\r\n\r\nx",
              {.upgrade = true}) == "200 content-length=1; 1 [x] keep\n");
}

TEST_CASE("h1 answer: what is ambiguous or malformed is refused") {
  const std::string length = "Content-Length: 1\r\n", coded = "Transfer-Encoding: chunked\r\n";
  const std::vector<std::string> table = {
      "\r\n" + kOk + length + "\r\nx",
      "\n",
      "ICY 200 OK\r\n\r\n",
      "HTTP/2.0 200 OK\r\n\r\n",
      "HTTP/0.9 200 OK\r\n\r\n",
      "HTTP/1.2 200 OK\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 099 OK\r\n\r\n",
      "HTTP/1.1 abc OK\r\n\r\n",
      "HTTP/1.1  200 OK\r\n\r\n",
      "http/1.1 200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\n\n",
      "HTTP/1.1 200 OK\r\nA: b\n\r\n",
      "HTTP/1.1 200 OK\rA: b\r\n\r\n",
      kOk + "A: b\r\n folded\r\n\r\n",
      kOk + " A: b\r\n\r\n",
      kOk + "A : b\r\n\r\n",
      kOk + ": b\r\n\r\n",
      kOk + "A\r\n\r\n",
      kOk + std::string("A: b\0c\r\n\r\n", 10),
      kOk + "A: b\x01\r\n\r\n",
      kOk + "A: b\x7f\r\n\r\n",
      kOk + length + length + "\r\nx",
      kOk + length + "Content-Length: 2\r\n\r\nx",
      kOk + "Content-Length: 1, 1\r\n\r\nx",
      kOk + "Content-Length: +1\r\n\r\nx",
      kOk + "Content-Length: -1\r\n\r\nx",
      kOk + "Content-Length: 1x\r\n\r\nx",
      kOk + "Content-Length:\r\n\r\nx",
      kOk + "Content-Length: 18446744073709551616\r\n\r\nx",
      kOk + coded + length + "\r\n1\r\nx\r\n0\r\n\r\n",
      kOk + length + coded + "\r\n1\r\nx\r\n0\r\n\r\n",
      kOk + coded + coded + "\r\n1\r\nx\r\n0\r\n\r\n",
      kOk + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      kOk + "Transfer-Encoding: gzip\r\n\r\nx",
      kOk +
          "Transfer-Encoding: \x0b"
          "chunked\r\n\r\n0\r\n\r\n",
      kOk + "Transfer-Encoding: identity\r\n\r\nx",
      "HTTP/1.0 200 OK\r\n" + coded + "\r\n0\r\n\r\n",
      kChunked + "x\r\n",
      kChunked + "-1\r\n",
      kChunked + "1 \r\nx\r\n0\r\n\r\n",
      kChunked + "1\nx\r\n0\r\n\r\n",
      kChunked + "1\r\nxy\r\n0\r\n\r\n",
      kChunked + "1\r\nx\n0\r\n\r\n",
      kChunked + "1\r\nx\r\n0\n\r\n",
      kChunked + "1\r\nx\r\n0\r\n\n",
      kChunked + "fffffffffffffffff\r\n",
  };
  for (const std::string& bytes : table) {
    const std::string found = parse(bytes);
    CAPTURE(bytes);
    CAPTURE(found);
    CHECK(found.find("! ") != std::string::npos);
  }
}

TEST_CASE("h1 answer: an end before the end") {
  const std::string why = "! it ends before it is complete";
  for (const std::string& bytes :
       {std::string("H"), kOk, kOk + "Content-Length: 3\r\n\r\nab", kChunked, kChunked + "1\r\n",
        kChunked + "1\r\nx\r\n", kChunked + "1\r\nx\r\n0\r\n", kChunked + "0\r\nA: b\r\n"}) {
    CAPTURE(bytes);
    CHECK(parse(bytes, {.eof = true}).ends_with(why));
  }
}

TEST_CASE("h1 answer: what is too large is told from what is malformed") {
  H1ResponseParser::Limits limits;
  limits.head_bytes_max = 1000;
  limits.header_count_max = 5;
  std::string six;
  for (int i = 0; i < 6; ++i) six += "A: b\r\n";
  const std::string large(1300, 'x');
  for (const std::string& bytes :
       {kOk + "A: " + large, kOk + large, "HTTP/1.1 200 " + large, kOk + six + "\r\n",
        kChunked + "0\r\nA: " + large, kChunked + "0\r\n" + six + "\r\n",
        kChunked + "1;" + large + large}) {
    CAPTURE(bytes);
    H1ResponseRecord record(limits);
    record.feed(bytes);
    CHECK(record.refused());
    CHECK(record.parser().too_large());
  }
  H1ResponseRecord fits(limits);
  fits.feed(kOk + "A: " + std::string(900, 'x') + "\r\nContent-Length: 0\r\n\r\n");
  CHECK_FALSE(fits.refused());
  H1ResponseRecord malformed(limits);
  malformed.feed("x");
  CHECK(malformed.refused());
  CHECK_FALSE(malformed.parser().too_large());
}

TEST_CASE("h1 answer: chunks of framing only do not go on without end") {
  H1ResponseParser::Limits limits;
  limits.head_bytes_max = 1000;
  H1ResponseRecord record(limits);
  record.feed(kChunked);
  for (int i = 0; i < 1000 && !record.refused(); ++i)
    record.feed("1;" + std::string(100, 'e') + "\r\nx\r\n");
  CHECK(record.refused());
  CHECK(record.parser().too_large());
}

TEST_CASE("h1 answer: the sink may stop it") {
  H1ResponseRecord at_head, at_body;
  at_head.stop_at_head = true;
  at_head.feed(kOk + "Content-Length: 1\r\n\r\nx");
  CHECK(at_head.last() == H1ResponseParser::Result::stopped);
  at_body.stop_at_body = true;
  at_body.feed(kOk + "Content-Length: 2\r\n\r\nxy");
  CHECK(at_body.last() == H1ResponseParser::Result::stopped);
  size_t taken = 0;
  CHECK(at_body.parser().feed(as_bytes("more"), &taken) == H1ResponseParser::Result::stopped);
}

}  // namespace fce
