// SPDX-License-Identifier: Apache-2.0
//
// A node made, given routes, asked, and destroyed: how objects, errors and callables behave.
#include <doctest/doctest.h>

#include <fcedge.hpp>
#include <functional>
#include <thread>

#include "client.h"

using namespace fcedge;

namespace {

Node make_node(uint16_t& port) {
  Node node = Node::create({.shards = 1, .name = "cpp"}).value();
  port = node.listen({.address = "127.0.0.1:0"}).value();
  return node;
}

Exchange hello(Exchange exchange) {
  CHECK(exchange.respond(200, {Header{"x-from", exchange.method()}}, exchange.param("name")).ok());
  return exchange;
}

}  // namespace

TEST_CASE("a handler answers, with what it was asked for") {
  uint16_t port = 0;
  Node node = make_node(port);
  CHECK(port != 0);
  Routes routes = Routes::create().value();
  REQUIRE(
      routes.add_handler({.pattern = "/hello/{name}"}, [](Exchange e) { hello(std::move(e)); }));
  std::string seen;
  REQUIRE(routes.add_handler({.pattern = "/look", .methods = "POST"}, [&](Exchange exchange) {
    seen = std::string(exchange.path().text()) + ' ' + std::string(exchange.query().text()) + ' ' +
           std::string(exchange.host().text()) + ' ' + std::string(exchange.body().text()) + ' ' +
           std::string(exchange.peer().text()) + ' ' + std::to_string(exchange.version());
    CHECK(exchange.header(std::string("x-a")) == "1");
    CHECK(exchange.header("x-none") == "");
    CHECK_FALSE(exchange.header("x-none").present());
    CHECK_FALSE(exchange.is_tls());
    CHECK(exchange.respond(204).ok());
    CHECK_FALSE(exchange);
  }));
  REQUIRE(node.set_routes(routes));
  REQUIRE(node.start());
  const std::string answer = ask(port, "GET /hello/w%C3%B6rld");
  CHECK(has(answer, "HTTP/1.1 200 "));
  CHECK(has(answer, "x-from: GET\r\n"));
  CHECK(has(answer, "\r\n\r\nw\xc3\xb6rld"));
  CHECK(has(ask(port, "POST /look?q=1", "X-A: 1\r\nContent-Length: 4\r\n", "body"), " 204 "));
  CHECK(node.stop());
  CHECK(seen == "/look q=1 example.com body 127.0.0.1 11");
}

TEST_CASE("an exchange that nobody answers is answered, and one may be answered elsewhere") {
  uint16_t port = 0;
  Node node = make_node(port);
  Routes routes = Routes::create().value();
  std::promise<Exchange> given;
  REQUIRE(routes.add_handler({.pattern = "/drop"}, [](Exchange) {}));
  REQUIRE(routes.add_handler({.pattern = "/abort"}, [](Exchange exchange) { exchange.abort(); }));
  REQUIRE(routes.add_handler({.pattern = "/bad"}, [](Exchange exchange) {
    CHECK(exchange.respond(200, {Header{"connection", "close"}}) == FCE_EINVAL);
  }));
  REQUIRE(routes.add_handler({.pattern = "/later"}, [&given](Exchange exchange) {
    given.set_value(std::move(exchange));
    CHECK_FALSE(exchange);
  }));
  REQUIRE(node.set_routes(routes));
  REQUIRE(node.start());
  CHECK(has(ask(port, "GET /drop"), "HTTP/1.1 500 "));
  CHECK(ask(port, "GET /abort") == "");
  CHECK(has(ask(port, "GET /bad"), "HTTP/1.1 500 "));
  std::thread other([&given] {
    Exchange exchange = await(given.get_future());
    CHECK(exchange.respond(200, {}, "from afar").ok());
  });
  CHECK(has(ask(port, "GET /later"), "\r\n\r\nfrom afar"));
  other.join();
}

