// SPDX-License-Identifier: Apache-2.0
// WebSocket over streams of HTTP/2 (RFC 8441).
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "http/h2_node.h"
#include "http/websocket.h"
#include "http/ws_node.h"

using namespace fce;
using ws_client::close_frame;
using ws_client::frame;
using ws_client::kFin;

namespace {

std::string text(std::string_view payload) { return frame(kFin | ws_client::text, payload); }
std::string told(std::string_view payload) { return server_frame(WsOpcode::text, payload); }

H2Fields connect(std::string path, H2Fields more = {}) {
  H2Fields fields = {{":method", "CONNECT"},     {":protocol", "websocket"},
                     {":scheme", "https"},       {":authority", "a.example"},
                     {":path", std::move(path)}, {"sec-websocket-version", "13"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

// A node with /ws, whose sockets all talk to one owner.
struct Fixture {
  H2Node node;
  WsTestOwner owner;
  WebSocketOptions options;
  std::vector<WebSocket*> sockets;
  Exchange* later = nullptr;

  explicit Fixture(bool on = true) {
    node.http.h2_websocket = on;
    node.route("/ws", [this](Exchange& exchange) { accept(exchange); });
    node.route("/later", [this](Exchange& exchange) {
      exchange.ref();
      later = &exchange;
    });
    node.route("/plain", [](Exchange& exchange) { h2_answer_text(exchange, "plain"); });
  }
  ~Fixture() {
    node.client.reset();
    node.turn();
    CHECK(node.counted(Counter::ws_opened) == node.counted(Counter::ws_closed));
  }
  void accept(Exchange& exchange) {
    if (WebSocket* socket = WebSocket::accept(exchange, options, owner)) sockets.push_back(socket);
  }
  // A client that has opened a WebSocket; returns its stream.
  int32_t open(const H2Client::Options& how = {}) {
    client = &node.open(how);
    node.settle();
    return connect_again();
  }
  int32_t connect_again(H2Fields more = {}) {
    const std::string nothing;
    const int32_t id = client->request(connect("/ws", std::move(more)), &nothing, false);
    node.settle();
    REQUIRE(client->answers[id].status == 200);
    return id;
  }
  void send(int32_t id, std::string_view bytes, bool end = false) {
    client->send_more(id, bytes, end);
    node.settle();
  }
  // What came on the stream since the last call.
  std::string received(int32_t id) {
    node.settle();
    return std::exchange(client->answers[id].body, {});
  }
  H2Client::Answer& answer(int32_t id) { return client->answers[id]; }

  H2Client* client = nullptr;
};

}  // namespace

TEST_CASE("h2 websocket: a handshake, messages both ways, a close") {
  Fixture test;
  test.options.subprotocol = "fcedge.v1";
  test.client = &test.node.open();
  test.node.settle();
  CHECK(nghttp2_session_get_remote_settings(test.client->session(),
                                            NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1);
  const int32_t id = test.connect_again({{"sec-websocket-protocol", "other, fcedge.v1"}});
  CHECK(test.answer(id).field("sec-websocket-protocol") == "fcedge.v1");
  CHECK(test.answer(id).field("sec-websocket-accept") == "");
  CHECK(test.answer(id).field("content-length") == "");
  CHECK(test.node.counted(Counter::ws_h2_opened) == 1);
  test.owner.message = [](WebSocket& socket, std::string_view data) { socket.send_text(data); };
  test.send(id, text("hello") + frame(kFin | ws_client::ping, "p"));
  CHECK(test.owner.log == "text hello\n");
  CHECK(test.received(id) == server_frame(WsOpcode::pong, "p") + told("hello"));
  // One message in several frames of HTTP/2, two in one.
  const std::string two = text("one") + text("two");
  test.send(id, two.substr(0, 3));
  test.send(id, two.substr(3));
  CHECK(test.received(id) == told("one") + told("two"));
  test.send(id, close_frame(1001, "bye"));
  CHECK(test.received(id) == server_close(1001));
  CHECK(test.answer(id).ended);
  CHECK_FALSE(test.answer(id).closed);
  test.send(id, "", true);
  CHECK(test.answer(id).closed);
  CHECK(test.answer(id).error == NGHTTP2_NO_ERROR);
  CHECK(test.owner.log == "text hello\ntext one\ntext two\nclosed 1001\n");
}

TEST_CASE("h2 websocket: one that cannot even be told its end goes after a while") {
  Fixture test;
  H2Client::Options shut;
  shut.window = 0;
  const int32_t id = test.open(shut);
  SUBCASE("when the client closes") { test.send(id, close_frame(1000, "")); }
  SUBCASE("when the client breaks the protocol") { test.send(id, "\xFF\xFF"); }
  SUBCASE("when the node closes") { test.sockets[0]->close(1000, ""); }
  test.node.settle();
  CHECK(test.node.counted(Counter::ws_closed) == 0);
  CHECK_FALSE(test.answer(id).closed);
  test.node.loop.timers().advance(test.node.loop.now_ms() + 60'000);
  test.node.settle();
  CHECK(test.node.counted(Counter::ws_closed) == 1);
  CHECK(test.answer(id).closed);
  CHECK(test.answer(id).body == "");
}

TEST_CASE("h2 websocket: many on one connection beside requests") {
  Fixture test;
  const int32_t first = test.open();
  const int32_t second = test.connect_again();
  const int32_t plain = test.client->request(H2Client::get("/plain"));
  test.sockets[0]->send_text("to the first");
  test.sockets[1]->send_text("to the second");
  test.node.settle();
  CHECK(test.answer(plain).body == "plain");
  CHECK(test.received(first) == told("to the first"));
  CHECK(test.received(second) == told("to the second"));
  test.client->reset(first);
  test.node.settle();
  CHECK(test.owner.log == "closed 1006\n");
  test.sockets[1]->send_text("still");
  CHECK(test.received(second) == told("still"));
}

TEST_CASE("h2 websocket: off by default, and then CONNECT is refused as ever") {
  Fixture test(false);
  H2Client::Options unchecked;
  unchecked.checked = false;
  test.client = &test.node.open(unchecked);
  test.node.settle();
  CHECK(nghttp2_session_get_remote_settings(test.client->session(),
                                            NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 0);
  const std::string nothing;
  const int32_t id = test.client->request(connect("/ws"), &nothing, false);
  const int32_t old = test.client->request(
      {{":method", "CONNECT"}, {":authority", "a.example:443"}}, &nothing, false);
  test.node.settle();
  CHECK(test.answer(id).error == NGHTTP2_PROTOCOL_ERROR);
  CHECK(test.answer(old).status == 501);
  CHECK(test.sockets.empty());
}

TEST_CASE("h2 websocket: handshakes that are refused") {
  Fixture test;
  H2Client::Options unchecked;
  unchecked.checked = false;
  test.client = &test.node.open(unchecked);
  test.node.settle();
  const auto status = [&](const H2Fields& fields, bool ends = false) {
    const std::string nothing;
    const int32_t id = test.client->request(fields, ends ? nullptr : &nothing, false);
    test.node.settle();
    return test.answer(id).status;
  };
  H2Fields fields = connect("/ws");
  fields[1].second = "connect-udp";
  CHECK(status(fields) == 501);
  CHECK(status({{":method", "CONNECT"}, {":authority", "a.example:443"}}) == 501);
  CHECK(status(connect("/ws"), true) == 400);
  CHECK(status(connect("/nowhere")) == 404);
  CHECK(status(connect("/ws", {{"origin", "https://other.example"}})) == 403);
  CHECK(status(connect("/ws", {{"origin", "https://a.example"}})) == 200);
  fields = connect("/ws");
  fields.back().second = "8";
  CHECK(status(fields) == 426);
  // What is no WebSocket must not answer with a success, which would make it one.
  CHECK(status(connect("/plain")) == 501);
  fields = connect("/ws");
  fields[0].second = "GET";
  CHECK(status(fields) == 0);
  CHECK(test.sockets.size() == 1);
}

TEST_CASE("h2 websocket: an answer that comes later, and bytes that came before it") {
  Fixture test;
  test.client = &test.node.open();
  test.node.settle();
  const std::string early = text("early") + text("la");
  const int32_t id = test.client->request(connect("/later"), &early, false);
  test.node.settle();
  REQUIRE(test.later != nullptr);
  SUBCASE("accepted") {
    test.accept(*test.later);
    CHECK(test.owner.log == "");  // not from within `accept`
    test.send(id, text("late"));
    CHECK(test.owner.log == "text early\ntext la\ntext late\n");
  }
  SUBCASE("the client has ended the stream") {
    test.send(id, "", true);
    test.accept(*test.later);
    test.node.settle();
    CHECK(test.sockets.empty());
    CHECK(test.answer(id).status == 400);
  }
  SUBCASE("the client has reset the stream") {
    test.client->reset(id);
    test.node.settle();
    CHECK(test.later->client_gone());
    test.accept(*test.later);
    CHECK(test.sockets.empty());
  }
  test.later->unref();
}

TEST_CASE("h2 websocket: what does not fit in a frame or a window waits for it") {
  Fixture test;
  H2Client::Options small;
  small.window = 1000;
  const int32_t id = test.open(small);
  // Whole messages that are larger than windows and frames, from a log that outlives the flush.
  const std::string payload = H2TestSource::whole(50'000);
  const std::string message = told(payload);
  int left = 3;
  test.owner.flush = [&](WebSocket&, Gather& out) {
    while (left > 0 && out.room() > 0) {
      out.add(Slice::whole(ChunkRef::copy_of(as_bytes(message))));
      --left;
    }
    return left > 0;
  };
  test.sockets[0]->want_flush(Lane::fanout);
  test.sockets[0]->send_text("own");
  const std::string got = test.received(id);
  CHECK(got == told("own") + message + message + message);
}

TEST_CASE("h2 websocket: a client that opens no window costs one message at most") {
  Fixture test;
  H2Client::Options still;
  still.window = 100;
  still.auto_window = false;
  const int32_t id = test.open(still);
  int asked = 0;
  const std::string message = told(std::string(1000, 'm'));
  test.owner.flush = [&](WebSocket&, Gather& out) {
    ++asked;
    out.copy(message);
    return true;
  };
  for (int i = 0; i < 5; ++i) {
    test.sockets[0]->want_flush(Lane::fanout);
    test.node.settle();
  }
  CHECK(asked == 1);
  CHECK(test.answer(id).body == message.substr(0, 100));
  test.owner.flush = [](WebSocket&, Gather&) { return false; };
  nghttp2_submit_window_update(test.client->session(), NGHTTP2_FLAG_NONE, id, 50);
  CHECK(test.received(id) == message.substr(0, 150));
  // Others on the connection are not held up.
  const int32_t plain = test.client->request(H2Client::get("/plain"));
  test.node.settle();
  CHECK(test.answer(plain).status == 200);
}

TEST_CASE("h2 websocket: an owner may send and ask again while it is asked") {
  Fixture test;
  const int32_t id = test.open();
  int round = 0;
  test.owner.flush = [&](WebSocket& socket, Gather& out) {
    if (round == 3) return false;
    out.copy(told(std::to_string(round)));
    if (++round < 3) socket.want_flush(Lane::fanout);
    if (round == 3) socket.send_text("last");
    return false;
  };
  test.sockets[0]->want_flush(Lane::fanout);
  CHECK(test.received(id) == told("0") + told("1") + told("2") + told("last"));
}

TEST_CASE("h2 websocket: reading may pause; then the window closes") {
  Fixture test;
  const int32_t id = test.open();
  size_t read = 0;
  test.owner.message = [&](WebSocket&, std::string_view data) { read += data.size(); };
  test.sockets[0]->channel().stop_reading();
  const std::string message = text(std::string(60'000, 'm'));
  std::string many;
  for (int i = 0; i < 8; ++i) many += message;
  test.send(id, many);
  CHECK(read > 0);
  CHECK(read <= static_cast<size_t>(kH2StreamWindowBytes));
  CHECK(nghttp2_session_get_stream_remote_window_size(test.client->session(), id) == 0);
  test.sockets[0]->channel().start_reading();
  test.node.settle();
  CHECK(read == 8 * 60'000);
}

TEST_CASE("h2 websocket: who breaks the protocol loses the stream, not the connection") {
  Fixture test;
  const int32_t id = test.open();
  SUBCASE("not masked") {
    test.send(id, frame(kFin | ws_client::text, "x", {.masked = false}));
    CHECK(test.received(id) == server_close(1002));
  }
  SUBCASE("too large") {
    test.node.limits.ws_message_bytes_max = 100;
    const int32_t other = test.connect_again();
    test.send(other, text(std::string(101, 'x')));
    CHECK(test.received(other) == server_close(1009));
    CHECK(test.node.counted(Counter::limit_ws_message) == 1);
    test.client->reset(id);
  }
  SUBCASE("control frames without end") {
    std::string pings;
    for (int i = 0; i < 200; ++i) pings += frame(kFin | ws_client::ping, "");
    test.send(id, pings);
    CHECK(test.received(id).ends_with(server_close(1008)));
    CHECK(test.node.counted(Counter::limit_ws_control) == 1);
  }
  const int32_t plain = test.client->request(H2Client::get("/plain"));
  test.node.settle();
  CHECK(test.answer(plain).status == 200);
}

TEST_CASE("h2 websocket: what the client sends after the end is dropped, then reset") {
  Fixture test;
  const int32_t id = test.open();
  test.sockets[0]->close(1012, "");
  CHECK(test.received(id) == server_close(1012));
  CHECK_FALSE(test.answer(id).ended);
  test.send(id, close_frame(1012));
  CHECK(test.answer(id).ended);
  test.send(id, std::string(200'000, 'x'));
  CHECK(test.answer(id).closed);
  CHECK(test.answer(id).error == NGHTTP2_NO_ERROR);
  CHECK(test.owner.log == "closed 1012\n");
}

TEST_CASE("h2 websocket: a client that half-closes is answered in kind") {
  Fixture test;
  const int32_t id = test.open();
  test.send(id, text("last words"), true);
  CHECK(test.owner.log == "text last words\nclosed 1006\n");
  CHECK(test.answer(id).closed);
  CHECK(test.answer(id).error == NGHTTP2_NO_ERROR);
}

TEST_CASE("h2 websocket: an abort resets the stream") {
  Fixture test;
  const int32_t id = test.open();
  SUBCASE("from outside") { test.sockets[0]->channel().abort(Status::canceled); }
  SUBCASE("while a message is taken") {
    test.owner.message = [](WebSocket& socket, std::string_view) {
      socket.channel().abort(Status::canceled);
    };
    test.send(id, text("a") + text("b"));
    CHECK(test.owner.log.starts_with("text a\nclosed"));
  }
  SUBCASE("while output is asked for") {
    test.owner.flush = [](WebSocket& socket, Gather& out) {
      out.copy("never sent");
      socket.channel().abort(Status::canceled);
      return true;
    };
    test.sockets[0]->want_flush(Lane::answer);
  }
  test.node.settle();
  CHECK(test.owner.log.ends_with("closed 1006\n"));
  CHECK(test.answer(id).error == NGHTTP2_CANCEL);
}

TEST_CASE("h2 websocket: the peer's silence ends the stream only") {
  Fixture test;
  test.options.ping_ms = 1;
  test.options.dead_ms = 1;
  const int32_t id = test.open();
  // The wheel is moved, and the clock moves by itself.
  REQUIRE(test.node.settle_until([&] {
    test.node.loop.timers().advance(test.node.loop.now_ms() + 1000);
    return test.answer(id).closed;
  }));
  CHECK(test.answer(id).error == NGHTTP2_CANCEL);
  CHECK(test.node.counted(Counter::ws_dead) == 1);
  CHECK(test.node.connections.load() == 1);
}

TEST_CASE("h2 websocket: a drain tells each socket, and the connection ends after the last") {
  Fixture test;
  const int32_t first = test.open();
  const int32_t second = test.connect_again();
  std::vector<Drainable*> all;
  test.node.http.connections.for_each([&](Drainable* each) { all.push_back(each); });
  CHECK(all.size() == 3);
  test.node.http.draining = true;
  for (Drainable* each : all) each->drain();
  CHECK(test.received(first) == server_close(1012));
  CHECK(test.received(second) == server_close(1012));
  CHECK_FALSE(test.client->goaways.empty());
  test.send(first, close_frame(1012), true);
  CHECK_FALSE(test.client->eof);
  test.send(second, close_frame(1012), true);
  CHECK(test.client->eof);
  CHECK(test.owner.log == "drain\ndrain\nclosed 1012\nclosed 1012\n");
}

TEST_CASE("h2 websocket: the connection goes, and with it all of its sockets") {
  Fixture test;
  test.open();
  test.connect_again();
  SUBCASE("the client left") { test.node.client.reset(); }
  SUBCASE("the node stops") {
    test.node.net.streams.for_each([](Stream* stream) { stream->abort(Status::canceled); });
  }
  test.node.turn();
  CHECK(test.owner.log == "closed 1006\nclosed 1006\n");
}
