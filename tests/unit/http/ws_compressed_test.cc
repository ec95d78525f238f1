// SPDX-License-Identifier: Apache-2.0
// Compressed messages from clients: in the parser, and through a whole connection.
#include <doctest/doctest.h>

#include <string>

#include "http/ws_deflate.h"
#include "http/ws_node.h"

using namespace fce;
using namespace std::string_literals;
using ws_client::frame;
using ws_client::kFin;

namespace {

constexpr int kRsv1 = 0x40;
const std::string kHello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;  // "Hello"

// A message of many equal bytes, compressed.
std::string shrunk(size_t size, char byte = 'a') {
  Counters counters;
  const std::string text(size, byte);
  const ChunkRef made = ws_deflate_message(WsOpcode::text, as_bytes(text), 15, counters);
  const Bytes bytes = made.bytes();
  return std::string(as_text(bytes.subspan(bytes[1] == 126 ? 4 : 2)));
}

// What a parser tells of these bytes, fed in pieces of that size: messages, then the error.
std::string parse(std::string_view bytes, size_t piece, uint32_t most = 65'536) {
  WsParser parser(most, true);
  std::string told;
  uint8_t scratch[256];
  WsParser::Item item;
  while (!bytes.empty()) {
    Bytes in = as_bytes(bytes.substr(0, piece));
    bytes.remove_prefix(in.size());
    for (;;) {
      const WsParser::Step step = parser.next(&in, scratch, &item);
      if (step == WsParser::Step::more) break;
      if (step == WsParser::Step::failed)
        return told + std::to_string(parser.error()) + (parser.inflated_too_big() ? "!" : "");
      told += item.opcode == WsOpcode::text ? "text:" : "other:";
      told.append(as_text(item.payload)).append("\n");
    }
  }
  Bytes nothing;
  CHECK(parser.next(&nothing, scratch, &item) == WsParser::Step::more);
  CHECK(parser.idle());
  return told;
}

// However the bytes are cut, the same comes out.
std::string told(const std::string& bytes, uint32_t most = 65'536) {
  const std::string whole = parse(bytes, bytes.size(), most);
  for (const size_t piece : {1, 2, 3, 7, 100}) CHECK(parse(bytes, piece, most) == whole);
  return whole;
}

}  // namespace

