// SPDX-License-Identifier: Apache-2.0
// How requests through the reverse proxy end: failures, clients that leave, time, drains.
#include "http/proxy.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "http/proxy_call.h"
#include "http/proxy_node.h"

namespace fce {
namespace {

std::string answer(int status, const std::string& phrase, const std::string& fields,
                   const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " " + phrase + "\r\n" + fields + "\r\n" + body;
}

}  // namespace

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
    ProxyOptions options = plain_proxy();
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
  ProxyOptions options = plain_proxy();
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
  ProxyOptions options = plain_proxy();
  options.informational = false;
  H1Proxy off(options);
  off.get("/p/");
  off.call().sink->on_informational(103, link);
  CHECK(off.receive().empty());
}

TEST_CASE("proxy: Via both ways, and requests that go in circles end") {
  ProxyOptions options = plain_proxy();
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
  ProxyOptions options = plain_proxy();
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
  route.handler = make_mock_proxy(plain_proxy(), fetcher);
  REQUIRE(node.table->add(std::move(route)) == Status::ok);
  node.send(H1Node::request("/cors", "Origin: https://a.example\r\n"));
  fetcher->last().head(200, {{"access-control-allow-origin", "https://b.example"}, {"x", "y"}}, 0);
  const std::string text = node.receive();
  CHECK(text.find("b.example") == text.npos);
  CHECK(text.find("access-control-allow-origin: ") != text.npos);
  CHECK(text.find("x: y\r\n") != text.npos);
}

}  // namespace fce
