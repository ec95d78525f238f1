// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_connection.h"

#include <doctest/doctest.h>

#include "geo/echo_handler.h"
#include "net/stream_node.h"

namespace fce {
namespace {

struct DnsNode : StreamNode {
  explicit DnsNode(DnsConnections::Limits limits = {})
      : all(net, handler, limits, DnsTransport::tcp, figures) {}

  void on_stream(Stream& stream) override { DnsConnection::start(all, stream); }
  static std::string answer_to(std::string_view query) {
    return with_length("re:" + std::string(query));
  }

  EchoHandler handler;
  DnsStreamFigures figures;
  DnsConnections all;
};

}  // namespace

TEST_CASE("dns connection: queries one after the other") {
  DnsNode node;
  node.open();
  for (const char* name : {"first", "second"}) {
    node.send(with_length(query_of(name)));
    CHECK(node.receive() == DnsNode::answer_to(query_of(name)));
  }
  CHECK(node.handler.room == 65'535);
  CHECK(node.handler.clients[0].transport == DnsTransport::tcp);
  CHECK(node.figures.opened.get() == 1);
  CHECK(node.figures.queries.get() == 2);
  CHECK_FALSE(node.eof);
}

TEST_CASE("dns connection: in pieces of every size") {
  for (size_t piece = 1; piece <= 40; ++piece) {
    CAPTURE(piece);
    DnsNode node;
    node.open();
    std::string sent, expected;
    for (const char* name : {"a", "b", "c"}) {
      sent += with_length(query_of(name, 15));
      expected += DnsNode::answer_to(query_of(name, 15));
    }
    std::string got;
    for (size_t at = 0; at < sent.size(); at += piece) {
      node.send(sent.substr(at, piece));
      got += node.receive();
    }
    CHECK(got == expected);
  }
}

TEST_CASE("dns connection: silence to one query, the longest answer to another") {
  DnsNode node;
  node.open();
  node.handler.reply = [](std::string_view query) {
    return query[0] == 's' ? std::string() : counting_bytes(65'535);
  };
  node.send(with_length(query_of("s")) + with_length(query_of("long")));
  CHECK(node.receive() == with_length(counting_bytes(65'535)));
}

TEST_CASE("dns connection: many queries at once wait until answers are taken") {
  DnsNode node;
  node.buffer_bytes = 8192;
  node.open();
  node.handler.reply = [](std::string_view query) {
    return std::string(query) + counting_bytes(4000);
  };
  std::string sent, expected;
  for (int i = 0; i < 2000; ++i) {
    const std::string query = query_of(std::to_string(i));
    sent += with_length(query);
    expected += with_length(query + counting_bytes(4000));
  }
  // Fewer are answered than are sent, however long one waits.
  CHECK(::send(node.client(), sent.data(), sent.size(), MSG_NOSIGNAL) > 0);
  node.turn(50);
  CHECK(node.handler.queries.size() < 100);
  CHECK(node.figures.held_back.get() > 0);
  std::string got = node.receive();
  // The rest of what the socket took not at once is sent as the server reads.
  CHECK(expected.starts_with(got));
  CHECK(got.size() > 2 * 65'536);
}

TEST_CASE("dns connection: all queries of a burst are answered in their order") {
  DnsNode node;
  node.open();
  std::string sent, expected;
  for (int i = 0; i < 20'000; ++i) {
    sent += with_length(query_of(std::to_string(i)));
    expected += DnsNode::answer_to(query_of(std::to_string(i)));
  }
  std::string got;
  for (size_t at = 0; at < sent.size(); at += 50'000) {
    node.send(std::string_view(sent).substr(at, 50'000));
    got += node.receive();
  }
  CHECK(got == expected);
  CHECK(node.figures.queries.get() == 20'000);
}

TEST_CASE("dns connection: who has sent all gets all answers") {
  DnsNode node;
  node.open();
  std::string sent, expected;
  for (int i = 0; i < 3000; ++i) {
    sent += with_length(query_of(std::to_string(i)));
    expected += DnsNode::answer_to(query_of(std::to_string(i)));
  }
  REQUIRE(::send(node.client(), sent.data(), sent.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(sent.size()));
  ::shutdown(node.client(), SHUT_WR);
  CHECK(node.receive() == expected);
  CHECK(node.eof);
  CHECK(node.figures.closed.get() == 1);
}

TEST_CASE("dns connection: half a query and the end of the stream") {
  DnsNode node;
  node.open();
  node.send(with_length(query_of("half")).substr(0, 9));
  ::shutdown(node.client(), SHUT_WR);
  CHECK(node.receive().empty());
  CHECK(node.eof);
  CHECK(node.handler.queries.empty());
}

TEST_CASE("dns connection: a length that no query has ends it after the answers before") {
  for (const size_t size : {size_t{0}, size_t{11}, size_t{4097}, size_t{65'535}}) {
    CAPTURE(size);
    DnsNode node;
    node.open();
    const std::string query = query_of("good");
    const std::string bad = with_length(std::string(size, 'x')).substr(0, 2);
    node.send(with_length(query) + bad + with_length(query));
    CHECK(node.receive() == DnsNode::answer_to(query));
    CHECK(node.eof);
    CHECK(node.handler.queries.size() == 1);
    CHECK(node.figures.malformed.get() == 1);
  }
}

TEST_CASE("dns connection: the longest query") {
  DnsNode node;
  node.open();
  node.send(with_length(query_of("long", 4096)));
  CHECK(node.receive() == DnsNode::answer_to(query_of("long", 4096)));
}

TEST_CASE("dns connection: idle for too long, and a query that takes too long") {
  DnsNode node({.idle_ms = 5000});
  node.open();
  node.pass_time(3000);
  node.send(with_length(query_of("a")));
  node.pass_time(3000);
  CHECK(node.receive() == DnsNode::answer_to(query_of("a")));
  CHECK_FALSE(node.eof);
  node.pass_time(6000);
  CHECK(node.receive().empty());
  CHECK(node.eof);
  CHECK(node.figures.idle.get() == 1);

  node.open();
  const std::string query = with_length(query_of("slow"));
  for (size_t i = 0; i < 6; ++i) {
    node.send(query.substr(i, 1));
    node.pass_time(1000);
  }
  CHECK(node.figures.slow.get() == 1);
  CHECK(node.figures.closed.get() == 2);
  CHECK(node.handler.queries.size() == 1);
}

TEST_CASE("dns connection: who does not take his answers is cut off") {
  DnsNode node({.idle_ms = 5000});
  node.buffer_bytes = 4096;
  node.open();
  node.handler.reply = [](std::string_view) { return counting_bytes(60'000); };
  node.send(with_length(query_of("a")));
  node.pass_time(6000);
  CHECK(node.figures.slow.get() == 1);
  CHECK(node.figures.closed.get() == 1);
}

TEST_CASE("dns connection: one too many takes the place of who has been idle for longest") {
  DnsNode node({.connections_max = 3});
  for (int i = 0; i < 3; ++i) node.open();
  const auto ask = [&node](size_t client) {
    const std::string query = with_length(query_of("q"));
    REQUIRE(::send(node.clients[client], query.data(), query.size(), MSG_NOSIGNAL) > 0);
    node.turn();
    char buffer[100];
    return ::recv(node.clients[client], buffer, sizeof buffer, 0);
  };
  REQUIRE(ask(0) > 0);
  node.open();
  node.turn();
  CHECK(node.figures.pushed_out.get() == 1);
  CHECK(node.all.count == 3);
  char byte;
  CHECK(::recv(node.clients[1], &byte, 1, 0) == 0);
  for (const size_t client : {0, 2, 3}) CHECK(ask(client) > 0);
}

TEST_CASE("dns connection: a drain answers what was asked, and ends it") {
  DnsNode node;
  node.open();
  node.send(with_length(query_of("a")).substr(0, 4));
  node.all.open.for_each([](DnsConnection* connection) { connection->drain(); });
  CHECK(node.receive().empty());
  CHECK(node.eof);
  CHECK(node.all.count == 0);
}

}  // namespace fce
