// SPDX-License-Identifier: Apache-2.0
// Compressed frames: made once for all, kept in the ring, sent to those who agreed.
#include "pubsub/deflated.h"

#include <doctest/doctest.h>

#include <string>

#include "live_support.h"
#include "pubsub/feed_handler.h"
#include "ws_support.h"

using namespace fce;
using namespace fce::test;

namespace {

constexpr const char* kOffer = "permessage-deflate; client_max_window_bits";
constexpr const char* kOffer10 = "permessage-deflate; server_max_window_bits=10";
constexpr const char* kProtocol = "fcedge.v1.json";
const std::string kText(1000, 'a');

// 90 bytes of which none comes twice.
std::string noise() {
  std::string text;
  for (int i = 0; i < 90; ++i) text += static_cast<char>('#' + i * 37 % 90);
  return text;
}

Message message(uint64_t n, std::string_view payload) {
  return Message::encode({1, n}, "c", {as_bytes(payload), nullptr}, n * 1000);
}

// What a small frame says.
std::string said(const Chunk* frame) {
  REQUIRE(frame);
  const std::string_view bytes = as_text(Bytes(frame->data(), frame->size()));
  REQUIRE(bytes[0] == '\xC1');
  REQUIRE(static_cast<size_t>(bytes[1]) == bytes.size() - 2);
  return inflated(bytes.substr(2));
}

// A node with a feed and a live route that compress.
struct Edge {
  explicit Edge(uint32_t deflate = 1) : node(1), http(node, 0) {
    fce_feed_options options{};
    options.size = sizeof options;
    options.tenant = "acme";
    options.channel = "news";
    options.deflate = deflate;
    REQUIRE(FeedHandler::make(node.pubsub(), options, "/", &feed) == Status::ok);
    fce_live_options live_options{};
    live_options.deflate = deflate;
    live = live_handler(node, live_options);
  }
  void publish(std::string_view text) {
    REQUIRE(node.publish(key_of("acme", "news"), text) == Status::ok);
    node.settle();
  }
  uint64_t compressed() const { return node.count(Counter::deflate_bytes_in); }

  TestNode node;
  TestHttp http;
  std::shared_ptr<const Handler> feed, live;
};

class Client final : public WsClient {
 public:
  explicit Client(Edge& edge, const char* extensions, const char* query = "",
                  const char* protocols = "")
      : WsClient(edge.node, edge.http, *edge.feed, query, protocols, extensions) {}
};

}  // namespace

TEST_CASE("a frame is made once for each form and window") {
  Ring ring;
  Counters counters;
  const auto in = [&] { return counters.get(Counter::deflate_bytes_in); };
  ring.append(message(1, kText), {}, 0);
  const size_t json_size = ring.at(1).json_text().size();
  const Chunk* raw = ring.deflated(1, FrameForm::raw, 15, counters);
  CHECK(said(raw) == "z:" + kText);
  CHECK(in() == 1000);
  CHECK(ring.deflated(1, FrameForm::raw, 15, counters) == raw);
  CHECK(in() == 1000);
  const Chunk* small = ring.deflated(1, FrameForm::raw, 9, counters);
  CHECK(small != raw);
  CHECK(said(small) == "z:" + kText);
  CHECK(in() == 2000);
  const Chunk* json = ring.deflated(1, FrameForm::json, 15, counters);
  CHECK(said(json) == "z:" + std::string(as_text(ring.at(1).json_text())));
  CHECK(in() == 2000 + json_size);
  CHECK(ring.deflated(1, FrameForm::raw, 15, counters) == raw);
  CHECK(ring.deflated(1, FrameForm::raw, 9, counters) == small);
  CHECK(in() == 2000 + json_size);
}

TEST_CASE("frames take memory of the ring, and go with their message") {
  Ring ring;
  Counters counters;
  RingBounds bounds;
  bounds.messages_max = 2;
  bounds.conflate = true;
  Publication::More more;
  more.key = "k";
  ring.append(Message::encode({1, 1}, "c", {as_bytes(kText), &more}, 0), bounds, 0);
  const size_t plain = ring.bytes();
  Chunk* frame = ring.deflated(1, FrameForm::raw, 15, counters);
  CHECK(ring.bytes() == plain + sizeof(DeflatedFrame) + sizeof(Chunk) + frame->size());
  // Who was not done with sending holds it longer.
  frame->ref();
  const ChunkRef kept = ChunkRef::adopt(frame);
  SUBCASE("a later one of its key") {
    ring.append(Message::encode({1, 2}, "c", {as_bytes(kText), &more}, 0), bounds, 0);
    CHECK(ring.bytes() == plain);
    CHECK_FALSE(ring.at(1));
  }
  SUBCASE("the bound of messages; who takes the slot begins anew") {
    for (uint64_t n = 2; n <= 9; ++n) {
      ring.append(message(n, std::string(100, static_cast<char>('0' + n))), bounds, 0);
      CHECK(said(ring.deflated(n, FrameForm::raw, 15, counters)) ==
            "z:" + std::string(100, static_cast<char>('0' + n)));
    }
    CHECK(counters.get(Counter::deflate_bytes_in) == 1000 + 8 * 100);
  }
  SUBCASE("the bound of bytes, with the next append only") {
    bounds.bytes_max = static_cast<uint32_t>(plain) * 2;
    ring.append(message(2, std::string(100, 'b')), bounds, 0);
    for (int bits = 9; bits <= 15; ++bits) ring.deflated(2, FrameForm::raw, bits, counters);
    CHECK(ring.oldest() == 1);
    ring.append(message(3, kText), bounds, 0);
    CHECK(ring.oldest() > 1);
    CHECK(ring.bytes() <= bounds.bytes_max);
  }
  SUBCASE("a ring that is reset") {
    ring.reset(7);
    CHECK(ring.bytes() == 0);
  }
  CHECK(said(kept.get()) == "z:" + kText);
}

