// SPDX-License-Identifier: Apache-2.0
#include "http/websocket.h"

#include <doctest/doctest.h>

#include <string>

#include "http/ws_node.h"

using namespace fce;
using ws_client::close_frame;
using ws_client::frame;
using ws_client::kFin;

namespace {

const std::string kHello = frame(kFin | ws_client::text, "hello");

std::string text_frame(std::string_view text) { return server_frame(WsOpcode::text, text); }

}  // namespace

TEST_CASE("websocket: the handshake is answered before anything else") {
  WsTestNode node;
  node.options.subprotocol = "fcedge.v1";
  node.headers.push_back({"sec-websocket-protocol", "other, fcedge.v1"});
  node.open();
  REQUIRE(node.socket != nullptr);
  node.socket->send_text("first");
  CHECK(node.received() ==
        "101\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        "Sec-WebSocket-Protocol: fcedge.v1\r\n\r\n" +
            text_frame("first"));
  CHECK(node.counters.get(Counter::ws_opened) == 1);
  node.leave();
  CHECK(node.owner.log == "closed 1006\n");
}

TEST_CASE("websocket: a subprotocol that was not offered is not named") {
  WsTestNode node;
  node.options.subprotocol = "fcedge.v1";
  node.open();
  CHECK(node.received().find("Protocol") == std::string::npos);
}

TEST_CASE("websocket: refused handshakes") {
  SUBCASE("version") {
    WsTestNode node;
    node.headers.back() = {"sec-websocket-version", "8"};
    node.open();
    CHECK(node.socket == nullptr);
    CHECK(node.answer.starts_with("426\r\n"));
    CHECK(node.answer.find("Sec-WebSocket-Version: 13\r\n") != std::string::npos);
  }
  SUBCASE("key") {
    WsTestNode node;
    node.headers[2] = {"sec-websocket-key", "short"};
    node.open();
    CHECK(node.socket == nullptr);
    CHECK(node.answer.starts_with("400\r\n"));
  }
  SUBCASE("a connection that has no upgrade") {
    WsTestNode node;
    node.can_upgrade = false;
    node.open();
    CHECK(node.socket == nullptr);
    CHECK(node.answer.starts_with("400\r\n"));
  }
  SUBCASE("the client has left") {
    WsTestNode node;
    node.client_left = true;
    node.open();
    CHECK(node.socket == nullptr);
    CHECK(node.answer.empty());
  }
}

TEST_CASE("websocket: what came behind the handshake is told after accept has returned") {
  WsTestNode node;
  node.rest = kHello + frame(kFin | ws_client::ping, "p") + kHello.substr(0, 3);
  node.open();
  CHECK(node.log_at_return == "");
  CHECK(node.received().ends_with("\r\n\r\n" + server_frame(WsOpcode::pong, "p")));
  CHECK(node.owner.log == "text hello\n");
  node.send(kHello.substr(3));
  CHECK(node.owner.log == "text hello\ntext hello\n");
}

