// SPDX-License-Identifier: Apache-2.0
#include "http/h1_connection.h"

#include <doctest/doctest.h>

#include "http/h1_node.h"

namespace fce {
namespace {

const std::string kClose = "connection: close\r\n";

}  // namespace

TEST_CASE("h1: a request, an answer, and the next") {
  H1Node node;
  node.open();
  node.get("/hello");
  CHECK(node.receive() == h1_answer("hello"));
  node.send(H1Node::post("/echo", "Content-Length: 4\r\n", "body"));
  CHECK(node.receive() == h1_answer("body"));
  node.send(H1Node::post("/echo", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"));
  CHECK(node.receive() == h1_answer("abc"));
  CHECK(node.count(Counter::h1_requests) == 3);
  CHECK(node.count(Counter::status_2xx) == 3);
  CHECK_FALSE(node.eof);
}

TEST_CASE("h1: a request byte by byte") {
  H1Node node;
  node.open();
  for (const char byte : H1Node::post("/echo", "Content-Length: 4\r\n", "body")) {
    REQUIRE(::send(node.client, &byte, 1, MSG_NOSIGNAL) == 1);
    node.turn(2);
  }
  CHECK(node.receive() == h1_answer("body"));
}

TEST_CASE("h1: pipelined requests are answered in their order, in one flush") {
  H1Node node;
  node.open();
  std::string requests, answers;
  for (int i = 0; i < 20; ++i) {
    requests += H1Node::request("/path/" + std::to_string(i));
    answers += h1_answer("/path/" + std::to_string(i));
  }
  node.send(requests);
  CHECK(node.receive() == answers);
}

TEST_CASE("h1: pipelined requests wait for an answer that comes later") {
  H1Node node;
  node.open();
  node.send(H1Node::request("/path/1") + H1Node::request("/later") + H1Node::request("/path/2") +
            H1Node::request("/later") + H1Node::request("/path/3"));
  CHECK(node.receive() == h1_answer("/path/1"));
  node.send(H1Node::request("/path/4"));
  CHECK(node.receive().empty());
  CHECK(node.later.size() == 1);
  node.answer_later("first");
  CHECK(node.receive() == h1_answer("first") + h1_answer("/path/2"));
  node.answer_later("second");
  CHECK(node.receive() == h1_answer("second") + h1_answer("/path/3") + h1_answer("/path/4"));
}

TEST_CASE("h1: answers are timed, at once or later, and refusals of what is no request are not") {
  H1Node node;
  node.loop.count_in(node.counters);
  node.open();
  const auto timed = [&node] {
    HistogramSnapshot snapshot;
    snapshot.add(node.counters.get(Histogram::http_answer));
    return snapshot;
  };
  node.send(H1Node::request("/hello") + H1Node::request("/nowhere") + H1Node::request("/later"));
  CHECK(timed().count() == 2);
  const uint64_t before = timed().sum();
  const uint64_t end = monotonic_us() + 2000;
  while (monotonic_us() < end) {
  }
  node.answer_later("late");
  node.turn();
  CHECK(timed().count() == 3);
  CHECK(timed().sum() >= before + 2000);
  node.send("nonsense\r\n\r\n");
  CHECK(timed().count() == 3);
}

TEST_CASE("h1: a pipeline longer than pipeline_max is held back, counted, and served") {
  H1Node node;
  node.limits.pipeline_max = 3;
  node.open();
  std::string requests, answers;
  for (int i = 0; i < 20; ++i) {
    requests += H1Node::request("/path/" + std::to_string(i));
    answers += h1_answer("/path/" + std::to_string(i));
  }
  node.send(requests);
  CHECK(node.receive() == answers);
  CHECK(node.count(Counter::limit_pipeline) > 0);
}

TEST_CASE("h1: the header of each pipelined request has its own time") {
  H1Node node;
  node.limits.header_ms = 1000;
  node.open();
  // Each piece ends a request and begins the next.
  const std::string one = H1Node::request("/hello");
  node.send(one.substr(0, 10));
  for (int i = 0; i < 5; ++i) {
    node.pass_time(700);
    node.send(one.substr(10) + one.substr(0, 10));
    CHECK(node.receive() == h1_answer("hello"));
  }
  node.pass_time(1300);
  CHECK(node.receive().starts_with("HTTP/1.1 408 "));
  CHECK(node.count(Counter::limit_header_time) == 1);
}

TEST_CASE("h1: HEAD has the fields and no body") {
  H1Node node;
  node.open();
  node.send("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(node.receive() == "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
  node.send("HEAD /source HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(node.receive() == "HTTP/1.1 200 OK\r\n\r\n");
  CHECK(node.sources_destroyed == 1);
  node.get("/none");
  CHECK(node.receive() == "HTTP/1.1 204 No Content\r\n\r\n");
  node.get("/hello");
  CHECK(node.receive() == h1_answer("hello"));
}

TEST_CASE("h1: connection: close, and HTTP/1.0") {
  H1Node node;
  node.open();
  node.send(H1Node::request("/hello", "Connection: close\r\n") + H1Node::request("/path/not"));
  CHECK(node.receive() == h1_answer("hello", kClose));
  CHECK(node.eof);
  node.leave();
  node.open();
  node.send("GET /hello HTTP/1.0\r\n\r\n");
  CHECK(node.receive() == h1_answer("hello", kClose));
  CHECK(node.eof);
}

TEST_CASE("h1: 100 Continue when the body is wanted, once") {
  H1Node node;
  node.open();
  node.send(H1Node::post("/echo", "Content-Length: 4\r\nExpect: 100-continue\r\n", ""));
  CHECK(node.receive() == "HTTP/1.1 100 Continue\r\n\r\n");
  node.send("bo");
  CHECK(node.receive().empty());
  node.send("dy");
  CHECK(node.receive() == h1_answer("body"));
  node.send(H1Node::post("/echo", "Content-Length: 0\r\nExpect: 100-continue\r\n", ""));
  CHECK(node.receive() == h1_answer(""));
  node.send(H1Node::post("/echo", "Content-Length: 2\r\n", "hi"));
  CHECK(node.receive() == h1_answer("hi"));
}

TEST_CASE("h1: no 100 for what is refused or from HTTP/1.0") {
  H1Node node;
  node.limits.body_bytes_max = 10;
  node.open();
  node.send(H1Node::post("/echo", "Content-Length: 11\r\nExpect: 100-continue\r\n", ""));
  CHECK(node.receive().starts_with("HTTP/1.1 413 "));
  CHECK(node.eof);
  node.leave();
  node.open();
  node.send(H1Node::post("/echo", "Content-Length: 1\r\nExpect: magic\r\n", ""));
  CHECK(node.receive().starts_with("HTTP/1.1 417 "));
  node.leave();
  node.open();
  node.send("POST /echo HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  CHECK(node.receive().empty());
  node.send("hi");
  CHECK(node.receive() == h1_answer("hi", kClose));
}

TEST_CASE("h1: a body of unknown length goes in chunks, or until the end for HTTP/1.0") {
  H1Node node;
  node.open();
  node.get("/source");
  CHECK(node.receive() == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
  node.source->add("hello");
  CHECK(node.receive() == "00005\r\nhello\r\n");
  node.source->add("");
  CHECK(node.receive().empty());
  node.source->end("bye");
  CHECK(node.receive() == "00003\r\nbye\r\n0\r\n\r\n");
  CHECK(node.sources_destroyed == 1);
  node.get("/source");
  CHECK(node.receive().starts_with("HTTP/1.1 200 OK\r\n"));
  node.source->end("");
  CHECK(node.receive() == "0\r\n\r\n");
  node.send("GET /source HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(node.receive() == "HTTP/1.1 200 OK\r\n" + kClose + "\r\n");
  node.source->end("plain");
  CHECK(node.receive() == "plain");
  CHECK(node.eof);
}

TEST_CASE("h1: a large body in chunks, pulled as the client takes it") {
  H1Node node;
  node.buffer_bytes = 16'384;
  std::string all(1'500'000, '\0');
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
  node.route("/large", [&](Exchange& exchange) {
    node.answer_source(exchange, std::nullopt, all, true);
    node.source->piece = 10'000;
  });
  node.route("/known",
             [&](Exchange& exchange) { node.answer_source(exchange, all.size(), all, true); });
  node.open();
  node.get("/large");
  CHECK(node.source->ready.size() > 1'000'000);
  const std::string got = node.receive();
  std::string body;
  size_t at = got.find("\r\n\r\n") + 4;
  for (;;) {
    const size_t size = std::stoul(got.substr(at, got.find('\r', at) - at), nullptr, 16);
    if (size == 0) break;
    body += got.substr(at + 7, size);
    REQUIRE(got.substr(at + 7 + size, 2) == "\r\n");
    at += 9 + size;
  }
  CHECK(got.substr(at) == "0\r\n\r\n");
  CHECK((body == all));
  node.get("/known");
  const std::string known = node.receive();
  CHECK(known.substr(0, known.find("\r\n\r\n")) == "HTTP/1.1 200 OK\r\ncontent-length: 1500000");
  CHECK((known.substr(known.find("\r\n\r\n") + 4) == all));
}

TEST_CASE("h1: a body that fails, or ends before its length, cuts the connection") {
  H1Node node;
  node.route("/short", [&](Exchange& exchange) { node.answer_source(exchange, 10, "abc", true); });
  node.open();
  node.send(H1Node::request("/source") + H1Node::request("/path/next"));
  node.source->fail();
  node.turn();
  CHECK(node.receive().find("/path/next") == std::string::npos);
  CHECK(node.eof);
  CHECK(node.sources_destroyed == 1);
  CHECK(node.count(Counter::h1_requests) == 1);
  node.leave();
  node.open();
  node.get("/short");
  node.receive();
  CHECK(node.eof);
  CHECK(node.sources_destroyed == 2);
}

TEST_CASE("h1: an upgrade hands over the stream, what came behind, and nothing else") {
  struct Owner final : StreamOwner {
    void on_data(Bytes data) override { got += as_text(data); }
    void on_eof() override { channel.close(); }
    bool on_flush(Gather& out) override {
      if (!head.bytes.empty()) out.add(std::exchange(head, Slice()));
      return false;
    }
    void on_closed(Status) override { ++closes; }
    WsChannel channel;
    Slice head;
    std::string got;
    int closes = 0;
  };
  for (const bool at_once : {true, false}) {
    CAPTURE(at_once);
    Owner owner;
    H1Node node;
    const auto upgrade = [&](Exchange& exchange) {
      const Header fields[] = {{"upgrade", "x"}, {"connection", "upgrade"}};
      Upgraded upgraded;
      REQUIRE(exchange.upgrade(fields, &upgraded) == Status::ok);
      owner.channel = upgraded.channel;
      owner.head = std::move(upgraded.head);
      owner.got = std::string(as_text(upgraded.rest));
      owner.channel.set_owner(&owner);
      owner.channel.want_flush(Lane::answer);
    };
    node.route("/up", [&](Exchange& exchange) {
      if (at_once) return upgrade(exchange);
      exchange.ref();
      node.later.push_back(&exchange);
    });
    node.open();
    node.get("/hello");
    node.receive();
    node.send(H1Node::request("/up", "Upgrade: x\r\nConnection: upgrade\r\n") + "new protocol");
    if (!at_once) {
      node.send(" goes on");
      upgrade(*node.later.front());
      node.later.front()->unref();
      node.later.clear();
    }
    CHECK(node.receive() ==
          "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n");
    node.send("!");
    CHECK(owner.got == (at_once ? "new protocol!" : "new protocol goes on!"));
    CHECK(node.http.connections.empty());
    node.leave();
    CHECK(owner.closes == 1);
  }
}

TEST_CASE("h1: no upgrade for HTTP/1.0 or behind answers that are not sent yet") {
  H1Node node;
  node.route("/up", [&](Exchange& exchange) {
    Upgraded upgraded;
    CHECK(exchange.upgrade({}, &upgraded) == Status::unsupported);
    H1Node::answer(exchange, "stay");
  });
  node.open();
  node.send(H1Node::request("/hello") + H1Node::request("/up"));
  CHECK(node.receive() == h1_answer("hello") + h1_answer("stay"));
  node.send("GET /up HTTP/1.0\r\n\r\n");
  CHECK(node.receive() == h1_answer("stay", kClose));
}

TEST_CASE("h1: HTTP/2 with prior knowledge, its preface cut anywhere") {
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const std::string settings("\0\0\0\4\0\0\0\0\0", 9);
  for (size_t cut = 1; cut < preface.size(); ++cut) {
    H1Node node;
    node.open();
    node.send(preface.substr(0, cut));
    node.send(preface.substr(cut) + settings);
    const std::string got = node.receive();
    REQUIRE(got.size() > 9);
    REQUIRE(got[3] == 4);  // SETTINGS
  }
  // What only begins like it is a request, or none.
  H1Node node;
  node.open();
  node.send("P");
  node.send("OST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
  CHECK(node.receive() == h1_answer("hi"));
  node.leave();
  node.open();
  node.send("PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n");
  CHECK(node.receive().starts_with("HTTP/1.1 "));
  CHECK(node.eof);
  node.leave();
  node.open();
  node.get("/hello");
  node.receive();
  node.send(preface + settings);
  const std::string late = node.receive();
  CHECK(late.starts_with("HTTP/1.1 "));
  CHECK(node.eof);
}

}  // namespace fce
