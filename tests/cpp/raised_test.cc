// SPDX-License-Identifier: Apache-2.0
//
// The mode in which errors are thrown, in one program with files of the other.
#define FCEDGE_EXCEPTIONS
#include <doctest/doctest.h>

#include <fcedge.hpp>
#include <stdexcept>

#include "client.h"

using namespace fcedge;

TEST_CASE("what fails throws, with the sentence") {
  try {
    (void)Node::create({.name = "No Such Name"});
    FAIL("it did not throw");
  } catch (const Error& error) {
    CHECK(error.code() == FCE_EINVAL);
    CHECK(error.status() == FCE_EINVAL);
    CHECK(std::string(error.what()) == last_error());
    CHECK(std::string(error.what()).size() > 5);
  }
  Node node;
  CHECK_THROWS_AS(node.start(), Error);
  CHECK_THROWS_AS((void)Origin::directory(nullptr), std::exception);
}

TEST_CASE("a handler that throws has answered by an error, and is destroyed once") {
  std::atomic<int> gone{0};
  Node node = *Node::create({.shards = 1});
  const uint16_t port = *node.listen({.address = "127.0.0.1:0"});
  {
    Routes routes = *Routes::create();
    routes.add_handler({.pattern = "/throw"},
                       [w = Witness(gone)](Exchange) { throw std::runtime_error("not today"); });
    routes.add_handler({.pattern = "/late"}, [](Exchange exchange) {
      exchange.respond(200, {}, "answered");
      throw std::runtime_error("too late to matter");
    });
    CHECK_THROWS_AS(routes.add_handler({.pattern = "/throw"}, [w = Witness(gone)](Exchange) {}),
                    Error);
    CHECK(gone == 1);
    node.set_routes(routes);
  }
  node.start();
  CHECK(has(ask(port, "GET /throw"), "HTTP/1.1 500 "));
  CHECK(has(ask(port, "GET /late"), "answered"));
  node.reset();
  CHECK(gone == 2);
}
