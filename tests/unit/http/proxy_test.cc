// SPDX-License-Identifier: Apache-2.0
// The reverse proxy through the real codecs, towards an upstream that does what the test says.
#include "http/proxy.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "http/h1_node.h"
#include "http/h2_node.h"
#include "http/mock_fetcher.h"
#include "http/proxy_call.h"

namespace fce {
namespace {

using Pull = BodySource::Pull;

const std::vector<std::string> kMethods = {"GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"};

std::shared_ptr<const Handler> make(const ProxyOptions& options,
                                    const std::shared_ptr<MockFetcher>& fetcher) {
  std::shared_ptr<const Handler> proxy;
  REQUIRE(ReverseProxy::make(options, fetcher, &proxy) == Status::ok);
  return proxy;
}

ProxyOptions plain() {
  ProxyOptions options;
  options.via = "";
  options.x_forwarded = false;
  return options;
}

struct H1Proxy : H1Node {
  explicit H1Proxy(const ProxyOptions& options = plain()) {
    add_route("/p/{rest...}", make(options, fetcher), kMethods, 1u << 30);
    open();
  }
  MockFetcher::Call& call() { return fetcher->last(); }
  std::shared_ptr<MockFetcher> fetcher = std::make_shared<MockFetcher>();
};

struct H2Proxy : H2Node {
  explicit H2Proxy(const ProxyOptions& options = plain()) {
    add_route("/p/{rest...}", make(options, fetcher), kMethods, 1u << 30);
    client = &open();
  }
  MockFetcher::Call& call() { return fetcher->last(); }
  std::shared_ptr<MockFetcher> fetcher = std::make_shared<MockFetcher>();
  H2Client* client;
};

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
  ProxyOptions options = plain();
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
  };
  for (const Case& one :
       {Case{"HEAD", 200, 1000, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"},
        Case{"HEAD", 200, {}, "HTTP/1.1 200 OK\r\n\r\n"},
        Case{"GET", 204, 0, "HTTP/1.1 204 No Content\r\n\r\n"},
        Case{"GET", 304, {}, "HTTP/1.1 304 Not Modified\r\n\r\n"},
        Case{"GET", 200, 0, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"}}) {
    CAPTURE(one.wire);
    H1Proxy node;
    node.send(std::string(one.method) + " /p/ HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(node.call().method == one.method);
    node.call().head(one.status, {}, one.length);
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

TEST_CASE("proxy: an upstream that fails before the head is told as a status") {
  const struct {
    FetchError why;
    int status;
    Counter counter;
  } table[] = {
      {FetchError::resolve, 502, Counter::proxy_failed_connect},
      {FetchError::connect, 502, Counter::proxy_failed_connect},
      {FetchError::connect_time, 504, Counter::proxy_failed_time},
      {FetchError::tls, 502, Counter::proxy_failed_connect},
      {FetchError::first_byte, 504, Counter::proxy_failed_time},
      {FetchError::idle, 504, Counter::proxy_failed_time},
      {FetchError::closed, 502, Counter::proxy_failed_answer},
      {FetchError::malformed, 502, Counter::proxy_failed_answer},
      {FetchError::truncated, 502, Counter::proxy_failed_answer},
      {FetchError::too_large, 502, Counter::proxy_failed_answer},
      {FetchError::no_peer, 503, Counter::proxy_failed_busy},
      {FetchError::full, 503, Counter::proxy_failed_busy},
      {FetchError::refused, 502, Counter::proxy_failed_other},
      {FetchError::disk, 502, Counter::proxy_failed_other},
      {FetchError::stopped, 503, Counter::proxy_failed_other},
  };
  for (const auto& one : table) {
    CAPTURE(static_cast<int>(one.why));
    H1Proxy node;
    node.get("/p/");
    node.call().fail(one.why);
    CHECK_FALSE(node.call().alive);
    const std::string text = node.receive();
    CHECK(text.starts_with("HTTP/1.1 " + std::to_string(one.status) + " "));
    CHECK((text.find("retry-after: 1\r\n") != text.npos) == (one.status == 503));
    CHECK(node.count(one.counter) == 1);
    node.get("/hello");
    CHECK(node.receive() == h1_answer("hello"));
  }
  // What is no answer at all.
  for (const bool ends : {false, true}) {
    H1Proxy node;
    node.get("/p/");
    if (ends)
      node.call().end();
    else
      node.call().head(101);
    CHECK(node.receive().starts_with("HTTP/1.1 502 "));
    CHECK_FALSE(node.call().alive);
  }
}

TEST_CASE("proxy: an upstream that fails in the middle of the body breaks the answer off") {
  for (const bool with_length : {false, true}) {
    CAPTURE(with_length);
    H1Proxy node;
    node.get("/p/");
    node.call().head(200, {}, with_length ? std::optional<uint64_t>(10) : std::nullopt);
    node.call().piece("abc");
    const std::string begun = node.receive();
    CHECK(begun.find("abc") != begun.npos);
    node.call().fail(FetchError::truncated);
    CHECK(node.receive().empty());
    CHECK(node.eof);
    CHECK(node.count(Counter::proxy_failed_answer) == 1);
    CHECK(node.count(Counter::proxy_canceled) == 0);
    H2Proxy h2;
    const int32_t id = h2.client->request(H2Client::get("/p/"));
    h2.settle();
    h2.call().head(200, {}, with_length ? std::optional<uint64_t>(10) : std::nullopt);
    h2.call().piece("abc");
    h2.settle();
    h2.call().fail(FetchError::idle);
    h2.settle();
    CHECK(h2.client->answers[id].body == "abc");
    CHECK_FALSE(h2.client->answers[id].ended);
    CHECK(h2.client->answers[id].error == NGHTTP2_INTERNAL_ERROR);
    CHECK_FALSE(h2.client->eof);
  }
}

TEST_CASE("proxy: a client that leaves cancels the fetch, wherever it is") {
  for (const int when : {0, 1, 2, 3}) {
    CAPTURE(when);
    H1Proxy node;
    H2Proxy h2;
    const std::string text = "abc";
    int32_t id;
    if (when == 0) {  // in the body of the request
      node.send("POST /p/ HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
      id = h2.client->request(H2Client::post("/p/"), &text, false);
    } else {
      node.get("/p/");
      id = h2.client->request(H2Client::get("/p/"));
    }
    h2.settle();
    for (MockFetcher::Call* call : {&node.call(), &h2.call()}) {
      if (when >= 2) call->head(200);
      if (when >= 3) call->piece("abc");
    }
    node.turn();
    h2.settle();
    node.leave();
    h2.client->reset(id);
    h2.settle();
    CHECK_FALSE(node.call().alive);
    CHECK_FALSE(h2.call().alive);
    CHECK(h2.counted(Counter::proxy_canceled) == 1);
    CHECK(node.count(Counter::proxy_canceled) == 1);
  }
}

TEST_CASE("proxy: a client that ends its side has left, unless that is allowed") {
  for (const bool half_close : {false, true}) {
    CAPTURE(half_close);
    ProxyOptions options = plain();
    options.half_close = half_close;
    H1Proxy node(options);
    node.send(H1Node::request("/hello") + H1Node::request("/p/"));
    node.end_of_requests();
    CHECK(node.call().alive == half_close);
    std::string expected = h1_answer("hello");
    if (half_close) {
      node.call().head(200, {}, 1);
      node.call().piece("x");
      node.call().end();
      CHECK(node.receive() == expected + h1_answer("x", "connection: close\r\n"));
    } else {
      CHECK(node.receive().starts_with(expected + "HTTP/1.1 400 "));
    }
    CHECK(node.eof);
  }
}

TEST_CASE("proxy: a body that the client breaks is an answer to the client and no fetch") {
  H1Proxy node;
  node.send("POST /p/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nX");
  CHECK_FALSE(node.call().alive);
  CHECK(node.receive().starts_with("HTTP/1.1 400 "));
  H1Proxy slow;
  slow.send("POST /p/ HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  slow.call().body.pull();
  slow.pass_time(slow.limits.body_ms + 1000);
  CHECK_FALSE(slow.call().alive);
  CHECK(slow.receive().starts_with("HTTP/1.1 408 "));
}

TEST_CASE("proxy: an early answer ends the exchange, whatever of the body is still to come") {
  H1Proxy node;
  node.send("POST /p/ HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc");
  node.call().head(413, {}, 3);
  node.call().piece("no\n");
  node.call().end();
  CHECK(node.receive() ==
        answer(413, "Content Too Large", "content-length: 3\r\nconnection: close\r\n", "no\n"));
  CHECK(node.eof);
  CHECK_FALSE(node.call().alive);
}

TEST_CASE("proxy: the answer's time counts from the end of the request, and is 504") {
  ProxyOptions options = plain();
  options.answer_ms = 5000;
  {
    H1Proxy node(options);
    node.get("/p/");
    node.pass_time(4000);
    CHECK(node.call().alive);
    node.pass_time(1500);
    CHECK_FALSE(node.call().alive);
    CHECK(node.receive().starts_with("HTTP/1.1 504 "));
    CHECK(node.count(Counter::proxy_failed_time) == 1);
    CHECK(node.count(Counter::limit_handler_time) == 0);
  }
  H1Proxy node(options);
  node.send("POST /p/ HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabc");
  node.pass_time(10'000);  // what came was not read yet: nobody is late
  CHECK(node.call().alive);
  node.send("d");
  node.pass_time(4000);
  CHECK(node.call().alive);
  node.pass_time(1500);
  CHECK(node.receive().starts_with("HTTP/1.1 504 "));
  // Once it has begun, the fetch minds its own time.
  node.open();
  node.get("/p/");
  node.call().head(200);
  node.pass_time(60'000);
  CHECK(node.call().alive);
}

TEST_CASE("proxy: answers of class 1xx are passed on, but not without end") {
  H1Proxy node;
  node.get("/p/");
  const Header link[] = {{"link", "</a>; rel=preload"}, {"connection", "x"}};
  node.call().sink->on_informational(103, link);
  CHECK(node.receive() == "HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n");
  for (int i = 0; i < 20; ++i) node.call().sink->on_informational(102, {});
  std::string more;
  for (uint32_t i = 1; i < ProxyCall::kInformationalMax; ++i)
    more += "HTTP/1.1 102 Processing\r\n\r\n";
  CHECK(node.receive() == more);
  CHECK(node.count(Counter::limit_proxy_informational) == 13);
  node.call().head(200, {}, 0);
  CHECK(node.receive() == h1_answer(""));
  ProxyOptions options = plain();
  options.informational = false;
  H1Proxy off(options);
  off.get("/p/");
  off.call().sink->on_informational(103, link);
  CHECK(off.receive().empty());
}

TEST_CASE("proxy: Via both ways, and requests that go in circles end") {
  ProxyOptions options = plain();
  options.via = "edge";
  H1Proxy node(options);
  node.send(H1Node::request("/p/", "Via: 1.0 first\r\nVia: 2.0 second\r\n"));
  CHECK(node.call().field("via") == "[1.0 first, 2.0 second, 1.1 edge]");
  node.call().head(200, {{"via", "1.1 inner"}}, 0);
  CHECK(node.receive() == answer(200, "OK",
                                 "via: 1.1 inner\r\nvia: 1.1 edge\r\n"
                                 "content-length: 0\r\n",
                                 ""));
  node.call().end();
  std::string list = "1.1 edge";
  for (int i = 0; i < 6; ++i) list += ", 2.0 Edge (x)";
  node.send(H1Node::request("/p/", "Via: " + list + "\r\n"));
  REQUIRE(node.fetcher->calls.size() == 2);
  node.call().head(200, {}, 0);
  node.call().end();
  node.receive();
  node.send(H1Node::request("/p/", "Via: " + list + ", 1.1 edge\r\n"));
  CHECK(node.fetcher->calls.size() == 2);
  CHECK(node.receive().starts_with("HTTP/1.1 508 "));
  CHECK(node.count(Counter::proxy_loops) == 1);
}

TEST_CASE("proxy: Max-Forwards, OPTIONS and TRACE") {
  H1Proxy node;
  const auto send = [](H1Proxy& to, const std::string& method, const std::string& forwards) {
    to.send(method + " /p/x?y HTTP/1.1\r\nHost: h\r\nMax-Forwards: " + forwards +
            "\r\nCookie: secret\r\nX-A: b\r\n\r\n");
  };
  send(node, "OPTIONS", "0");
  CHECK(node.fetcher->calls.empty());
  CHECK(node.receive().starts_with("HTTP/1.1 204 No Content\r\nallow: GET, "));
  send(node, "OPTIONS", "3");
  CHECK(node.call().field("max-forwards") == "[2]");
  node.call().head(204);
  node.call().end();
  node.receive();
  send(node, "GET", "0");  // it means nothing there
  CHECK(node.call().method == "GET");
  CHECK(node.call().field("max-forwards") == "[0]");
  node.call().head(204);
  node.call().end();
  node.receive();
  send(node, "TRACE", "1");
  CHECK(node.receive().starts_with("HTTP/1.1 405 "));
  CHECK(node.fetcher->calls.size() == 2);
  ProxyOptions options = plain();
  options.trace = true;
  H1Proxy tracing(options);
  send(tracing, "TRACE", "1");
  CHECK(tracing.call().field("max-forwards") == "[0]");
  tracing.call().head(204);
  tracing.call().end();
  tracing.receive();
  send(tracing, "TRACE", "0");
  CHECK(tracing.fetcher->calls.size() == 1);
  const std::string echo = tracing.receive();
  CHECK(echo.find("content-type: message/http\r\n") != echo.npos);
  CHECK(echo.ends_with("TRACE /p/x?y HTTP/1.1\r\nhost: h\r\nmax-forwards: 0\r\nx-a: b\r\n\r\n"));
}

TEST_CASE("proxy: a drain ends streams of events, and lets other bodies come to their end") {
  for (const bool events : {false, true}) {
    CAPTURE(events);
    H1Proxy node;
    node.get("/p/");
    node.call().head(200, {{"content-type", events ? "text/event-stream" : "text/plain"}});
    node.call().piece("data: 1\n\n");
    node.turn();
    node.http.draining = true;
    node.http.connections.for_each([](Drainable* one) { one->drain(); });
    node.turn();
    CHECK(node.call().alive == !events);
    if (!events) node.call().end();
    CHECK(node.receive().ends_with("data: 1\n\n\r\n0\r\n\r\n"));
    CHECK(node.eof);
  }
}

TEST_CASE("proxy: a node that goes ends everything that is under way") {
  auto node = std::make_unique<H1Proxy>();
  node->get("/p/");
  const auto fetcher = node->fetcher;
  node->net.streams.for_each([](Stream* stream) { stream->abort(Status::canceled); });
  node->turn();
  CHECK_FALSE(fetcher->last().alive);
}

TEST_CASE("proxy: the route's policy for other origins replaces the upstream's") {
  H1Proxy node;
  const auto fetcher = std::make_shared<MockFetcher>();
  Route route;
  route.pattern = "/cors";
  route.methods = {"GET"};
  route.origins.any = true;
  route.handler = make(plain(), fetcher);
  REQUIRE(node.table->add(std::move(route)) == Status::ok);
  node.send(H1Node::request("/cors", "Origin: https://a.example\r\n"));
  fetcher->last().head(200, {{"access-control-allow-origin", "https://b.example"}, {"x", "y"}}, 0);
  const std::string text = node.receive();
  CHECK(text.find("b.example") == text.npos);
  CHECK(text.find("access-control-allow-origin: ") != text.npos);
  CHECK(text.find("x: y\r\n") != text.npos);
}

}  // namespace fce