TEST_CASE("ws_compressed: whole messages and fragments") {
  using namespace ws_client;
  CHECK(told(frame(kFin | kRsv1 | text, kHello)) == "text:Hello\n");
  CHECK(told(frame(kFin | kRsv1 | binary, kHello)) == "other:Hello\n");
  CHECK(told(frame(kFin | text, "plain") + frame(kFin | kRsv1 | text, kHello) +
             frame(kFin | text, "plain")) == "text:plain\ntext:Hello\ntext:plain\n");
  for (size_t at = 0; at <= kHello.size(); ++at) {
    const std::string parts = frame(kRsv1 | text, kHello.substr(0, at)) + frame(kFin | ping, "p") +
                              frame(kFin, kHello.substr(at));
    CHECK(told(parts + parts) == "other:p\ntext:Hello\nother:p\ntext:Hello\n");
  }
  const std::string long_one = shrunk(50'000);
  CHECK(told(frame(kFin | kRsv1 | text, long_one)) == "text:" + std::string(50'000, 'a') + "\n");
}

TEST_CASE("ws_compressed: the bit stands on the first frame of a message only") {
  using namespace ws_client;
  CHECK(told(frame(kRsv1 | text, kHello) + frame(kFin | kRsv1, "")) == "1002");
  CHECK(told(frame(text, "a") + frame(kFin | kRsv1, kHello)) == "1002");
  for (const int opcode : {closing, ping, pong})
    CHECK(told(frame(kFin | kRsv1 | opcode, "")) == "1002");
  for (const int bits : {0x10, 0x20, 0x50, 0x60, 0x70})
    CHECK(told(frame(kFin | bits | text, kHello)) == "1002");
}

TEST_CASE("ws_compressed: what inflates to nonsense") {
  using namespace ws_client;
  CHECK(told(frame(kFin | kRsv1 | text, "")) == "1007");
  CHECK(told(frame(kFin | kRsv1 | text, "\xff\xff")) == "1007");
  CHECK(told(frame(kFin | kRsv1 | text, kHello.substr(0, 4))) == "1007");
  CHECK(told(frame(kFin | kRsv1 | text, kHello + "\xff")) == "1007");
  // Not UTF-8, once it is inflated.
  CHECK(told(frame(kFin | kRsv1 | text, shrunk(100, '\xC3'))) == "1007");
  CHECK(told(frame(kFin | kRsv1 | binary, shrunk(100, '\xC3'))) ==
        "other:" + std::string(100, '\xC3') + "\n");
  // The same bytes as they are: compressed text need not be UTF-8 itself.
  CHECK(told(frame(kFin | text, kHello)) == "1007");
}

TEST_CASE("ws_compressed: sizes before and after") {
  using namespace ws_client;
  CHECK(told(frame(kFin | kRsv1 | text, shrunk(1000)), 1000) ==
        "text:" + std::string(1000, 'a') + "\n");
  CHECK(told(frame(kFin | kRsv1 | text, shrunk(1001)), 1000) == "1009!");
  CHECK(told(frame(kRsv1 | text, shrunk(1001)) + frame(kFin, ""), 1000) == "1009!");
  CHECK(told(frame(kFin | kRsv1 | text, std::string(1001, 'x')), 1000) == "1009");
}

TEST_CASE("ws_compressed: a connection agrees when it is allowed to") {
  WsTestNode node;
  node.headers.push_back({"sec-websocket-extensions",
                          "permessage-deflate; server_max_window_bits=10; client_max_window_bits"});
  SUBCASE("not asked for by the owner") {
    node.open_ready();
    CHECK(node.socket->deflate_bits() == 0);
    CHECK(node.counters.get(Counter::ws_deflated) == 0);
    node.send(frame(kFin | kRsv1 | ws_client::text, kHello));
    CHECK(node.received() == server_close(1002));
  }
  SUBCASE("agreed") {
    node.options.deflate = true;
    node.open();
    REQUIRE(node.socket != nullptr);
    CHECK(node.received().ends_with(
        "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
        "client_no_context_takeover; server_max_window_bits=10\r\n\r\n"));
    CHECK(node.socket->deflate_bits() == 10);
    CHECK(node.counters.get(Counter::ws_deflated) == 1);
    node.send(frame(kFin | kRsv1 | ws_client::text, kHello));
    node.send(frame(kFin | ws_client::text, "plain"));
    CHECK(node.owner.log == "text Hello\ntext plain\n");
    // Own messages go as they are, which is allowed at any time.
    node.socket->send_text("own");
    CHECK(node.received() == server_frame(WsOpcode::text, "own"));
  }
  SUBCASE("not offered") {
    node.options.deflate = true;
    node.headers.pop_back();
    node.open_ready();
    CHECK(node.socket->deflate_bits() == 0);
  }
  SUBCASE("malformed") {
    node.options.deflate = true;
    node.headers.back() = {"sec-websocket-extensions", "permessage-deflate;;"};
    node.open();
    CHECK(node.socket == nullptr);
    CHECK(node.answer.starts_with("400\r\n"));
  }
}

TEST_CASE("ws_compressed: a bomb closes the connection and is counted") {
  WsTestNode node;
  node.limits.ws_message_bytes_max = 1000;
  node.options.deflate = true;
  node.headers.push_back({"sec-websocket-extensions", "permessage-deflate"});
  node.open_ready();
  node.send(frame(kFin | kRsv1 | ws_client::text, shrunk(100'000)));
  CHECK(node.received() == server_close(1009));
  CHECK(node.counters.get(Counter::limit_inflate) == 1);
  CHECK(node.counters.get(Counter::limit_ws_message) == 0);
  node.leave();
  CHECK(node.owner.log == "closed 1009\n");
}

TEST_CASE("ws_compressed: what a client may have inflated in a second has an end") {
  WsTestNode node;
  node.limits.ws_inflate_bytes_per_s = 100'000;
  node.options.deflate = true;
  node.headers.push_back({"sec-websocket-extensions", "permessage-deflate"});
  node.open_ready();
  int messages = 0;
  node.owner.message = [&](WebSocket&, std::string_view) { ++messages; };
  const std::string large = frame(kFin | kRsv1 | ws_client::text, shrunk(50'000));
  SUBCASE("they are all that counts") {
    for (int i = 0; i < 20; ++i) node.send(frame(kFin | ws_client::text, std::string(50'000, 'a')));
    CHECK(messages == 20);
    node.send(large + large);
    CHECK(messages == 22);
    CHECK(node.received() == "");
  }
  SUBCASE("too many") {
    std::string all;
    for (int i = 0; i < 500; ++i) all += large;
    node.send(all);
    CHECK(messages >= 2);
    CHECK(messages <= 4);
    CHECK(node.received() == server_close(1008));
    CHECK(node.counters.get(Counter::limit_inflate_rate) == 1);
    node.leave();
    CHECK(node.owner.log.ends_with("closed 1008\n"));
  }
  SUBCASE("a message that is as large as it may be is always in order") {
    node.limits.ws_inflate_bytes_per_s = 1;
    node.send(large);
    CHECK(messages == 1);
    CHECK(node.received() == "");
  }
}

TEST_CASE("ws_compressed: nothing is inflated for a socket that closes") {
  WsTestNode node;
  node.options.deflate = true;
  node.headers.push_back({"sec-websocket-extensions", "permessage-deflate"});
  node.open_ready();
  node.owner.message = [](WebSocket& socket, std::string_view) { socket.close(4429, ""); };
  const std::string hello = frame(kFin | kRsv1 | ws_client::text, kHello);
  // Broken ones show that nobody looks into them.
  const std::string broken = frame(kFin | kRsv1 | ws_client::text, "\xff");
  const std::string parts = frame(kRsv1 | ws_client::text, "\xff") + frame(kFin, "\xff");
  node.send(hello + broken + parts + hello);
  node.send(broken);
  CHECK(node.received() == server_close(4429));
  CHECK(node.owner.log == "text Hello\n");
  CHECK(node.counters.get(Counter::ws_protocol_errors) == 0);
  node.send(ws_client::close_frame(4429));
  CHECK(node.owner.log == "text Hello\nclosed 4429\n");
}

TEST_CASE("ws_compressed: what is broken closes the connection") {
  WsTestNode node;
  node.options.deflate = true;
  node.headers.push_back({"sec-websocket-extensions", "permessage-deflate"});
  node.open_ready();
  node.send(frame(kFin | kRsv1 | ws_client::text, "\xff"));
  CHECK(node.received() == server_close(1007));
  CHECK(node.counters.get(Counter::ws_protocol_errors) == 1);
}
