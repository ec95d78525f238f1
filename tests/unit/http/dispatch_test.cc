// SPDX-License-Identifier: Apache-2.0
#include "http/dispatch.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fake_transport.h"

namespace fce {
namespace {

struct Echo : Handler {
  void handle(Exchange& exchange) const override {
    exchange.respond(200, {}, Body::copy_of(exchange.param("x")));
  }
};

struct Later : Handler {
  void handle(Exchange&) const override {}
};

struct Setup : TestShard {
  Setup() {
    auto table = std::make_shared<RouteTable>();
    add(*table, "/open/{x}", {"GET", "POST"}, "", 0, std::make_shared<Echo>());
    add(*table, "/cors/{x}", {"GET", "PUT"}, "https://a.example", 10, std::make_shared<Echo>());
    add(*table, "/own", {"OPTIONS"}, "", 0, std::make_shared<Echo>());
    add(*table, "/later", {"GET"}, "", 0, std::make_shared<Later>());
    http.routes = std::move(table);
  }
  static void add(RouteTable& table, std::string pattern, std::vector<std::string> methods,
                  std::string_view origins, uint32_t body_max,
                  std::shared_ptr<const Handler> handler) {
    Route route;
    route.pattern = std::move(pattern);
    route.methods = std::move(methods);
    REQUIRE(OriginPolicy::parse(origins, &route.origins) == Status::ok);
    route.body_bytes_max = body_max;
    route.handler = std::move(handler);
    REQUIRE(table.add(std::move(route)) == Status::ok);
  }
  // Runs the exchange as a codec would; returns the status, 0 when it is not answered.
  uint16_t run(FakeExchange& exchange, int64_t content_length = 0) {
    body_max = dispatch_begin(*exchange, content_length);
    if (!exchange->answered()) dispatch_run(*exchange);
    return exchange.transport.status;
  }
  uint32_t body_max = 0;
};

}  // namespace

TEST_CASE("a request reaches its handler") {
  Setup setup;
  FakeExchange get(setup, "GET", "/open/7?q");
  CHECK(setup.run(get) == 200);
  CHECK(get.transport.text == "7");
  CHECK(get->route->pattern == "/open/{x}");
  CHECK(setup.body_max == setup.limits.body_bytes_max);
  FakeExchange head(setup, "HEAD", "/open/7");
  CHECK(setup.run(head) == 200);
}

TEST_CASE("what has no route") {
  Setup setup;
  FakeExchange none(setup, "GET", "/none");
  CHECK(setup.run(none) == 404);
  FakeExchange put(setup, "PUT", "/open/7");
  CHECK(setup.run(put) == 405);
  CHECK(put.transport.header("allow") == "GET, HEAD, POST, OPTIONS");
  TestShard bare;
  FakeExchange early(bare, "GET", "/open/7");
  CHECK(dispatch_begin(*early, 0) == 0);
  CHECK(early.transport.status == 404);
}

TEST_CASE("OPTIONS") {
  Setup setup;
  FakeExchange options(setup, "OPTIONS", "/open/7");
  CHECK(setup.run(options) == 204);
  CHECK(options.transport.header("allow") == "GET, HEAD, POST, OPTIONS");
  CHECK(options.transport.header("vary") == "-");
  FakeExchange server(setup, "OPTIONS", "*");
  CHECK(setup.run(server) == 204);
  FakeExchange none(setup, "OPTIONS", "/none");
  CHECK(setup.run(none) == 404);
  FakeExchange own(setup, "OPTIONS", "/own");
  CHECK(setup.run(own) == 200);
}

TEST_CASE("preflights") {
  Setup setup;
  FakeExchange good(setup, "OPTIONS", "/cors/7",
                    {{"origin", "https://a.example"}, {"access-control-request-method", "PUT"}});
  CHECK(setup.run(good) == 204);
  CHECK(good.transport.header("access-control-allow-origin") == "https://a.example");
  CHECK(good.transport.header("access-control-allow-methods") == "GET, HEAD, PUT, OPTIONS");
  CHECK(setup.count(Counter::origin_refused) == 0);
  FakeExchange bad(setup, "OPTIONS", "/cors/7",
                   {{"origin", "https://b.example"}, {"access-control-request-method", "PUT"}});
  CHECK(setup.run(bad) == 204);
  CHECK(bad.transport.header("access-control-allow-origin") == "-");
  CHECK(setup.count(Counter::origin_refused) == 1);
  FakeExchange method(setup, "OPTIONS", "/cors/7",
                      {{"origin", "https://a.example"}, {"access-control-request-method", "POST"}});
  CHECK(setup.run(method) == 204);
  CHECK(method.transport.header("access-control-allow-origin") == "-");
}

TEST_CASE("CORS fields stand in every answer of the route") {
  Setup setup;
  FakeExchange good(setup, "GET", "/cors/7", {{"origin", "https://a.example"}});
  CHECK(setup.run(good) == 200);
  CHECK(good.transport.header("access-control-allow-origin") == "https://a.example");
  CHECK(good.transport.header("vary") == "Origin");
  FakeExchange large(setup, "PUT", "/cors/7", {{"origin", "https://a.example"}});
  CHECK(setup.run(large, 11) == 413);
  CHECK(large.transport.header("access-control-allow-origin") == "https://a.example");
}

TEST_CASE("a WebSocket of another origin is refused") {
  Setup setup;
  const auto open = [&](std::string_view path, std::string_view origin) {
    FakeExchange exchange(setup, "GET", path,
                          {{"connection", "Upgrade"},
                           {"upgrade", "websocket"},
                           {"sec-websocket-version", "13"},
                           {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="},
                           {"origin", origin}});
    return setup.run(exchange);
  };
  CHECK(open("/open/7", "https://evil.example") == 403);
  CHECK(open("/cors/7", "https://evil.example") == 403);
  CHECK(setup.count(Counter::origin_refused) == 2);
  CHECK(open("/open/7", "http://example.com") == 200);
  CHECK(open("/cors/7", "https://a.example") == 200);
  CHECK(setup.count(Counter::origin_refused) == 2);
}

TEST_CASE("the body's limit") {
  Setup setup;
  FakeExchange own(setup, "PUT", "/cors/7");
  CHECK(setup.run(own, 10) == 200);
  CHECK(setup.body_max == 10);
  FakeExchange over(setup, "PUT", "/cors/7");
  CHECK(setup.run(over, 11) == 413);
  CHECK(setup.count(Counter::limit_body_bytes) == 1);
  FakeExchange node(setup, "POST", "/open/7");
  CHECK(setup.run(node, int64_t{setup.limits.body_bytes_max} + 1) == 413);
  FakeExchange huge(setup, "POST", "/open/7");
  CHECK(setup.run(huge, INT64_MAX) == 413);
  FakeExchange unknown(setup, "POST", "/open/7");
  CHECK(setup.run(unknown, -1) == 200);
}

TEST_CASE("Expect") {
  Setup setup;
  FakeExchange waits(setup, "POST", "/open/7", {{"expect", "100-Continue"}});
  CHECK(setup.run(waits, 5) == 200);
  CHECK(waits.transport.continues == 1);
  FakeExchange chunked(setup, "POST", "/open/7", {{"expect", "100-continue"}});
  CHECK(setup.run(chunked, -1) == 200);
  CHECK(chunked.transport.continues == 1);
  FakeExchange empty(setup, "POST", "/open/7", {{"expect", "100-continue"}});
  CHECK(setup.run(empty, 0) == 200);
  CHECK(empty.transport.continues == 0);
  FakeExchange large(setup, "PUT", "/cors/7", {{"expect", "100-continue"}});
  CHECK(setup.run(large, 11) == 413);
  CHECK(large.transport.continues == 0);
  FakeExchange other(setup, "POST", "/open/7", {{"expect", "more"}});
  CHECK(setup.run(other, 5) == 417);
}

TEST_CASE("a handler that never answers") {
  Setup setup;
  FakeExchange exchange(setup, "GET", "/later");
  CHECK(setup.run(exchange) == 0);
  setup.loop.timers().advance(setup.loop.now_ms() + setup.limits.handler_ms + 1000);
  CHECK(exchange.transport.status == 503);
  CHECK(setup.count(Counter::limit_handler_time) == 1);
}

}  // namespace fce
