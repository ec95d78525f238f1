// SPDX-License-Identifier: Apache-2.0
#include "http/h2_request.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace fce {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Parsed {
  Arena arena;
  Limits limits;
  Request request;
  H2RequestHead::Refusal refusal;
  bool cut_off = false;
  int64_t content_length = -1;
  bool has_priority = false;

  Parsed& run(const Fields& fields) {
    H2RequestHead head(arena, limits);
    for (const auto& [name, value] : fields)
      if (!head.add(name, value, false)) cut_off = true;
    refusal = head.finish(&request);
    content_length = head.content_length();
    has_priority = head.has_priority();
    return *this;
  }
};

Fields get(std::string path, Fields more = {}) {
  Fields fields{{":method", "GET"},
                {":scheme", "https"},
                {":authority", "A.example:8443"},
                {":path", std::move(path)}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

}  // namespace

TEST_CASE("h2 request: pseudo-header fields become the request") {
  Parsed parsed;
  parsed.run(get("/a/b?x=1?y", {{"accept", "*/*"}, {"content-length", "42"}, {"priority", "u=1"}}));
  CHECK(parsed.refusal.status == 0);
  const Request& request = parsed.request;
  CHECK(request.method == Method::get);
  CHECK(request.method_text == "GET");
  CHECK(request.authority == "A.example:8443");
  CHECK(request.host == "a.example");
  CHECK(request.path == "/a/b");
  CHECK(request.query == "x=1?y");
  CHECK(request.version == 20);
  CHECK(request.headers.size() == 3);
  CHECK(request.header("accept") == "*/*");
  CHECK(parsed.content_length == 42);
  CHECK(parsed.has_priority);
}

TEST_CASE("h2 request: Host stands in for :authority, and must not differ from it") {
  Fields only_host = get("/", {{"host", "b.example"}});
  only_host.erase(only_host.begin() + 2);
  CHECK(Parsed().run(only_host).request.host == "b.example");
  CHECK(Parsed().run(only_host).refusal.status == 0);
  CHECK(Parsed().run(get("/", {{"host", "a.EXAMPLE:8443"}})).refusal.status == 0);
  CHECK(Parsed().run(get("/", {{"host", "b.example"}})).refusal.status == 400);
  CHECK(Parsed().run(get("/", {{"host", ""}})).refusal.status == 400);
  Fields bad = get("/");
  bad[2].second = "user@a.example";
  CHECK(Parsed().run(bad).refusal.status == 400);
}

TEST_CASE("h2 request: targets and methods that are refused") {
  CHECK(Parsed().run(get("/a#b")).refusal.status == 400);
  CHECK(Parsed().run(get("*")).refusal.status == 400);
  CHECK(Parsed().run(get("a")).refusal.status == 400);
  Fields options = get("*");
  options[0].second = "OPTIONS";
  CHECK(Parsed().run(options).refusal.status == 0);
  CHECK(Parsed().run(options).request.path == "*");
  CHECK(Parsed().run({{":method", "CONNECT"}, {":authority", "a:1"}}).refusal.status == 501);
  Fields ftp = get("/");
  ftp[1].second = "ftp";
  CHECK(Parsed().run(ftp).refusal.status == 400);
}

TEST_CASE("h2 request: an extended CONNECT reads as a GET") {
  Fields connect = get("/ws?x=1", {{":protocol", "WebSocket"}});
  connect[0].second = "CONNECT";
  Parsed parsed;
  parsed.run(connect);
  CHECK(parsed.refusal.status == 0);
  CHECK(parsed.request.method == Method::get);
  CHECK(parsed.request.method_text == "GET");
  CHECK(parsed.request.protocol == "websocket");
  CHECK(parsed.request.path == "/ws");
  CHECK(Parsed().run(get("/")).request.protocol == "");
  connect.back().second = "connect-udp";
  CHECK(Parsed().run(connect).refusal.status == 501);
  CHECK(Parsed().run(get("/", {{":protocol", "websocket"}})).refusal.status == 400);
  connect = get("no-slash", {{":protocol", "websocket"}});
  connect[0].second = "CONNECT";
  CHECK(Parsed().run(connect).refusal.status == 400);
}

TEST_CASE("h2 request: cookie crumbs become one field in its first place") {
  Parsed parsed;
  parsed.run(get("/", {{"cookie", "a=1"}, {"x", "y"}, {"cookie", ""}, {"cookie", "b=2"}}));
  REQUIRE(parsed.request.headers.size() == 2);
  CHECK(parsed.request.headers[0].name == "cookie");
  CHECK(parsed.request.headers[0].value == "a=1; ; b=2");
  CHECK(parsed.request.headers[1].name == "x");
  Parsed single;
  CHECK(single.run(get("/", {{"cookie", "a=1"}})).request.header("cookie") == "a=1");
}

TEST_CASE("h2 request: the number of fields is limited, crumbs count as one") {
  Parsed parsed;
  parsed.limits.header_count_max = 5;
  Fields fields = get("/");
  for (int i = 0; i < 40; ++i) fields.emplace_back("cookie", "a=1");
  for (int i = 0; i < 4; ++i) fields.emplace_back("x-" + std::to_string(i), "v");
  CHECK(parsed.run(fields).refusal.status == 0);
  CHECK(parsed.request.headers.size() == 5);
  fields.emplace_back("x-more", "v");
  Parsed refused;
  refused.limits.header_count_max = 5;
  CHECK(refused.run(fields).refusal.status == 431);
  CHECK(refused.refusal.counter == Counter::limit_header_count);
}

TEST_CASE("h2 request: bytes are limited, with an overhead of 32 for each field") {
  Parsed exact;
  exact.limits.header_bytes_max = 1000;
  CHECK(exact.run(get("/", {{"x", std::string(1000 - 33, 'v')}})).refusal.status == 0);
  Parsed over;
  over.limits.header_bytes_max = 1000;
  CHECK(over.run(get("/", {{"x", std::string(1000 - 32, 'v')}})).refusal.status == 431);
  CHECK(over.refusal.counter == Counter::limit_header_bytes);
  CHECK_FALSE(over.cut_off);
  Parsed method;
  Fields fields = get("/");
  fields[0].second = std::string(20'000, 'M');
  CHECK(method.run(fields).refusal.status == 431);
}

TEST_CASE("h2 request: a target beyond the limit is 414") {
  Parsed exact;
  exact.limits.request_line_bytes_max = 100;
  CHECK(exact.run(get("/" + std::string(99, 'a'))).refusal.status == 0);
  Parsed over;
  over.limits.request_line_bytes_max = 100;
  CHECK(over.run(get("/" + std::string(100, 'a'))).refusal.status == 414);
  CHECK(over.refusal.counter == Counter::limit_request_line);
}

TEST_CASE("h2 request: a block that decodes to far more than is allowed is an attack") {
  Parsed parsed;
  Fields fields = get("/");
  for (int i = 0; i < 100; ++i) fields.emplace_back("x", std::string(4000, 'v'));
  CHECK(parsed.run(fields).cut_off);
}

}  // namespace fce
