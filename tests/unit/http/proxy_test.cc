// SPDX-License-Identifier: Apache-2.0
// The reverse proxy through the real codecs.
#include "http/proxy.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "http/proxy_call.h"
#include "http/proxy_node.h"

namespace fce {
namespace {

using Pull = BodySource::Pull;

std::string answer(int status, const std::string& phrase, const std::string& fields,
                   const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " " + phrase + "\r\n" + fields + "\r\n" + body;
}

}  // namespace

TEST_CASE("proxy: options that make no sense are refused with a sentence") {
  const auto fetcher = std::make_shared<MockFetcher>();
  const auto status_of = [&](auto change) {
    ProxyOptions options;
    change(options);
    std::shared_ptr<const Handler> out;
    const Status status = ReverseProxy::make(options, fetcher, &out);
    CHECK((out != nullptr) == (status == Status::ok));
    return status;
  };
  CHECK(status_of([](ProxyOptions&) {}) == Status::ok);
  CHECK(status_of([](ProxyOptions& o) { o.strip_prefix = "/api"; }) == Status::ok);
  CHECK(status_of([](ProxyOptions& o) { o.strip_prefix = "api"; }) == Status::invalid);
  CHECK(status_of([](ProxyOptions& o) { o.add_prefix = "/api/"; }) == Status::invalid);
  CHECK(status_of([](ProxyOptions& o) { o.add_prefix = "/a b"; }) == Status::invalid);
  CHECK(status_of([](ProxyOptions& o) { o.add_prefix = "/a?b"; }) == Status::invalid);
  CHECK(status_of([](ProxyOptions& o) { o.host = "a\r\nb"; }) == Status::invalid);
  CHECK(status_of([](ProxyOptions& o) { o.via = "edge.example:80"; }) == Status::ok);
  CHECK(status_of([](ProxyOptions& o) { o.via = "a b"; }) == Status::invalid);
  CHECK(status_of([](ProxyOptions& o) { o.via = "a,b"; }) == Status::invalid);
  CHECK(status_of([](ProxyOptions& o) { o.trusted = {"10.0.0.0/8", "unix"}; }) == Status::ok);
  CHECK(status_of([](ProxyOptions& o) { o.trusted = {"10.0.0.0/33"}; }) == Status::invalid);
  CHECK(status_of([](ProxyOptions& o) { o.upgrades = {"h2c"}; }) == Status::invalid);
  CHECK(status_of([](ProxyOptions& o) { o.upgrades = {"a b"}; }) == Status::invalid);
  CHECK(status_of([](ProxyOptions& o) { o.answer_ms = 0; }) == Status::invalid);
  std::shared_ptr<const Handler> out;
  CHECK(ReverseProxy::make({}, nullptr, &out) == Status::invalid);
}

TEST_CASE("proxy: a request goes to the upstream, its answer to the client") {
  H1Proxy node;
  node.send("GET /p/a%20b?x=1 HTTP/1.1\r\nHost: Example:81\r\nAccept: */*\r\nCookie: a=1\r\n\r\n");
  MockFetcher::Call& call = node.call();
  CHECK(call.method == "GET");
  CHECK(call.target == "/p/a%20b?x=1");
  CHECK(call.authority == "Example:81");
  CHECK(call.headers.size() == 2);
  CHECK(call.field("accept") == "[*/*]");
  CHECK(call.field("cookie") == "[a=1]");
  CHECK_FALSE(call.upgrade);
  CHECK(call.body.source == nullptr);
  CHECK(node.receive().empty());
  call.head(200, {{"content-type", "text/plain"}, {"set-cookie", "a=1"}, {"set-cookie", "b=2"}}, 6);
  call.piece("abc");
  CHECK(node.receive() == answer(200, "OK",
                                 "content-type: text/plain\r\nset-cookie: a=1\r\n"
                                 "set-cookie: b=2\r\ncontent-length: 6\r\n",
                                 "abc"));
  call.piece("def");
  call.end();
  CHECK(node.receive() == "def");
  CHECK_FALSE(call.alive);
  node.get("/hello");
  CHECK(node.receive() == h1_answer("hello"));
  CHECK(node.count(Counter::proxy_requests) == 1);
  CHECK(node.count(Counter::proxy_canceled) == 0);
}

TEST_CASE("proxy: a body of unknown length is chunked, and its trailers are dropped") {
  H1Proxy node;
  node.get("/p/");
  node.call().head(200);
  node.call().piece("abc");
  node.turn();
  node.call().piece("d");
  node.call().end();
  CHECK(node.receive() == answer(200, "OK", "transfer-encoding: chunked\r\n",
                                 "00003\r\nabc\r\n00001\r\nd\r\n0\r\n\r\n"));
}

TEST_CASE("proxy: what is of one hop goes no further, either way") {
  H1Proxy node;
  node.send(
      "POST /p/ HTTP/1.1\r\nHost: h\r\nConnection: close, X-Private, te\r\nX-Private: 1\r\n"
      "Keep-Alive: timeout=5\r\nProxy-Connection: x\r\nProxy-Authorization: Basic x\r\n"
      "TE: trailers\r\nTrailer: x\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nExpect: 100-continue\r\n"
      "Content-Length: 1\r\nAuthorization: Bearer t\r\n\r\nx");
  CHECK(node.call().headers.size() == 1);
  CHECK(node.call().field("authorization") == "[Bearer t]");
  CHECK_FALSE(node.call().upgrade);
  node.call().head(200,
                   {{"connection", "x-private"},
                    {"x-private", "1"},
                    {"keep-alive", "timeout=5"},
                    {"transfer-encoding", "chunked"},
                    {"content-length", "3"},
                    {"trailer", "x-trailer"},
                    {"proxy-authenticate", "Basic"},
                    {"server", "s"}},
                   3);
  node.call().piece("abc");
  node.call().end();
  CHECK(node.receive() ==
        answer(200, "OK", "server: s\r\ncontent-length: 3\r\nconnection: close\r\n", "abc"));
}

TEST_CASE("proxy: the Date of the origin stands, and it is the only one") {
  const Header date{"date", "Sun, 06 Nov 1994 08:49:37 GMT"};
  H1Proxy node;
  node.get("/p/");
  node.call().head(200, {date}, 1);
  node.call().piece("x");
  node.call().end();
  CHECK(node.receive() == answer(200, "OK", "content-length: 1\r\n", "x"));
  H2Proxy h2;
  const int32_t id = h2.client->request(H2Client::get("/p/"));
  h2.settle();
  h2.call().head(200, {date}, 0);
  h2.settle();
  CHECK(h2.client->answers[id].field("date") == date.value);
}

TEST_CASE("proxy: paths are rewritten in whole segments") {
  ProxyOptions options = plain_proxy();
  options.strip_prefix = "/p";
  options.add_prefix = "/v1";
  options.host = "inner.example";
  H1Proxy node(options);
  node.get("/p/users?q");
  CHECK(node.call().target == "/v1/users?q");
  CHECK(node.call().authority == "inner.example");
}

TEST_CASE("proxy: HEAD, 204, 304 and empty answers have no body, and the fetch ends by itself") {
  struct Case {
    const char* method;
    uint16_t status;
    std::optional<uint64_t> length;
    std::string wire;
    std::vector<Header> headers = {};
  };
  for (const Case& one :
       {Case{"HEAD", 200, 1000, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"},
        Case{"HEAD",
             200,
             0,
             "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n",
             {{"content-length", "7"}}},
        Case{"HEAD", 200, 0, "HTTP/1.1 200 OK\r\n\r\n"},
        Case{"GET", 204, 0, "HTTP/1.1 204 No Content\r\n\r\n"},
        Case{"GET", 304, {}, "HTTP/1.1 304 Not Modified\r\n\r\n"},
        Case{"GET", 200, 0, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"}}) {
    CAPTURE(one.wire);
    H1Proxy node;
    node.send(std::string(one.method) + " /p/ HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(node.call().method == one.method);
    node.call().head(one.status, one.headers, one.length);
    CHECK(node.receive() == one.wire);
    CHECK(node.call().alive);
    node.call().end();
    CHECK_FALSE(node.call().alive);
    node.get("/hello");
    CHECK(node.receive() == h1_answer("hello"));
  }
}

TEST_CASE("proxy: the request's body goes to the upstream as it comes") {
  H1Proxy node;
  node.send("POST /p/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  TestBodyReader& body = node.call().body;
  CHECK_FALSE(body.length.has_value());
  CHECK(body.pull() == Pull::wait);
  node.send("3\r\ndef\r\n0\r\n\r\n");
  CHECK(body.pull() == Pull::end);
  CHECK(body.got == "abcdef");
  node.call().head(201, {}, 0);
  node.call().end();
  CHECK(node.receive() == answer(201, "Created", "content-length: 0\r\n", ""));

  H2Proxy h2;
  const std::string text = "abc";
  const int32_t id =
      h2.client->request(H2Client::post("/p/", {{"content-length", "6"}}), &text, false);
  h2.settle();
  CHECK((h2.call().body.length == std::optional<uint64_t>(6)));
  h2.client->send_more(id, "def", true);
  h2.settle();
  CHECK(h2.call().body.pull() == Pull::end);
  CHECK(h2.call().body.got == "abcdef");
  CHECK(h2.call().field("content-length").empty());
  h2.call().head(200, {{"x", "y"}}, 2);
  h2.call().piece("ok");
  h2.call().end();
  h2.settle();
  CHECK(h2.client->answers[id].body == "ok");
  CHECK(h2.client->answers[id].field("x") == "y");
}

TEST_CASE("proxy: a slow client pauses the fetch at one window") {
  H1Proxy node;
  node.leave();
  node.buffer_bytes = 16 * 1024;
  node.open();
  node.get("/p/");
  MockFetcher::Call& call = node.call();
  call.head(200);
  const std::string block(10'000, 'x');
  size_t given = 0;
  const auto give = [&] {
    for (int i = 0; i < 1000 && !call.paused; ++i) {
      call.piece(block);
      given += block.size();
      node.turn(1);
    }
  };
  give();
  CHECK(call.paused);
  CHECK(given < ProxyCall::kWindowBytes + 150'000);  // and what the sockets hold
  size_t got = 0;
  for (int round = 0; round < 50; ++round) {
    got += node.receive().size();
    give();
  }
  CHECK(call.pauses > 3);
  CHECK(got > 10 * ProxyCall::kWindowBytes);
  CHECK(given < got + ProxyCall::kWindowBytes + 150'000);
  call.end();
  std::string last;
  for (int round = 0; round < 50; ++round) last += node.receive();
  CHECK(last.ends_with("\r\n0\r\n\r\n"));
}

}  // namespace fce
