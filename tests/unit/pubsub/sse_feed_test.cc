// SPDX-License-Identifier: Apache-2.0
#include "pubsub/sse_feed.h"

#include <doctest/doctest.h>

#include "support.h"

using namespace fce;
using namespace fce::test;
using Pull = BodySource::Pull;

namespace {

// The connection: notes that the feed has something.
class Connection final : public BodyReader {
 public:
  Connection(TestNode& node, const ChannelKey& key, std::string_view position)
      : feed_(std::make_unique<SseFeed>(node.hub(0), key, position_of(position),
                                        SseFeed::Options{1000, 2500})) {
    feed_->set_reader(this);
  }
  void on_body_ready(BodySource&, Lane) override { ready = true; }

  // Pulls at most `max` bytes at a time until there is nothing now.
  std::string read(size_t max = 100'000) {
    std::string text;
    ready = false;
    for (;;) {
      gather_.begin(Gather::kBytesMax);
      last = feed_->pull(gather_, max);
      CHECK(gather_.bytes() <= max);
      for (size_t i = 0; i < gather_.count(); ++i) text += as_text(gather_[i].bytes);
      if (last != Pull::more) return text;
    }
  }
  SseFeed& feed() { return *feed_; }
  void leave() { feed_.reset(); }

  bool ready = false;
  Pull last = Pull::wait;

 private:
  Gather gather_;
  std::unique_ptr<SseFeed> feed_;
};

const std::string kOpening = "retry: 2500\n\n";

}  // namespace

TEST_CASE("an event stream: retry, replay, ready, live") {
  TestNode node(1);
  const ChannelKey key = key_of("acme", "news");
  CHECK(node.publish(key, "one\ntwo") == Status::ok);
  CHECK(node.publish(key, "three") == Status::ok);
  node.settle();
  Connection connection(node, key, "0");
  CHECK(connection.read() ==
        kOpening +
            "id: 00000000.1-1\ndata: one\ndata: two\n\nid: 00000000.1-2\ndata: three\n\n"
            "event: ready\nid: 00000000.1-2\ndata: {\"id\":\"00000000.1-2\"}\n\n");
  CHECK(connection.last == Pull::wait);
  CHECK_FALSE(connection.ready);
  CHECK(node.publish(key, "four") == Status::ok);
  node.settle();
  CHECK(connection.ready);
  CHECK(connection.read() == "id: 00000000.1-3\ndata: four\n\n");
  CHECK(node.count(Counter::sse_opened) == 1);
  CHECK(node.count(Counter::sse_closed) == 0);
  connection.leave();
  CHECK(node.count(Counter::sse_closed) == 1);
}

TEST_CASE("an event stream tells a gap with the position from which to go on") {
  TestNode node(1);
  const ChannelKey key = key_of("acme", "news");
  CHECK(node.publish(key, "one") == Status::ok);
  node.settle();
  Connection connection(node, key, "00000000.9-9");
  CHECK(connection.read() ==
        kOpening +
            "event: gap\nid: 00000000.1-1\ndata: {\"reason\":\"epoch\",\"id\":\"00000000.1-1\"}\n\n"
            "event: ready\nid: 00000000.1-1\ndata: {\"id\":\"00000000.1-1\"}\n\n");
}

TEST_CASE("an event stream may be pulled in pieces of any size") {
  TestNode node(1);
  const ChannelKey key = key_of("acme", "news");
  for (int i = 0; i < 5; ++i) CHECK(node.publish(key, "line\nand line") == Status::ok);
  node.settle();
  Connection whole(node, key, "0");
  const std::string expected = whole.read();
  for (size_t max = 1; max < expected.size() + 2; ++max) {
    CAPTURE(max);
    Connection connection(node, key, "0");
    CHECK(connection.read(max) == expected);
    CHECK(connection.last == Pull::wait);
  }
}

TEST_CASE("an event that is half sent is completed though the ring has passed it") {
  PubSubOptions options;
  options.common.history.messages_max = 1;
  TestNode node(1, options);
  const ChannelKey key = key_of("acme", "news");
  Connection connection(node, key, "");
  connection.read();
  CHECK(node.publish(key, "a long story") == Status::ok);
  node.settle();
  Gather gather;
  CHECK(connection.feed().pull(gather, 19) == Pull::more);
  CHECK(gather.bytes() == 19);
  for (int i = 0; i < 3; ++i) CHECK(node.publish(key, "next") == Status::ok);
  node.settle();
  CHECK(as_text(gather[0].bytes) == "id: 00000000.1-1\nda");
  CHECK(
      connection.read() ==
      "ta: a long story\n\n"
      "event: gap\nid: 00000000.1-4\ndata: {\"reason\":\"overflow\",\"id\":\"00000000.1-4\"}\n\n");
}

TEST_CASE("many events do not overfill a gather") {
  TestNode node(1);
  const ChannelKey key = key_of("acme", "news");
  for (int i = 0; i < 250; ++i) CHECK(node.publish(key, "x") == Status::ok);
  node.settle();
  Connection connection(node, key, "0");
  const std::string text = connection.read();
  CHECK(text.find("id: 00000000.1-250\ndata: x\n\nevent: ready") != std::string::npos);
}

TEST_CASE("an idle event stream is kept alive") {
  TestNode node(1);
  Connection connection(node, key_of("acme", "news"), "");
  connection.read();
  node.pass_ms(0, 500);
  CHECK_FALSE(connection.ready);
  node.pass_ms(0, 1000);
  CHECK(connection.ready);
  CHECK(connection.read() == ":\n\n");
  CHECK(connection.last == Pull::wait);
  node.pass_ms(0, 1500);
  CHECK(connection.read(1) == ":\n\n");
}

TEST_CASE("a drain ends an event stream after what is there, with a time to come back") {
  TestNode node(1);
  const ChannelKey key = key_of("acme", "news");
  Connection connection(node, key, "");
  connection.read();
  CHECK(node.publish(key, "last") == Status::ok);
  node.settle();
  connection.ready = false;
  connection.feed().on_drain();
  connection.feed().on_drain();
  CHECK(connection.ready);
  CHECK(connection.read(7) == "id: 00000000.1-1\ndata: last\n\nretry: 1\n\n");
  CHECK(connection.last == Pull::end);
}

TEST_CASE("an event stream that outlives its hub is silent") {
  TestNode node(1);
  const ChannelKey key = key_of("acme", "news");
  Connection connection(node, key, "");
  node.hub(0).stop();
  CHECK(connection.read() == kOpening);
  CHECK(connection.last == Pull::wait);
}