TEST_CASE("what is short or does not shrink is not tried again") {
  Ring ring;
  Counters counters;
  ring.append(message(1, noise()), {}, 0);
  ring.append(message(2, std::string(63, 'a')), {}, 0);
  const size_t plain = ring.bytes();
  CHECK_FALSE(ring.deflated(2, FrameForm::raw, 15, counters));
  CHECK(ring.bytes() == plain);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(ring.deflated(1, FrameForm::raw, 15, counters));
  CHECK(counters.get(Counter::deflate_futile) == 1);
  CHECK(counters.get(Counter::deflate_bytes_in) == 0);
  CHECK(ring.bytes() == plain + sizeof(DeflatedFrame));
}

TEST_CASE("a feed compresses once for all of one window") {
  Edge edge;
  Client ann(edge, kOffer), bob(edge, kOffer), plain(edge, ""), small(edge, kOffer10);
  CHECK(ann.extension.starts_with("permessage-deflate"));
  CHECK(plain.extension == "");
  CHECK(edge.http.counters.get(Counter::ws_deflated) == 3);
  SUBCASE("with two windows twice") {
    edge.publish(kText);
    CHECK(small.read() == Got{"z:" + kText});
    CHECK(edge.compressed() == 2000);
  }
  SUBCASE("with one once, also for who comes later and resumes") {
    small.leave();
    edge.node.settle();
    edge.publish(kText);
    CHECK(edge.compressed() == 1000);
    Client late(edge, kOffer, "after=0");
    CHECK(late.read() == Got{"z:" + kText});
    CHECK(edge.compressed() == 1000);
  }
  CHECK(ann.read() == Got{"z:" + kText});
  CHECK(bob.read() == Got{"z:" + kText});
  CHECK(plain.read() == Got{kText});
  const uint64_t before = edge.compressed();
  edge.publish("short");
  edge.publish(noise());
  CHECK(ann.read() == Got{"short", noise()});
  CHECK(bob.read() == Got{"short", noise()});
  CHECK(edge.compressed() == before);
}

TEST_CASE("a node without such subscribers compresses nothing") {
  Edge edge;
  Client plain(edge, ""), json(edge, "", "", kProtocol);
  edge.publish(kText);
  CHECK(plain.read() == Got{kText});
  CHECK(json.read().size() == 2);
  CHECK(edge.compressed() == 0);
}

TEST_CASE("without the option nobody agrees") {
  Edge edge(0);
  Client client(edge, kOffer);
  LiveClient live(edge.node, edge.http, *edge.live, "acme", kProtocol, kOffer);
  CHECK(client.extension == "");
  edge.publish(kText);
  CHECK(client.read() == Got{kText});
  CHECK(edge.http.counters.get(Counter::ws_deflated) == 0);
}

TEST_CASE("sessions and JSON feeds share a frame, and what is about them goes plain") {
  Edge edge;
  LiveClient ann(edge.node, edge.http, *edge.live, "acme", kProtocol, kOffer);
  LiveClient plain(edge.node, edge.http, *edge.live);
  Client feed(edge, kOffer, "after=nonsense", kProtocol);
  CHECK(ann.read() == Got{kHello});
  CHECK(ann.ask(subscribe_text(1, "news")) == Got{ok(1), ready_text("news", "1-0")});
  plain.ask(subscribe_text(1, "news"));
  CHECK(feed.read() == Got{R"({"channel":"news","gap":{"reason":"invalid","id":"00000000.1-0"}})",
                           ready_text("news", "1-0")});
  edge.publish(kText);
  const std::string object = message_text("news", "1-1", kText);
  CHECK(ann.read() == Got{"z:" + object});
  CHECK(feed.read() == Got{"z:" + object});
  CHECK(plain.read().back() == object);
  CHECK(edge.compressed() == object.size());
  // A replay takes the frame that is there.
  LiveClient late(edge.node, edge.http, *edge.live, "acme", kProtocol, kOffer);
  late.read();
  CHECK(late.ask(subscribe_text(1, "news", R"(,"after":"0")")) ==
        Got{ok(1), "z:" + object, ready_text("news", "1-1")});
  CHECK(edge.compressed() == object.size());
}
