// SPDX-License-Identifier: Apache-2.0
// Tunnels through the reverse proxy: WebSockets and other protocols, from HTTP/1.1 and HTTP/2.
#include "http/proxy_tunnel.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "http/h1_node.h"
#include "http/h2_node.h"
#include "http/mock_fetcher.h"
#include "http/proxy.h"
#include "http/ws_handshake.h"
#include "http/ws_node.h"

namespace fce {
namespace {

using Pull = BodySource::Pull;

const std::string kKey = "dGhlIHNhbXBsZSBub25jZQ==";
const std::string kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

ProxyOptions plain() {
  ProxyOptions options;
  options.via = "";
  options.x_forwarded = false;
  options.tunnel_idle_ms = 10'000;
  return options;
}

std::shared_ptr<const Handler> make(const ProxyOptions& options,
                                    const std::shared_ptr<MockFetcher>& fetcher) {
  std::shared_ptr<const Handler> proxy;
  REQUIRE(ReverseProxy::make(options, fetcher, &proxy) == Status::ok);
  return proxy;
}

void upgrade(MockFetcher::Call& call, const std::string& accept) {
  const Header fields[] = {{"upgrade", "websocket"},
                           {"sec-websocket-accept", accept},
                           {"sec-websocket-protocol", "chat"},
                           {"x-powered-by", "x"}};
  call.sink->on_upgraded(fields);
}

struct H1Tunnel : H1Node {
  explicit H1Tunnel(const ProxyOptions& options = plain()) {
    add_route("/ws", make(options, fetcher), {"GET", "POST"}, 0);
  }
  ~H1Tunnel() {
    net.streams.for_each([](Stream* stream) { stream->abort(Status::canceled); });
    leave();
    CHECK(counters.get(Gauge::tunnels) == 0);
  }
  void ask(const std::string& behind = {}) {
    open();
    send(H1Node::request("/ws",
                         "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
                             kKey + "\r\n") +
         behind);
  }
  void connect() {
    ask();
    upgrade(call(), kAccept);
    CHECK(receive().starts_with("HTTP/1.1 101 "));
  }
  MockFetcher::Call& call() { return fetcher->last(); }
  std::shared_ptr<MockFetcher> fetcher = std::make_shared<MockFetcher>();
};

struct H2TunnelNode : H2Node {
  H2TunnelNode() {
    http.h2_websocket = true;
    add_route("/ws", make(plain(), fetcher), {"GET"}, 0);
    client = &open();
    settle();
  }
  ~H2TunnelNode() {
    H2Node::client.reset();
    turn();
    CHECK(counters.get(Gauge::tunnels) == 0);
  }
  int32_t ask() {
    const std::string nothing;
    const H2Fields fields = {{":method", "CONNECT"},
                             {":protocol", "websocket"},
                             {":scheme", "https"},
                             {":authority", "a.example"},
                             {":path", "/ws"},
                             {"sec-websocket-version", "13"},
                             {"sec-websocket-protocol", "chat"}};
    const int32_t id = client->request(fields, &nothing, false);
    settle();
    return id;
  }
  int32_t connect() {
    const int32_t id = ask();
    upgrade(call(), websocket_accept_value(key()));
    settle();
    CHECK(client->answers[id].status == 200);
    return id;
  }
  std::string key() {
    const std::string field = call().field("sec-websocket-key");
    REQUIRE(field.size() > 2);
    return field.substr(1, field.size() - 2);
  }
  MockFetcher::Call& call() { return fetcher->last(); }
  std::shared_ptr<MockFetcher> fetcher = std::make_shared<MockFetcher>();
  H2Client* client;
};

}  // namespace

TEST_CASE("proxy tunnel: HTTP/1.1, bytes both ways, what was sent early first") {
  H1Tunnel node;
  node.ask("early ");
  MockFetcher::Call& call = node.call();
  CHECK(call.upgrade);
  CHECK(call.field("upgrade") == "[websocket]");
  CHECK(call.field("connection").empty());
  CHECK(call.field("sec-websocket-key") == "[" + kKey + "]");
  upgrade(call, kAccept);
  call.piece("first");
  CHECK(node.receive() == "HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: " + kAccept +
                              "\r\nsec-websocket-protocol: chat\r\nx-powered-by: x\r\n"
                              "upgrade: websocket\r\nconnection: upgrade\r\n\r\nfirst");
  CHECK(node.counters.get(Gauge::tunnels) == 1);
  CHECK(node.count(Counter::proxy_upgrades) == 1);
  node.send("late");
  CHECK(call.sent.pull() == Pull::wait);
  CHECK(call.sent.got == "early late");
  call.piece("second");
  CHECK(node.receive() == "second");
  // The upstream ends it.
  call.piece("last");
  call.end();
  CHECK(node.receive() == "last");
  CHECK(node.eof);
  node.turn();
  CHECK_FALSE(call.alive);
  CHECK(node.counters.get(Gauge::tunnels) == 0);
}

TEST_CASE("proxy tunnel: a client that ends or leaves") {
  for (const bool half : {false, true}) {
    CAPTURE(half);
    H1Tunnel node;
    node.connect();
    node.send("bye");
    if (half) {
      node.end_of_requests();
      // What was sent still arrives, and may be answered. Then the upstream's connection is closed.
      CHECK(node.call().sent.pull() == Pull::wait);
      node.call().piece("last word");
      CHECK(node.receive() == "last word");
      CHECK(node.call().sent.pull() == Pull::wait);
      node.pass_time(ProxyTunnel::kLastWordMs + 200);
      CHECK(node.call().sent.pull() == Pull::end);
      CHECK(node.call().sent.got == "bye");
      node.call().end();
      node.turn();
    } else {
      node.leave();
      // It cannot be told from one that only ends its side, until something is sent to it.
      node.pass_time(ProxyTunnel::kLastWordMs + 200);
      CHECK(node.call().sent.pull_all() == Pull::end);
      node.call().end();
      node.turn();
    }
    CHECK_FALSE(node.call().alive);
    CHECK(node.counters.get(Gauge::tunnels) == 0);
  }
}

TEST_CASE("proxy tunnel: HTTP/2, with a key of the proxy's own") {
  H2TunnelNode node;
  const int32_t id = node.ask();
  MockFetcher::Call& call = node.call();
  CHECK(call.method == "GET");
  CHECK(call.upgrade);
  CHECK(call.field("upgrade") == "[websocket]");
  CHECK(call.field("sec-websocket-version") == "[13]");
  CHECK(node.key().size() == 24);
  upgrade(call, websocket_accept_value(node.key()));
  node.settle();
  H2Client::Answer& answer = node.client->answers[id];
  CHECK(answer.status == 200);
  CHECK(answer.field("sec-websocket-protocol") == "chat");
  CHECK(answer.field("sec-websocket-accept").empty());
  CHECK(answer.field("upgrade").empty());
  node.client->send_more(id, "abc", false);
  node.settle();
  CHECK(call.sent.pull() == Pull::wait);
  CHECK(call.sent.got == "abc");
  call.piece("xyz");
  node.settle();
  CHECK(answer.body == "xyz");
  call.end();
  node.settle();
  CHECK(answer.ended);
  node.client->send_more(id, "", true);
  node.settle();
  CHECK(answer.closed);
  CHECK_FALSE(call.alive);
  // Another key each time.
  const std::string first = node.fetcher->calls[0]->field("sec-websocket-key");
  node.connect();
  CHECK(node.call().field("sec-websocket-key") != first);
}

TEST_CASE("proxy tunnel: HTTP/2 clients that end or reset") {
  H2TunnelNode node;
  const int32_t ends = node.connect();
  MockFetcher::Call& ended = node.call();
  const int32_t resets = node.connect();
  MockFetcher::Call& reset = node.call();
  node.client->send_more(ends, "bye", true);
  node.client->reset(resets);
  node.settle();
  CHECK(ended.sent.pull() == Pull::wait);
  CHECK(ended.sent.got == "bye");
  CHECK_FALSE(reset.alive);
  ended.end();
  node.settle();
  CHECK(node.client->answers[ends].ended);
  CHECK_FALSE(ended.alive);
}

TEST_CASE("proxy tunnel: an upstream that says no is answered as it says") {
  H1Tunnel node;
  node.ask();
  node.call().head(403, {{"content-type", "text/plain"}}, 3);
  node.call().piece("no\n");
  node.call().end();
  CHECK(node.receive() ==
        "HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\nno\n");
  node.get("/hello");
  CHECK(node.receive() == h1_answer("hello"));
  H2TunnelNode h2;
  const int32_t id = h2.ask();
  h2.call().head(403, {}, 0);
  h2.settle();
  CHECK(h2.client->answers[id].status == 403);
}

TEST_CASE("proxy tunnel: an upgrade that was not asked for, or not proven, is 502") {
  H1Tunnel node;
  node.ask();
  const Header other[] = {{"upgrade", "other"}};
  node.call().sink->on_upgraded(other);
  CHECK_FALSE(node.call().alive);
  CHECK(node.receive().starts_with("HTTP/1.1 502 "));
  H2TunnelNode h2;
  const int32_t id = h2.ask();
  upgrade(h2.call(), kAccept);  // of another key
  h2.settle();
  CHECK_FALSE(h2.call().alive);
  CHECK(h2.client->answers[id].status == 502);
}

TEST_CASE("proxy tunnel: an upgrade that may not be tunnelled is a plain request") {
  ProxyOptions options = plain();
  options.upgrades.clear();
  H1Tunnel node(options);
  node.ask();
  CHECK_FALSE(node.call().upgrade);
  CHECK(node.call().field("upgrade").empty());
}

TEST_CASE("proxy tunnel: each side is held back by the other") {
  H1Tunnel node;
  node.buffer_bytes = 16 * 1024;
  node.connect();
  MockFetcher::Call& call = node.call();
  const std::string block(10'000, 'x');
  // Towards the client.
  size_t given = 0;
  for (int i = 0; i < 1000 && !call.paused; ++i) {
    call.piece(block);
    given += block.size();
    node.turn(1);
  }
  CHECK(call.paused);
  CHECK(given < ProxyTunnel::kWindowBytes + 150'000);
  size_t got = 0;
  for (int i = 0; i < 100 && got < given; ++i) got += node.receive().size();
  CHECK(got == given);
  CHECK_FALSE(call.paused);
  // Towards the upstream.
  call.sent.keeps = false;
  const uint64_t before = node.counters.get(Counter::bytes_in);
  size_t sent = 0;
  for (int stuck = 0; stuck < 20;) {
    const ssize_t some = ::send(node.client, block.data(), block.size(), MSG_NOSIGNAL);
    if (some > 0) sent += static_cast<size_t>(some);
    stuck = some > 0 ? 0 : stuck + 1;
    node.turn(1);
  }
  CHECK(node.counters.get(Counter::bytes_in) - before <=
        Upload::kWindowBytes + NetContext::kReadBytes);
  for (int i = 0; i < 100 && call.sent.pulled_bytes < sent; ++i) {
    call.sent.pull();
    node.turn();
  }
  CHECK(call.sent.pulled_bytes == sent);
}

TEST_CASE("proxy tunnel: over HTTP/2 the windows hold both sides back") {
  H2TunnelNode node;
  const int32_t id = node.connect();
  MockFetcher::Call& call = node.call();
  call.sent.keeps = false;
  const std::string much(1'000'000, 'x');
  node.client->send_more(id, much, false);
  node.settle();
  CHECK(node.counted(Counter::bytes_in) < 256 * 1024 + Upload::kWindowBytes + 50'000);
  for (int i = 0; i < 100 && call.sent.pulled_bytes < much.size(); ++i) {
    call.sent.pull_all();
    node.settle();
  }
  CHECK(call.sent.pulled_bytes == much.size());
}

TEST_CASE("proxy tunnel: nothing in either direction for too long ends it") {
  for (const int busy : {0, 1, 2}) {
    CAPTURE(busy);
    H1Tunnel node;
    node.connect();
    for (int i = 0; i < 3; ++i) {
      node.pass_time(8000);
      if (busy == 1) node.send("x");
      if (busy == 2) node.call().piece("x");
      node.turn();
    }
    CHECK(node.call().alive == (busy > 0));
    CHECK(node.count(Counter::limit_tunnel_idle) == (busy > 0 ? 0 : 1));
    node.receive();
    CHECK(node.eof == (busy == 0));
  }
}

TEST_CASE("proxy tunnel: a drain tells a WebSocket between two frames, and lets it end in order") {
  const std::string whole = server_frame(WsOpcode::text, "whole");
  for (const bool between : {false, true}) {
    CAPTURE(between);
    H1Tunnel node;
    node.connect();
    node.call().piece(between ? whole : whole.substr(0, 3));
    node.http.draining = true;
    node.http.connections.for_each([](Drainable* one) { one->drain(); });
    std::string got = node.receive();
    if (!between) {
      CHECK(got == whole.substr(0, 3));
      node.call().piece(whole.substr(3) + whole);
      got += node.receive();
    }
    REQUIRE(got.starts_with(whole));
    got.erase(0, whole.size());
    CHECK(got.starts_with("\x88"));
    CHECK(got.find("\x03\xf4retry-after-ms=") == 2);  // 1012
    node.call().piece(whole);                         // there is nothing to be said any more
    CHECK(node.receive().empty());
    node.send("goodbye");
    CHECK(node.call().sent.pull() == Pull::wait);
    CHECK(node.call().sent.got == "goodbye");
    node.call().end();
    node.receive();
    CHECK(node.eof);
    CHECK_FALSE(node.call().alive);
  }
}

TEST_CASE("proxy tunnel: a WebSocket that does not say goodbye has a time for it") {
  H1Tunnel node;
  node.connect();
  node.http.draining = true;
  node.http.connections.for_each([](Drainable* one) { one->drain(); });
  CHECK_FALSE(node.receive().empty());
  node.pass_time(ProxyTunnel::kCloseMs - 1000);
  CHECK(node.call().alive);
  node.pass_time(1500);
  node.receive();
  CHECK(node.eof);
  CHECK_FALSE(node.call().alive);
}

TEST_CASE("proxy tunnel: a drain ends other protocols, and the client has all that came before") {
  ProxyOptions options = plain();
  options.upgrades = {"other"};
  H1Tunnel node(options);
  node.open();
  node.send(H1Node::request("/ws", "Connection: Upgrade\r\nUpgrade: other\r\n"));
  const Header fields[] = {{"upgrade", "Other"}};
  node.call().sink->on_upgraded(fields);
  CHECK(node.receive().starts_with("HTTP/1.1 101 "));
  node.send("from the client");
  node.call().piece("from the upstream");
  CHECK(node.call().sent.pull() == Pull::wait);
  node.http.draining = true;
  node.http.connections.for_each([](Drainable* one) { one->drain(); });
  CHECK(node.call().sent.pull() == Pull::end);
  CHECK(node.call().sent.got == "from the client");
  CHECK(node.receive() == "from the upstream");
  CHECK(node.eof);
  CHECK_FALSE(node.call().alive);
}

TEST_CASE("proxy tunnel: a node that goes, and an upstream that breaks") {
  H1Tunnel node;
  node.connect();
  node.call().fail(FetchError::closed);
  node.receive();
  CHECK(node.eof);
  CHECK_FALSE(node.call().alive);
  node.leave();
  node.connect();
  node.net.streams.for_each([](Stream* stream) { stream->abort(Status::canceled); });
  node.turn();
  CHECK_FALSE(node.call().alive);
}

TEST_CASE("proxy tunnel: a client that leaves before the upgrade") {
  H2TunnelNode node;
  const int32_t id = node.ask();
  node.client->reset(id);
  node.settle();
  CHECK_FALSE(node.call().alive);
  CHECK(node.counted(Counter::proxy_canceled) == 1);
}

}  // namespace fce