TEST_CASE("callables are destroyed once, whatever becomes of them") {
  std::atomic<int> gone{0};
  uint16_t port = 0;
  Node node = make_node(port);
  {
    Routes routes = Routes::create().value();
    const RouteOptions options{.pattern = "/once"};
    REQUIRE(routes.add_handler(options, [w = Witness(gone)](Exchange) {}));
    CHECK(gone == 0);
    // A second one is refused, and goes.
    CHECK(routes.add_handler(options, [w = Witness(gone)](Exchange) {}) == FCE_EEXIST);
    CHECK(gone == 1);
    // One that is copied is left to its owner.
    std::function<void(Exchange)> function = [](Exchange exchange) {
      (void)exchange.respond(200, {}, "by function");
    };
    REQUIRE(routes.add_handler({.pattern = "/function"}, function));
    CHECK(function);
    REQUIRE(node.set_routes(routes));
  }
  CHECK(gone == 1);
  REQUIRE(node.start());
  CHECK(has(ask(port, "GET /once"), " 500 "));
  CHECK(has(ask(port, "GET /function"), "by function"));
  CHECK(gone == 1);
  node.reset();
  CHECK(gone == 2);
}

TEST_CASE("a callable keeps what it changes") {
  uint16_t port = 0;
  Node node = make_node(port);
  Routes routes = Routes::create().value();
  REQUIRE(routes.add_handler({.pattern = "/count"}, [n = 0](Exchange exchange) mutable {
    (void)exchange.respond(200, {}, std::to_string(++n));
  }));
  REQUIRE(node.set_routes(routes));
  REQUIRE(node.start());
  CHECK(has(ask(port, "GET /count"), "\r\n\r\n1"));
  CHECK(has(ask(port, "GET /count"), "\r\n\r\n2"));
}

TEST_CASE("objects move, and go in any order") {
  uint16_t port = 0;
  Node node = make_node(port);
  Routes routes = Routes::create().value();
  REQUIRE(routes.add_handler({.pattern = "/"},
                             [](Exchange exchange) { (void)exchange.respond(200, {}, "moved"); }));
  Routes moved = std::move(routes);
  CHECK_FALSE(routes);
  CHECK(moved);
  REQUIRE(node.set_routes(moved));
  moved = Routes();
  Node other = std::move(node);
  CHECK_FALSE(node);
  REQUIRE(other.start());
  Node& same = other;
  other = std::move(same);
  CHECK(has(ask(port, "GET /"), "moved"));
  // An empty object is refused, not followed.
  CHECK(node.start() == FCE_EINVAL);
  CHECK(node.set_routes(moved) == FCE_EINVAL);
  node = std::move(other);
  CHECK(node.id().size() == 32);
  CHECK(node.epoch() > 0);
  fce_node* raw = node.release();
  CHECK_FALSE(node);
  Node again(raw);
  CHECK(again.drain());
}

TEST_CASE("an error is a status with a sentence") {
  const Result<Node> none = Node::create({.name = "No Such Name"});
  CHECK_FALSE(none);
  CHECK(none.status() == FCE_EINVAL);
  CHECK(none.status().name() == "FCE_EINVAL");
  CHECK(none.status().text() == "an argument is not valid");
  CHECK(last_error().size() > 5);
  uint16_t port = 0;
  Node node = make_node(port);
  const Status again = node.listen({.address = "nowhere"}).status();
  CHECK(again == FCE_EINVAL);
  CHECK(again != FCE_OK);
  CHECK_FALSE(again.ok());
  CHECK(Status().ok());
  CHECK_FALSE(version().empty());
}

TEST_CASE("limits and figures") {
  const fce_limits limits = Limits{.header_count_max = 4};
  Node node = Node::create({.shards = 1, .limits = &limits}).value();
  const uint16_t port = node.listen({.address = "127.0.0.1:0"}).value();
  REQUIRE(node.start());
  CHECK(has(ask(port, "GET /", "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n"), " 431 "));
  uint64_t cut = 0;
  CHECK(node.counters([&](std::string_view name, std::string_view help, uint64_t value) {
    if (name == "fcedge_limit_header_count_total" && !help.empty()) cut = value;
  }));
  CHECK(cut == 1);
  int gauges = 0, histograms = 0;
  CHECK(node.gauges([&](std::string_view, std::string_view, int64_t) { ++gauges; }));
  CHECK(node.histograms([&](const fce_histogram& one) { histograms += one.bucket_count > 0; }));
  CHECK(gauges > 0);
  CHECK(histograms > 0);
}

TEST_CASE("the log goes where it is sent") {
  std::atomic<int> gone{0}, lines{0};
  REQUIRE(set_log(LogLevel::debug, [&lines, w = Witness(gone)](LogLevel, std::string_view line) {
    lines += !line.empty();
  }));
  uint16_t port = 0;
  {
    Node node = make_node(port);
    REQUIRE(node.start());
  }
  REQUIRE(set_log(LogLevel::warn));
  CHECK(gone == 1);
  CHECK(lines > 0);
}