TEST_CASE("websocket: messages whole, in pieces, in fragments") {
  WsTestNode node;
  node.open_ready();
  node.owner.message = [](WebSocket& socket, std::string_view text) { socket.send_text(text); };
  node.send(kHello + kHello);
  node.send_singly(kHello);
  node.send(frame(ws_client::text, "a") + frame(0, "b"));
  node.send(frame(kFin, "c"));
  node.send(frame(kFin | ws_client::binary, ""));
  CHECK(node.owner.log == "text hello\ntext hello\ntext hello\ntext abc\nbinary \n");
  const std::string hello = text_frame("hello");
  CHECK(node.received() == hello + hello + hello + text_frame("abc") + text_frame(""));
  const std::string large(65'536, 'x');
  node.send(frame(kFin | ws_client::text, large));
  CHECK(node.received() == text_frame(large));
}

TEST_CASE("websocket: each error has its close code and counter") {
  struct Case {
    const char* what;
    std::string bytes;
    uint16_t code;
    Counter counter;
  };
  const Case cases[] = {
      {"unmasked", frame(kFin | ws_client::text, "x", {.masked = false}), 1002,
       Counter::ws_protocol_errors},
      {"reserved bit", frame(kFin | 0x40 | ws_client::text, "x"), 1002,
       Counter::ws_protocol_errors},
      {"reserved opcode", frame(kFin | 3, "x"), 1002, Counter::ws_protocol_errors},
      {"fragmented ping", frame(ws_client::ping, "x"), 1002, Counter::ws_protocol_errors},
      {"nothing to continue", frame(kFin, "x"), 1002, Counter::ws_protocol_errors},
      {"length not shortest", frame(kFin | ws_client::text, "x", {.length_bytes = 2}), 1002,
       Counter::ws_protocol_errors},
      {"close code 1005", close_frame(1005), 1002, Counter::ws_protocol_errors},
      {"close payload of one byte", frame(kFin | ws_client::closing, "x"), 1002,
       Counter::ws_protocol_errors},
      {"close reason not UTF-8", close_frame(1000, "\xFF"), 1007, Counter::ws_protocol_errors},
      {"text not UTF-8", frame(kFin | ws_client::text, "\xFF"), 1007, Counter::ws_protocol_errors},
      {"message too big", ws_client::header(kFin | ws_client::text, 65'537), 1009,
       Counter::limit_ws_message},
  };
  for (const Case& item : cases) {
    for (const bool singly : {false, true}) {
      CAPTURE(item.what);
      CAPTURE(singly);
      WsTestNode node;
      node.open_ready();
      if (singly) {
        node.send_singly(item.bytes);
      } else {
        node.send(kHello + item.bytes + kHello);
      }
      CHECK(node.received() == server_close(item.code));
      CHECK(node.client_eof);
      CHECK(node.counters.get(item.counter) == 1);
      node.leave();
      CHECK(node.owner.log ==
            (singly ? "closed " : "text hello\nclosed ") + std::to_string(item.code) + "\n");
    }
  }
}

TEST_CASE("websocket: after an error the rest of the input is read away, not reset") {
  WsTestNode node;
  node.open_ready();
  node.send(ws_client::header(kFin | ws_client::binary, 1 << 20) + "mask");
  for (int i = 0; i < 20; ++i) node.send(std::string(50'000, 'x'));
  CHECK(node.received() == server_close(1009));
  CHECK(node.client_eof);
  node.leave();
  CHECK(node.owner.log == "closed 1009\n");
}

TEST_CASE("websocket: the peer closes: its code comes back and the server closes first") {
  WsTestNode node;
  node.open_ready();
  SUBCASE("with a code") {
    node.send(kHello + close_frame(4321, "bye") + kHello);
    CHECK(node.received() == server_close(4321));
    CHECK(node.owner.log == "text hello\nclosed 4321\n");
  }
  SUBCASE("without a code") {
    node.send(frame(kFin | ws_client::closing, ""));
    CHECK(node.received() == server_frame(WsOpcode::close, ""));
    CHECK(node.owner.log == "closed 1005\n");
  }
  SUBCASE("byte by byte, in the middle of a fragmented message") {
    node.send_singly(frame(ws_client::text, "never ends") + close_frame(1001));
    CHECK(node.received() == server_close(1001));
    CHECK(node.owner.log == "closed 1001\n");
  }
  CHECK(node.client_eof);
}

TEST_CASE("websocket: the owner closes") {
  WsTestNode node;
  node.open_ready();
  node.owner.flush = [](WebSocket&, Gather& out) {
    out.copy("never");
    return true;
  };
  node.socket->want_flush(Lane::fanout);
  node.socket->send_text("last");
  node.socket->close(WsClose::service_restart, "moving");
  node.socket->close(WsClose::normal, "again is harmless");
  node.socket->send_text("too late");
  node.socket->want_flush(Lane::answer);
  CHECK(node.received() == text_frame("last") + server_close(1012, "moving"));
  CHECK(node.owner.flushes == 0);
  CHECK_FALSE(node.client_eof);

  SUBCASE("and the peer answers") {
    node.send(kHello + frame(kFin | ws_client::ping, "p") + close_frame(1012));
    CHECK(node.received() == "");
    CHECK(node.client_eof);
    CHECK(node.owner.log == "closed 1012\n");
  }
  SUBCASE("and the peer never answers") {
    node.send(kHello);
    node.pass_time(WebSocket::kCloseMs - 1000);
    CHECK(node.owner.log == "");
    node.pass_time(WebSocket::kCloseMs + 1000);
    CHECK(node.counters.get(Counter::limit_ws_close) == 1);
    CHECK(node.received() == "");
    CHECK(node.client_eof);
    CHECK(node.owner.log == "closed 1006\n");
  }
  SUBCASE("and the peer breaks the protocol") {
    node.send(frame(kFin | 3, ""));
    CHECK(node.received() == "");
    CHECK(node.client_eof);
    node.leave();
    CHECK(node.owner.log == "closed 1002\n");
  }
  SUBCASE("and the peer just leaves") {
    node.leave();
    CHECK(node.owner.log == "closed 1006\n");
  }
}

TEST_CASE("websocket: the owner closes from within its callbacks") {
  WsTestNode node;
  node.open_ready();
  SUBCASE("close in on_message: the next message is not told") {
    node.owner.message = [](WebSocket& socket, std::string_view) { socket.close(1000, ""); };
    node.send(kHello + kHello + close_frame(1000));
    CHECK(node.received() == server_close(1000));
    CHECK(node.owner.log == "text hello\nclosed 1000\n");
  }
  SUBCASE("abort in on_message") {
    node.owner.message = [](WebSocket& socket, std::string_view) {
      socket.channel().abort(Status::canceled);
    };
    node.send(kHello + kHello);
    CHECK(node.received() == "");
    CHECK(node.owner.log == "text hello\nclosed 1006\n");
  }
  SUBCASE("close in on_flush: whole frames before it are sent") {
    node.owner.flush = [](WebSocket& socket, Gather& out) {
      out.copy(text_frame("frame"));
      socket.send_text("own");
      socket.close(1013, "");
      return true;
    };
    node.socket->want_flush(Lane::fanout);
    CHECK(node.received() == text_frame("frame") + text_frame("own") + server_close(1013));
    CHECK(node.owner.flushes == 1);
  }
}

TEST_CASE("websocket: the peer is gone without a word") {
  WsTestNode node;
  node.open_ready();
  node.send(kHello.substr(0, 5));
  ::shutdown(node.client, SHUT_WR);
  node.turn();
  CHECK(node.received() == "");
  CHECK(node.client_eof);
  CHECK(node.owner.log == "closed 1006\n");
}

TEST_CASE("websocket: pings are answered in order, of many that wait only the latest") {
  WsTestNode node;
  node.open_ready();
  const auto ping = [](int i) { return frame(kFin | ws_client::ping, "p" + std::to_string(i)); };
  const auto pong = [](int i) { return server_frame(WsOpcode::pong, "p" + std::to_string(i)); };
  std::string pings, pongs;
  for (int i = 0; i < 18; ++i) pings += ping(i);
  for (int i = 0; i < 15; ++i) pongs += pong(i);
  node.send(pings);
  CHECK(node.received() == pongs + pong(17));
  // Pongs that nobody asked for are heard and not answered; they count as control frames.
  node.send(frame(kFin | ws_client::pong, "unasked"));
  CHECK(node.received() == "");
  CHECK(node.counters.get(Counter::limit_ws_control) == 0);
}

TEST_CASE("websocket: too many control frames") {
  WsTestNode node;
  node.limits.ws_control_per_s = 3;
  node.open_ready();
  std::string flood;
  for (int i = 0; i < 50; ++i)
    flood += frame(kFin | (i % 2 ? ws_client::ping : ws_client::pong), "");
  node.send(flood + kHello);
  CHECK(node.received() == server_frame(WsOpcode::pong, "") + server_close(1008));
  CHECK(node.client_eof);
  CHECK(node.counters.get(Counter::limit_ws_control) == 1);
  CHECK(node.owner.log == "");
  node.leave();
  CHECK(node.owner.log == "closed 1008\n");
}

TEST_CASE("websocket: own frames go before the owner's") {
  WsTestNode node;
  node.open_ready();
  int left = 2;
  node.owner.flush = [&left](WebSocket&, Gather& out) {
    out.copy(text_frame("fanout"));
    return --left > 0;
  };
  node.socket->send_text("own");
  node.socket->want_flush(Lane::fanout);
  node.send(frame(kFin | ws_client::ping, "p"));
  CHECK(node.received() == server_frame(WsOpcode::pong, "p") + text_frame("own") +
                               text_frame("fanout") + text_frame("fanout"));
}

TEST_CASE("websocket: a queue that the peer does not empty has an end") {
  WsTestNode node;
  node.open_ready();
  const std::string text(100'000, 'x');
  for (int i = 0; i < 11; ++i) node.socket->send_text(text);
  CHECK(node.counters.get(Counter::limit_ws_queue) == 1);
  CHECK(node.received() == server_close(1008));
  node.leave();
  CHECK(node.owner.log == "closed 1008\n");
}

TEST_CASE("websocket: a slow reader gets everything in order") {
  WsTestNode node;
  node.open();  // the answer to the handshake is in the first pass too
  REQUIRE(node.socket != nullptr);
  node.socket->channel().set_pass_bytes_max(4096);
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    const std::string text(3000, static_cast<char>('a' + i % 26));
    node.socket->send_text(text);
    expected += text_frame(text);
  }
  node.turn(200);  // until the socket is full
  node.socket->close(1000, "");
  const std::string received = node.received();
  CHECK(received.substr(received.find("\r\n\r\n") + 4) == expected + server_close(1000));
}

TEST_CASE("websocket: a reader that never quite catches up gets everything in order") {
  WsTestNode node;
  node.open_ready();
  node.socket->channel().set_pass_bytes_max(4096);
  std::string expected, received;
  const auto send = [&](int i) {
    const std::string text(3000, static_cast<char>('a' + i % 26));
    node.socket->send_text(text);
    expected += text_frame(text);
  };
  int sent = 0;
  while (sent < 250) send(sent++);  // more than the socket takes
  node.turn(100);
  // As much is added as is taken, so something always waits.
  for (int round = 0; round < 400; ++round) {
    char buffer[3000];
    const ssize_t got = ::recv(node.client, buffer, sizeof buffer, MSG_WAITALL);
    REQUIRE(got == sizeof buffer);
    received.append(buffer, sizeof buffer);
    send(sent++);
    node.turn(2);
  }
  CHECK(node.counters.get(Counter::limit_ws_queue) == 0);
  CHECK(received + node.received() == expected);
}

TEST_CASE("websocket: silence is asked about, and then taken for death") {
  WsTestNode node;
  node.options.ping_ms = 100;
  node.options.dead_ms = 400;
  node.open_ready();
  std::string heard;
  const auto silent = [&] { return (heard = node.received()).empty(); };
  node.turn_until([&] { return !silent(); });
  CHECK(heard == server_frame(WsOpcode::ping, ""));
  SUBCASE("an answer keeps it alive") {
    for (int i = 0; i < 5; ++i) {
      node.send(frame(kFin | ws_client::pong, ""));
      node.turn_until([&] { return !silent() || node.client_eof; });
      CHECK(heard == server_frame(WsOpcode::ping, ""));
    }
    CHECK(node.counters.get(Counter::ws_dead) == 0);
    CHECK(node.owner.log == "");
  }
  SUBCASE("no answer ends it") {
    node.turn_until([&] { return !node.owner.log.empty(); });
    CHECK(node.owner.log == "closed 1006\n");
    CHECK(node.counters.get(Counter::ws_dead) == 1);
  }
}

TEST_CASE("websocket: drain") {
  WsTestNode node;
  SUBCASE("of an open socket") {
    node.open_ready();
    node.http.connections.for_each([](Drainable* connection) { connection->drain(); });
  }
  SUBCASE("that began before the socket was there") {
    node.http.draining = true;
    node.open();
    CHECK(node.log_at_return == "");
    node.turn();
  }
  CHECK(node.owner.log == "drain\n");
  CHECK(node.received().ends_with(server_close(1012)));
  node.send(close_frame(1012));
  CHECK(node.owner.log == "drain\nclosed 1012\n");
}

TEST_CASE("websocket: an idle socket is small") {
  MESSAGE("sizeof(WebSocket) = " << sizeof(WebSocket) << ", Stream = " << sizeof(Stream));
  CHECK(sizeof(WebSocket) <= 200);
}
