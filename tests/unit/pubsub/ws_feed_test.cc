// SPDX-License-Identifier: Apache-2.0
// WebSocket feeds over a real socket pair: this side reads what a client would.
#include "pubsub/ws_feed.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_support.h"
#include "pubsub/feed_handler.h"

using namespace fce;
using namespace fce::test;

namespace {

class Client final : private StreamAcceptor {
 public:
  // Connects and asks for a WebSocket; the handler may refuse.
  Client(TestNode& node, TestHttp& http, const char* query, bool json) : node_(node) {
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets_) == 0);
    Stream::accept(http.net, sockets_[0], PeerAddress(), nullptr, *this);
    fce_feed_options options{};
    options.size = sizeof options;
    options.tenant = "acme";
    options.channel = "news";
    std::shared_ptr<const Handler> handler;
    REQUIRE(FeedHandler::make(node.pubsub(), options, "/", &handler) == Status::ok);
    TestRequest request(http);
    request.query(query).field("connection", "Upgrade").field("upgrade", "websocket");
    request.field("sec-websocket-version", "13");
    request.field("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    if (json) request.field("sec-websocket-protocol", "other, fcedge.v1.json");
    request.stream = stream_;
    request.run(*handler);
    status = request.status;
    protocol = request.header("Sec-WebSocket-Protocol");
  }
  ~Client() {
    leave();
    node_.settle();
  }
  void leave() {
    if (sockets_[1] >= 0) ::close(sockets_[1]);
    sockets_[1] = -1;
  }
  // All frames that are there: the text of text frames, "close CODE REASON".
  Got read() {
    node_.settle();
    char buffer[65'536];
    for (ssize_t size; (size = ::read(sockets_[1], buffer, sizeof buffer)) > 0;)
      data_.append(buffer, static_cast<size_t>(size));
    Got frames;
    while (data_.size() >= 2) {
      const auto length = static_cast<uint8_t>(data_[1]);
      REQUIRE(length <= 125);
      REQUIRE(data_.size() >= 2u + length);
      const std::string payload = data_.substr(2, length);
      if (data_[0] == '\x81') frames.push_back(payload);
      if (data_[0] == '\x88') {
        const int code = static_cast<uint8_t>(payload[0]) << 8 | static_cast<uint8_t>(payload[1]);
        frames.push_back("close " + std::to_string(code) + " " + payload.substr(2));
      }
      data_.erase(0, 2u + length);
    }
    return frames;
  }

  uint16_t status = 0;
  std::string protocol;

 private:
  void on_stream(Stream& stream) override {
    // Until the WebSocket takes over nobody may be called.
    stream_ = &stream;
  }
  TestNode& node_;
  int sockets_[2];
  Stream* stream_ = nullptr;
  std::string data_;
};

void drain_all(TestHttp& http) {
  http.http.connections.for_each([](Drainable* connection) { connection->drain(); });
}

}  // namespace

TEST_CASE("a bare WebSocket feed sends the payloads alone") {
  TestNode node(1);
  TestHttp http(node, 0);
  const ChannelKey key = key_of("acme", "news");
  CHECK(node.publish(key, "before") == Status::ok);
  node.settle();
  Client live(node, http, "", false), whole(node, http, "after=0", false);
  CHECK(live.status == 101);
  CHECK(live.protocol == "");
  CHECK(live.read().empty());
  CHECK(whole.read() == Got{"before"});
  CHECK(node.publish(key, "hello") == Status::ok);
  CHECK(live.read() == Got{"hello"});
  CHECK(whole.read() == Got{"hello"});
}

TEST_CASE("a JSON feed sends envelopes, ready and gaps") {
  TestNode node(1);
  TestHttp http(node, 0);
  const ChannelKey key = key_of("acme", "news");
  CHECK(node.publish(key, "say \"hi\"") == Status::ok);
  node.settle();
  Client whole(node, http, "after=0", true), lost(node, http, "after=00000000.9-9", true);
  CHECK(whole.protocol == "fcedge.v1.json");
  CHECK(whole.read() ==
        Got{"{\"channel\":\"news\",\"id\":\"00000000.1-1\",\"data\":\"say \\\"hi\\\"\"}",
            "{\"channel\":\"news\",\"ready\":{\"id\":\"00000000.1-1\"}}"});
  CHECK(lost.read() ==
        Got{"{\"channel\":\"news\",\"gap\":{\"reason\":\"epoch\",\"id\":\"00000000.1-1\"}}",
            "{\"channel\":\"news\",\"ready\":{\"id\":\"00000000.1-1\"}}"});
  CHECK(node.publish(key, "x") == Status::ok);
  CHECK(lost.read() == Got{"{\"channel\":\"news\",\"id\":\"00000000.1-2\",\"data\":\"x\"}"});
}

TEST_CASE("a bare feed that has a gap is closed with 4410") {
  TestNode node(1);
  TestHttp http(node, 0);
  Client client(node, http, "after=nonsense", false);
  CHECK(client.read() == Got{"close 4410 gap: invalid"});
  CHECK(node.publish(key_of("acme", "news"), "x") == Status::ok);
  CHECK(client.read().empty());
}

TEST_CASE("a drain closes WebSocket feeds with a time to come back") {
  TestNode node(1);
  node.pubsub().set_spread_ms(1);
  TestHttp http(node, 0);
  Client json(node, http, "", true), bare(node, http, "", false);
  json.read();
  drain_all(http);
  drain_all(http);
  CHECK(json.read() == Got{"close 1012 retry-after-ms=1"});
  CHECK(bare.read() == Got{"close 1012 retry-after-ms=1"});
}

TEST_CASE("a client that leaves is forgotten") {
  TestNode node(1);
  TestHttp http(node, 0);
  const ChannelKey key = key_of("acme", "news");
  Client stays(node, http, "", false);
  {
    Client leaves(node, http, "", false);
    leaves.read();
  }
  CHECK(node.publish(key, "x") == Status::ok);
  CHECK(stays.read() == Got{"x"});
  CHECK(node.count(Counter::delivered) == 1);
  CHECK(http.counters.get(Counter::ws_closed) == 1);
}

TEST_CASE("a refused handshake subscribes nobody") {
  TestNode node(1);
  TestHttp http(node, 0);
  fce_feed_options options{};
  options.size = sizeof options;
  options.tenant = "acme";
  options.channel = "news";
  std::shared_ptr<const Handler> handler;
  REQUIRE(FeedHandler::make(node.pubsub(), options, "/", &handler) == Status::ok);
  TestRequest request(http);
  request.field("connection", "Upgrade").field("upgrade", "websocket");
  request.field("sec-websocket-version", "8");
  request.field("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
  request.run(*handler);
  CHECK(request.status == 426);
  CHECK(node.publish(key_of("acme", "news"), "x") == Status::ok);
  node.settle();
  CHECK(node.count(Counter::delivered) == 0);
}
