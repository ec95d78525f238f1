// SPDX-License-Identifier: Apache-2.0
// A loop with one real stream over a socket pair, upgraded by a codec made for the test: what the
// tests of the WebSocket connection stand on.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "http/websocket.h"
#include "http/ws_client.h"

namespace fce {

// Logs what it is told, one line each, and does what the test asks for.
struct WsTestOwner final : WebSocketOwner {
  std::string log;
  int flushes = 0;
  std::function<void(WebSocket&, std::string_view)> message = [](WebSocket&, std::string_view) {};
  std::function<bool(WebSocket&, Gather&)> flush = [](WebSocket&, Gather&) { return false; };

  void on_message(WebSocket& socket, std::string_view data, bool text) override {
    log += (text ? "text " : "binary ") + std::string(data) + "\n";
    message(socket, data);
  }
  bool on_flush(WebSocket& socket, Gather& out) override {
    ++flushes;
    return flush(socket, out);
  }
  void on_drain(WebSocket& socket) override {
    log += "drain\n";
    socket.close(WsClose::service_restart, "");
  }
  void on_closed(WebSocket&, uint16_t code) override {
    log += "closed " + std::to_string(code) + "\n";
  }
};

struct WsTestNode final : StreamAcceptor, ExchangeTransport {
  Limits limits;
  Counters counters;
  std::atomic<uint64_t> connections{0};
  Loop loop{2000};
  NetContext net{loop, limits, counters, connections};
  HttpContext http{net};
  WsTestOwner owner;

  WebSocketOptions options;
  std::vector<Header> headers = {{"upgrade", "websocket"},
                                 {"connection", "Upgrade"},
                                 {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="},
                                 {"sec-websocket-version", "13"}};
  std::string rest;  // what comes right behind the handshake
  bool can_upgrade = true;
  bool client_left = false;
  WebSocket* socket = nullptr;
  std::string log_at_return;  // the owner's log when `accept` returned
  std::string answer;         // of a refusal
  Stream* stream = nullptr;
  int client = -1;
  bool client_eof = false;

  WsTestNode() { REQUIRE(loop.open() == Status::ok); }
  ~WsTestNode() {
    leave();
    CHECK(connections.load() == 0);
    CHECK(http.connections.empty());
    CHECK(counters.get(Counter::ws_opened) == counters.get(Counter::ws_closed));
  }

  // Connects; afterwards `socket` is there unless the handshake was refused.
  void open() {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
    client = pair[0];
    Stream::accept(net, pair[1], PeerAddress{}, nullptr, *this);
  }
  // The same, and forgets what belongs to the handshake.
  void open_ready() {
    open();
    REQUIRE(socket != nullptr);
    const std::string head = received();
    REQUIRE(head.ends_with("\r\n\r\n"));
    owner.flushes = 0;
  }
  void leave() {
    if (client >= 0) ::close(std::exchange(client, -1));
    turn();
  }
  // Everything is in memory, so a few turns settle whatever is under way.
  void turn(int count = 8) {
    for (int i = 0; i < count; ++i) uv_run(loop.uv(), UV_RUN_NOWAIT);
  }
  template <class Until>
  void turn_until(Until until) {
    while (!until()) uv_run(loop.uv(), UV_RUN_ONCE);
  }
  // Moves the timers, not the clock.
  void pass_time(uint64_t ms) {
    loop.timers().advance(loop.now_ms() + ms);
    turn();
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
      if (sent < 0 && errno != EAGAIN) break;
      if (sent < 0) turn(1);
    }
    turn();
  }
  void send_singly(std::string_view bytes) {
    for (const char& byte : bytes) {
      REQUIRE(::send(client, &byte, 1, MSG_NOSIGNAL) == 1);
      turn(2);
    }
  }
  // What the client got since the last call.
  std::string received() {
    std::string out;
    turn();
    for (;;) {
      char buffer[65'536];
      const ssize_t got = ::recv(client, buffer, sizeof buffer, 0);
      if (got == 0) client_eof = true;
      if (got <= 0) return out;
      out.append(buffer, static_cast<size_t>(got));
      turn(2);
    }
  }

  void on_stream(Stream& its_stream) override {
    stream = &its_stream;
    auto* exchange = new Exchange(http, *this, its_stream.peer());
    exchange->ref();
    exchange->request.method = Method::get;
    exchange->request.headers = headers;
    if (client_left) {
      exchange->detach();
      exchange->unref();
    }
    socket = WebSocket::accept(*exchange, options, owner);
    log_at_return = owner.log;
    if (!socket) its_stream.abort(Status::closed);
    exchange->unref();
  }
  void on_answer(Exchange& exchange, uint16_t status, std::span<const Header> fields,
                 Body body) override {
    answer = head(status, fields) + std::string(as_text(body.bytes.bytes));
    exchange.unref();
  }
  void on_abort(Exchange& exchange) override { exchange.unref(); }
  void on_continue(Exchange&) override {}
  Status on_upgrade(Exchange& exchange, std::span<const Header> fields,
                    Upgraded* upgraded) override {
    if (!can_upgrade) return Status::unsupported;
    upgraded->channel = WsChannel(*stream);
    upgraded->head = Slice::whole(ChunkRef::copy_of(as_bytes(head(101, fields))));
    upgraded->rest.assign(rest.begin(), rest.end());
    exchange.unref();
    return Status::ok;
  }
  static std::string head(int status, std::span<const Header> fields) {
    std::string out = std::to_string(status) + "\r\n";
    for (const Header& field : fields)
      out.append(field.name).append(": ").append(field.value).append("\r\n");
    return out + "\r\n";
  }
};

// A frame as the server sends it.
inline std::string server_frame(WsOpcode opcode, std::string_view payload) {
  uint8_t header[10];
  const size_t size = ws_frame_header(opcode, payload.size(), header);
  return std::string(as_text({header, size})).append(payload);
}

inline std::string server_close(uint16_t code, std::string_view reason = {}) {
  uint8_t payload[kWsControlBytesMax];
  const size_t size = ws_close_payload(code, reason, payload);
  return server_frame(WsOpcode::close, as_text({payload, size}));
}

}  // namespace fce
