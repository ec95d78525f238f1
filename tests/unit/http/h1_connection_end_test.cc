// SPDX-License-Identifier: Apache-2.0
// How HTTP/1.1 connections end: limits, refusals, clients that leave, drains, time.
#include "http/h1_connection.h"

#include <doctest/doctest.h>

#include "http/h1_node.h"

namespace fce {
namespace {

const std::string kClose = "connection: close\r\n";

}  // namespace

TEST_CASE("h1: a body over the limit is 413, and what still comes is dropped") {
  for (const bool chunked : {false, true}) {
    CAPTURE(chunked);
    H1Node node;
    node.limits.body_bytes_max = 1000;
    node.route(
        "/small", [](Exchange& exchange) { H1Node::answer(exchange, "small"); }, {"POST"}, 10);
    node.open();
    if (chunked)
      node.send(H1Node::post("/echo", "Transfer-Encoding: chunked\r\n",
                             "3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n"));
    else
      node.send(H1Node::post("/echo", "Content-Length: 1001\r\n", "x"));
    const std::string answer = node.receive();
    CHECK(answer.starts_with("HTTP/1.1 413 Content Too Large\r\n"));
    CHECK(answer.find(kClose) != std::string::npos);
    CHECK(node.eof);
    // It lingers: what the client still sends meets no reset.
    CHECK(::send(node.client, "more", 4, MSG_NOSIGNAL) == 4);
    node.turn();
    CHECK(node.connections.load() == 1);
    node.leave();
    CHECK(node.connections.load() == 0);
    CHECK(node.count(Counter::limit_body_bytes) == 1);
    node.open();
    node.send(H1Node::post("/small", "Content-Length: 11\r\n", "x"));
    CHECK(node.receive().starts_with("HTTP/1.1 413 "));
    node.leave();
    node.open();
    node.send(H1Node::post("/echo", "Content-Length: 1000\r\n", std::string(1000, 'x')));
    CHECK(node.receive() == h1_answer(std::string(1000, 'x')));
  }
}

TEST_CASE("h1: an answer before the body is the last one") {
  H1Node node;
  node.open();
  // The body would pass for a request.
  node.send(
      H1Node::post("/nowhere", "Content-Length: 1000\r\n", H1Node::request("/path/smuggled")));
  const std::string answer = node.receive();
  CHECK(answer.starts_with("HTTP/1.1 404 "));
  CHECK(answer.find(kClose) != std::string::npos);
  CHECK(answer.find("smuggled") == std::string::npos);
  CHECK(node.eof);
  node.leave();
  node.open();
  node.send(H1Node::request("/nowhere") + H1Node::request("/hello"));
  const std::string both = node.receive();
  CHECK(both.starts_with("HTTP/1.1 404 "));
  CHECK(both.ends_with(h1_answer("hello")));
}

TEST_CASE("h1: what is refused is told, counted, and the last") {
  const struct {
    std::string request;
    std::string status;
    Counter counter;
  } table[] = {
      {"GET / HTTP/1.1\r\n\r\n", "400 Bad Request", Counter::bad_requests},
      {"GET / HTTP/2.1\r\n\r\n", "505 HTTP Version Not Supported", Counter::bad_requests},
      {"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", "501 Not Implemented",
       Counter::bad_requests},
      {"GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", "414 URI Too Long",
       Counter::limit_request_line},
      {H1Node::request("/hello", "a: " + std::string(17'000, 'x') + "\r\n"),
       "431 Request Header Fields Too Large", Counter::limit_header_bytes},
  };
  for (const auto& entry : table) {
    CAPTURE(entry.status);
    H1Node node;
    node.open();
    node.send(H1Node::request("/hello") + entry.request + H1Node::request("/path/next"));
    std::string answer = node.receive();
    REQUIRE(answer.starts_with(h1_answer("hello")));
    answer.erase(0, h1_answer("hello").size());
    CHECK(answer.starts_with("HTTP/1.1 " + entry.status + "\r\n"));
    CHECK(answer.find(kClose) != std::string::npos);
    CHECK(answer.find("/path/next") == std::string::npos);
    CHECK(node.eof);
    CHECK(node.count(entry.counter) == 1);
    CHECK(node.count(Counter::status_2xx) == 1);
  }
}

TEST_CASE("h1: a body that turns out malformed is refused, its handler does not run") {
  H1Node node;
  node.route("/log",
             [&](Exchange& exchange) {
               node.log += "ran";
               H1Node::answer(exchange, "");
             },
             {"POST"});
  node.open();
  node.send(H1Node::post("/log", "Transfer-Encoding: chunked\r\n", "3\r\nabcX"));
  CHECK(node.receive().starts_with("HTTP/1.1 400 "));
  CHECK(node.log.empty());
  CHECK(node.eof);
}

TEST_CASE("h1: a client that leaves before the answer") {
  H1Node node;
  node.open();
  node.get("/later");
  REQUIRE(node.later.size() == 1);
  node.leave();
  // It cannot be told from one that only ends its side; the answer goes nowhere.
  node.answer_later("nobody reads this");
  node.turn();
  CHECK(node.connections.load() == 0);
  node.open();
  node.get("/later");
  node.net.streams.for_each([](Stream* stream) { stream->abort(Status::closed); });
  node.turn();
  CHECK(node.later.front()->client_gone());
  node.answer_later("nor this");
  CHECK(node.count(Counter::status_2xx) == 1);
}

TEST_CASE("h1: a client that ends its side gets its answers, then the end") {
  H1Node node;
  node.open();
  node.get("/later");
  node.end_of_requests();
  CHECK_FALSE(node.eof);
  node.answer_later("patience");
  CHECK(node.receive() == h1_answer("patience", kClose));
  CHECK(node.eof);
  node.leave();
  // Also a large one that was under way.
  node.buffer_bytes = 8192;
  const std::string all(500'000, 'x');
  node.route("/known",
             [&](Exchange& exchange) { node.answer_source(exchange, all.size(), all, true); });
  node.open();
  node.get("/known");
  node.end_of_requests();
  CHECK(node.receive().size() > all.size());
  CHECK(node.eof);
  CHECK(node.connections.load() == 0);
  node.leave();
  // All of a pipeline.
  node.open();
  REQUIRE(::send(node.client, (H1Node::request("/path/1") + H1Node::request("/path/2")).data(), 80,
                 MSG_NOSIGNAL) > 0);
  node.end_of_requests();
  CHECK(node.receive().find("/path/2") != std::string::npos);
  CHECK(node.eof);
}

TEST_CASE("h1: a client that ends its side within a request or an endless answer has left") {
  for (const std::string& text :
       {std::string(), std::string("PRI * HT"), std::string("GET /hel"),
        H1Node::post("/echo", "Content-Length: 5\r\n", "abc"), H1Node::request("/source")}) {
    CAPTURE(text);
    H1Node node;
    node.open();
    node.send(text);
    node.end_of_requests();
    node.receive();
    CHECK(node.eof);
    CHECK(node.connections.load() == 0);
    CHECK(node.count(Counter::status_4xx) == 0);
    if (node.source) CHECK(node.sources_destroyed == 1);
  }
}

TEST_CASE("h1: abort cuts the connection, and nothing behind it is served") {
  H1Node node;
  node.open();
  node.send(H1Node::request("/abort") + H1Node::request("/path/next"));
  CHECK(node.receive().empty());
  CHECK(node.eof);
  CHECK(node.count(Counter::h1_requests) == 1);
  CHECK(node.connections.load() == 0);
}

TEST_CASE("h1: a drain ends idle connections at once, others with their answer") {
  H1Node node;
  node.open();
  node.get("/hello");
  node.receive();
  const auto drain = [&] {
    node.http.draining = true;
    node.http.connections.for_each([](Drainable* connection) { connection->drain(); });
    node.turn();
  };
  drain();
  CHECK(node.receive().empty());
  CHECK(node.eof);
  node.leave();
  node.http.draining = false;

  node.open();
  node.get("/later");
  drain();
  node.answer_later("bye");
  CHECK(node.receive() == h1_answer("bye", kClose));
  CHECK(node.eof);
  node.leave();
  node.http.draining = false;

  node.open();
  node.get("/source");
  node.receive();
  drain();
  CHECK(node.receive() == "00007\r\ndrained\r\n0\r\n\r\n");
  CHECK(node.eof);
  node.leave();
  node.http.draining = false;

  node.open();
  node.send("GET /hello HTTP/1.1\r\nHo");
  drain();
  node.send("st: h\r\n\r\n");
  CHECK(node.receive() == h1_answer("hello", kClose));
  CHECK(node.eof);
  node.leave();
  // What is accepted meanwhile ends after its first answer.
  node.open();
  node.get("/hello");
  CHECK(node.receive() == h1_answer("hello", kClose));
  CHECK(node.eof);
}

TEST_CASE("h1: a drain between an answer and its flush does not leave the connection open") {
  H1Node node;
  node.buffer_bytes = 8192;
  const std::string all(300'000, 'x');
  node.route("/large", [&](Exchange& exchange) { H1Node::answer(exchange, all); });
  node.open();
  node.get("/large");  // blocked: the client does not read
  node.http.draining = true;
  node.http.connections.for_each([](Drainable* connection) { connection->drain(); });
  CHECK(node.receive().size() > all.size());
  CHECK(node.eof);
}

TEST_CASE("h1: time limits") {
  H1Node node;
  node.limits.header_ms = 1000;
  node.limits.idle_ms = 5000;
  node.limits.body_ms = 2000;
  // A client that says nothing.
  node.open();
  node.pass_time(900);
  CHECK(node.connections.load() == 1);
  node.pass_time(300);
  CHECK(node.receive().empty());
  CHECK(node.eof);
  CHECK(node.count(Counter::limit_header_time) == 1);
  node.leave();
  // A header that trickles.
  node.open();
  for (const char byte : std::string("GET / HTTP/1")) {
    REQUIRE(::send(node.client, &byte, 1, MSG_NOSIGNAL) == 1);
    node.pass_time(90);
  }
  node.pass_time(200);
  CHECK(node.receive().starts_with("HTTP/1.1 408 "));
  CHECK(node.eof);
  CHECK(node.count(Counter::limit_header_time) == 2);
  node.leave();
  // Half of a preface.
  node.open();
  node.send("PRI *");
  node.pass_time(1300);
  node.receive();
  CHECK(node.eof);
  CHECK(node.count(Counter::limit_header_time) == 3);
  node.leave();
  // Keep-alive.
  node.open();
  node.get("/hello");
  node.receive();
  node.pass_time(4900);
  node.get("/hello");
  CHECK(node.receive() == h1_answer("hello"));
  node.pass_time(5300);
  CHECK(node.receive().empty());
  CHECK(node.eof);
  CHECK(node.count(Counter::limit_idle_time) == 1);
  node.leave();
  // A body: each piece in time is enough, a pause is not.
  node.open();
  node.send(H1Node::post("/echo", "Content-Length: 100\r\n", "x"));
  for (int i = 0; i < 5; ++i) {
    node.pass_time(1800);
    node.send("x");
  }
  CHECK(node.receive().empty());
  node.pass_time(2300);
  CHECK(node.receive().starts_with("HTTP/1.1 408 "));
  CHECK(node.eof);
  CHECK(node.count(Counter::limit_body_time) == 1);
  node.leave();
  // A body that never begins.
  node.open();
  node.send(H1Node::post("/echo", "Content-Length: 100\r\n", ""));
  node.pass_time(2300);
  CHECK(node.receive().starts_with("HTTP/1.1 408 "));
  CHECK(node.count(Counter::limit_body_time) == 2);
}

TEST_CASE("h1: a handler that takes too long is answered for, its own answer goes nowhere") {
  H1Node node;
  node.limits.handler_ms = 1000;
  node.open();
  node.get("/later");
  node.pass_time(1300);
  const std::string answer = node.receive();
  CHECK(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  CHECK(answer.find("retry-after: 1\r\n") != std::string::npos);
  CHECK(node.count(Counter::limit_handler_time) == 1);
  node.answer_later("too late");
  node.get("/hello");
  CHECK(node.receive() == h1_answer("hello"));
}

TEST_CASE("h1: no time limit of a request runs while its answer is awaited or sent") {
  H1Node node;
  node.limits.header_ms = node.limits.body_ms = node.limits.idle_ms = 1000;
  node.limits.handler_ms = 100'000;
  node.open();
  node.get("/later");
  node.pass_time(50'000);
  node.answer_later("slow");
  CHECK(node.receive() == h1_answer("slow"));
  node.get("/source");
  node.pass_time(50'000);
  node.source->end("slow too");
  CHECK(node.receive().ends_with("slow too\r\n0\r\n\r\n"));
  CHECK(node.connections.load() == 1);
}

}  // namespace fce
