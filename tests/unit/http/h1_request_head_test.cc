// SPDX-License-Identifier: Apache-2.0
#include "http/h1_request_head.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace fce {
namespace {

std::string encode(const H1RequestHead& head) {
  Slice out;
  return encode_h1_request_head(head, &out) ? std::string(as_text(out.bytes)) : "refused";
}

H1RequestHead plain() {
  H1RequestHead head;
  head.method = "GET";
  head.target = "/a?b";
  head.authority = "h:80";
  head.content_length = 0;
  return head;
}

}  // namespace

TEST_CASE("h1 request head: what it says") {
  H1RequestHead head = plain();
  CHECK(encode(head) == "GET /a?b HTTP/1.1\r\nhost: h:80\r\n\r\n");
  const std::vector<Header> headers = {{"Accept", "*/*"}, {"x", ""}};
  head.headers = headers;
  CHECK(encode(head) == "GET /a?b HTTP/1.1\r\nhost: h:80\r\nAccept: */*\r\nx: \r\n\r\n");
  head.headers = {};
  head.content_length = 5;
  CHECK(encode(head) == "GET /a?b HTTP/1.1\r\nhost: h:80\r\ncontent-length: 5\r\n\r\n");
  head.method = "POST";
  head.content_length = 0;
  CHECK(encode(head) == "POST /a?b HTTP/1.1\r\nhost: h:80\r\ncontent-length: 0\r\n\r\n");
  head.content_length = std::nullopt;
  CHECK(encode(head) == "POST /a?b HTTP/1.1\r\nhost: h:80\r\ntransfer-encoding: chunked\r\n\r\n");
  head = plain();
  head.method = "OPTIONS";
  head.target = "*";
  CHECK(encode(head) == "OPTIONS * HTTP/1.1\r\nhost: h:80\r\n\r\n");
}

TEST_CASE("h1 request head: what is the codec's own is not taken from others") {
  const std::vector<Header> headers = {
      {"Host", "evil"},           {"content-length", "7"}, {"Transfer-Encoding", "chunked"},
      {"Expect", "100-continue"}, {"Connection", "close"}, {"keep-alive", "x"},
      {"TE", "trailers"},         {"trailer", "x"},        {"Upgrade", "websocket"},
      {"proxy-connection", "x"},  {"Cookie", "c"}};
  H1RequestHead head = plain();
  head.headers = headers;
  CHECK(encode(head) == "GET /a?b HTTP/1.1\r\nhost: h:80\r\nCookie: c\r\n\r\n");
  head.upgrade = true;
  CHECK(encode(head) ==
        "GET /a?b HTTP/1.1\r\nhost: h:80\r\nUpgrade: websocket\r\nCookie: c\r\n"
        "connection: upgrade\r\n\r\n");
}

TEST_CASE("h1 request head: what could be read as something else is not sent") {
  for (const std::string_view method : {"", "GE T", "GET\r\n", "CONNECT"}) {
    H1RequestHead head = plain();
    head.method = method;
    CHECK(encode(head) == "refused");
  }
  for (const std::string_view target :
       {"", "a", "/a b", "/a\r\nx: y", "/a\tb", "/#f", "http://h/", "/\x7f"}) {
    CAPTURE(target);
    H1RequestHead head = plain();
    head.target = target;
    CHECK(encode(head) == "refused");
  }
  for (const std::string_view authority : {"", "h h", "h\r\nx: y", "u@h", "h/"}) {
    H1RequestHead head = plain();
    head.authority = authority;
    CHECK(encode(head) == "refused");
  }
  const std::vector<Header> bad = {
      {"", "v"},          {"a b", "v"},  {"a:", "v"},   {"a\r\nb", "v"},
      {"a", "v\r\nb: c"}, {"a", "v\nb"}, {"a", "v\rb"}, {"a", std::string_view("v\0b", 3)}};
  for (const Header& one : bad) {
    H1RequestHead head = plain();
    head.headers = {&one, 1};
    CHECK(encode(head) == "refused");
  }
}

}  // namespace fce
