// SPDX-License-Identifier: Apache-2.0
#include "pubsub/line_feed.h"

#include <doctest/doctest.h>

#include "support.h"

using namespace fce;
using namespace fce::test;
using Pull = BodySource::Pull;

namespace {

// The connection: notes that the feed has something.
class Connection final : public BodyReader {
 public:
  explicit Connection(std::unique_ptr<BodySource> feed) : feed_(std::move(feed)) {
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
  BodySource& feed() { return *feed_; }
  void leave() { feed_.reset(); }

  bool ready = false;
  Pull last = Pull::wait;

 private:
  Gather gather_;
  std::unique_ptr<BodySource> feed_;
};

std::unique_ptr<BodySource> stream_of(TestNode& node, const ChannelKey& key,
                                      std::string_view position, FilterRef filter = {}) {
  return std::make_unique<LineStream>(node.hub(0), key, position_of(position), 1000,
                                      std::move(filter));
}

std::unique_ptr<BodySource> poll_of(TestNode& node, const ChannelKey& key,
                                    std::string_view position, uint32_t shard = 0,
                                    FilterRef filter = {}) {
  return std::make_unique<LinePoll>(node.hub(shard), key, position_of(position), 2,
                                    std::move(filter));
}

std::string message_line(int n, std::string_view data) {
  return "{\"channel\":\"news\",\"id\":\"00000000.1-" + std::to_string(n) + "\",\"data\":\"" +
         std::string(data) + "\"}\n";
}

std::string event_line(std::string_view what, std::string_view more, int n) {
  return "{\"channel\":\"news\",\"" + std::string(what) + "\":{" + std::string(more) +
         "\"id\":\"00000000.1-" + std::to_string(n) + "\"}}\n";
}

const ChannelKey kKey = key_of("acme", "news");

Status publish_for(TestNode& node, std::string_view user, std::string_view text) {
  Publication::More more;
  more.audience.users = {std::string(user)};
  return node.pubsub().publish(kKey, {as_bytes(text), &more}, nullptr, nullptr);
}

}  // namespace

TEST_CASE("an NDJSON stream: replay, ready, live") {
  TestNode node(1);
  CHECK(node.publish(kKey, "one\n\"two\"") == Status::ok);
  CHECK(node.publish(kKey, "three") == Status::ok);
  node.settle();
  Connection connection(stream_of(node, kKey, "0"));
  CHECK(connection.read() == message_line(1, "one\\n\\\"two\\\"") + message_line(2, "three") +
                                 event_line("ready", "", 2));
  CHECK(connection.last == Pull::wait);
  CHECK_FALSE(connection.ready);
  CHECK(node.publish(kKey, "four") == Status::ok);
  node.settle();
  CHECK(connection.ready);
  CHECK(connection.read() == message_line(3, "four"));
  CHECK(node.count(Counter::stream_opened) == 1);
  CHECK(node.count(Counter::stream_closed) == 0);
  connection.leave();
  CHECK(node.count(Counter::stream_closed) == 1);
}

TEST_CASE("an NDJSON stream tells gaps, moved positions and its end") {
  PubSubOptions options;
  options.common.history.messages_max = 2;
  TestNode node(1, options);
  CHECK(node.publish(kKey, "one") == Status::ok);
  node.settle();
  Connection connection(stream_of(node, kKey, "9-9"));
  CHECK(connection.read() ==
        event_line("gap", "\"reason\":\"epoch\",", 1) + event_line("ready", "", 1));
  for (int i = 0; i < 3; ++i) CHECK(node.publish(kKey, "more") == Status::ok);
  node.settle();
  CHECK(connection.read() == event_line("gap", "\"reason\":\"overflow\",", 4));
  CHECK(publish_for(node, "bob", "not for all") == Status::ok);
  node.settle();
  // Told at once when the log is about to leave the position behind, else by the keep-alive.
  std::string told = connection.read();
  if (told.empty()) {
    node.pass_ms(0, 1500);
    told = connection.read();
  }
  CHECK(told == event_line("at", "", 5));
  node.pubsub().revoke({"acme", "news", "", EndReason::revoked});
  node.settle();
  CHECK(connection.ready);
  CHECK(connection.read() ==
        "{\"channel\":\"news\",\"end\":{\"code\":4403,\"reason\":\"revoked\"}}\n");
  CHECK(connection.last == Pull::end);
}

TEST_CASE("an NDJSON stream may be pulled in pieces of any size") {
  TestNode node(1);
  for (int i = 0; i < 5; ++i) CHECK(node.publish(kKey, "line\nand line") == Status::ok);
  node.settle();
  Connection whole(stream_of(node, kKey, "0"));
  const std::string expected = whole.read();
  for (size_t max = 1; max < expected.size() + 2; ++max) {
    CAPTURE(max);
    Connection connection(stream_of(node, kKey, "0"));
    CHECK(connection.read(max) == expected);
    CHECK(connection.last == Pull::wait);
  }
}

TEST_CASE("a line that is half sent is completed though the ring has passed it") {
  PubSubOptions options;
  options.common.history.messages_max = 1;
  TestNode node(1, options);
  Connection connection(stream_of(node, kKey, ""));
  connection.read();
  CHECK(node.publish(kKey, "a long story") == Status::ok);
  node.settle();
  Gather gather;
  CHECK(connection.feed().pull(gather, 19) == Pull::more);
  CHECK(gather.bytes() == 19);
  for (int i = 0; i < 3; ++i) CHECK(node.publish(kKey, "next") == Status::ok);
  node.settle();
  const std::string line = message_line(1, "a long story");
  CHECK(as_text(gather[0].bytes) == line.substr(0, 19));
  CHECK(connection.read() == line.substr(19) + event_line("gap", "\"reason\":\"overflow\",", 4));
}

TEST_CASE("an idle NDJSON stream is kept alive by empty lines") {
  TestNode node(1);
  Connection connection(stream_of(node, kKey, ""));
  connection.read();
  node.pass_ms(0, 500);
  CHECK_FALSE(connection.ready);
  node.pass_ms(0, 1000);
  CHECK(connection.ready);
  CHECK(connection.read() == "\n");
  CHECK(connection.last == Pull::wait);
}

TEST_CASE("a keep-alive tells a position that has moved, once") {
  TestNode node(1);
  Connection connection(stream_of(node, kKey, ""));
  connection.read();
  CHECK(publish_for(node, "bob", "x") == Status::ok);
  node.settle();
  CHECK(connection.read() == "");
  node.pass_ms(0, 1500);
  CHECK(connection.read() == event_line("at", "", 1));
  node.pass_ms(0, 1500);
  CHECK(connection.read() == "\n");
}

TEST_CASE("a drain ends an NDJSON stream after what is there, with a time to come back") {
  TestNode node(1);
  Connection connection(stream_of(node, kKey, ""));
  connection.read();
  CHECK(node.publish(kKey, "last") == Status::ok);
  node.settle();
  connection.ready = false;
  connection.feed().on_drain();
  connection.feed().on_drain();
  CHECK(connection.ready);
  CHECK(connection.read(7) ==
        message_line(1, "last") +
            "{\"channel\":\"news\",\"end\":{\"code\":1012,\"reason\":\"retry-after-ms=1\"}}\n");
  CHECK(connection.last == Pull::end);
}

TEST_CASE("a stream that outlives its hub is silent") {
  TestNode node(1);
  Connection connection(stream_of(node, kKey, ""));
  Connection poll(poll_of(node, kKey, "0"));
  node.hub(0).stop();
  CHECK(connection.read() == "");
  CHECK(connection.last == Pull::wait);
  CHECK(poll.read() == "");
  node.pass_ms(0, 3000);
  CHECK(poll.read() == "");
  CHECK(poll.last == Pull::end);
}

TEST_CASE("a poll without position tells at once where it stands") {
  TestNode node(1);
  CHECK(node.publish(kKey, "old") == Status::ok);
  node.settle();
  Connection connection(poll_of(node, kKey, ""));
  CHECK(connection.read() == event_line("ready", "", 1));
  CHECK(connection.last == Pull::end);
  CHECK(node.count(Counter::polls) == 1);
  CHECK(node.count(Counter::stream_opened) == 0);
}

TEST_CASE("a poll ends after what is there") {
  TestNode node(1);
  for (const char* text : {"one", "two", "three"}) CHECK(node.publish(kKey, text) == Status::ok);
  node.settle();
  const std::string expected = message_line(2, "two") + message_line(3, "three");
  for (size_t max = 1; max < expected.size() + 2; ++max) {
    CAPTURE(max);
    Connection connection(poll_of(node, kKey, "1-1"));
    CHECK(connection.read(max) == expected);
    CHECK(connection.last == Pull::end);
  }
}

TEST_CASE("a poll waits for the first messages") {
  TestNode node(1);
  CHECK(node.publish(kKey, "one") == Status::ok);
  node.settle();
  Connection connection(poll_of(node, kKey, "1-1"));
  CHECK(connection.read() == "");
  CHECK(connection.last == Pull::wait);
  CHECK(node.publish(kKey, "two") == Status::ok);
  CHECK(node.publish(kKey, "three") == Status::ok);
  node.settle();
  CHECK(connection.ready);
  CHECK(connection.read() == message_line(2, "two") + message_line(3, "three"));
  CHECK(connection.last == Pull::end);
}

TEST_CASE("a poll leaves what comes while it is sent to the next one") {
  TestNode node(1);
  CHECK(node.publish(kKey, "one") == Status::ok);
  CHECK(node.publish(kKey, "two") == Status::ok);
  node.settle();
  Connection connection(poll_of(node, kKey, "0"));
  Gather gather;
  CHECK(connection.feed().pull(gather, message_line(1, "one").size()) == Pull::more);
  CHECK(node.publish(kKey, "three") == Status::ok);
  node.settle();
  CHECK(connection.read() == message_line(2, "two"));
  CHECK(connection.last == Pull::end);
}

TEST_CASE("a poll whose time is over tells its position") {
  TestNode node(1);
  CHECK(node.publish(kKey, "one") == Status::ok);
  node.settle();
  Connection connection(poll_of(node, kKey, "1-1"));
  CHECK(connection.read() == "");
  node.pass_ms(0, 1500);
  CHECK_FALSE(connection.ready);
  CHECK(publish_for(node, "bob", "not for all") == Status::ok);
  node.settle();
  CHECK(connection.read() == "");
  node.pass_ms(0, 1000);
  CHECK(connection.ready);
  CHECK(connection.read(1) == event_line("at", "", 2));
  CHECK(connection.last == Pull::end);
}

TEST_CASE("a poll ends with a gap, once, and with its position") {
  TestNode node(1);
  CHECK(node.publish(kKey, "one") == Status::ok);
  node.settle();
  for (const char* position : {"9-1", "junk"}) {
    Connection connection(poll_of(node, kKey, position));
    const std::string reason = position[0] == '9' ? "epoch" : "invalid";
    CHECK(connection.read() == event_line("gap", "\"reason\":\"" + reason + "\",", 1));
    CHECK(connection.last == Pull::end);
  }
}

TEST_CASE("a poll moves past messages for others that follow its own") {
  TestNode node(1);
  CHECK(node.publish(kKey, "mine") == Status::ok);
  CHECK(publish_for(node, "bob", "not mine") == Status::ok);
  node.settle();
  Connection connection(poll_of(node, kKey, "0"));
  const std::string text = connection.read();
  CHECK(text.rfind(message_line(1, "mine"), 0) == 0);
  CHECK(connection.last == Pull::end);
}

TEST_CASE("a poll ends with the end of its subscription, and when the node drains") {
  TestNode node(1);
  Connection ended(poll_of(node, kKey, "0"));
  ended.read();
  node.pubsub().revoke({"acme", "news", "", EndReason::locked});
  node.settle();
  CHECK(ended.read() == "{\"channel\":\"news\",\"end\":{\"code\":4403,\"reason\":\"locked\"}}\n");
  CHECK(ended.last == Pull::end);
  Connection drained(poll_of(node, kKey, "0"));
  drained.read();
  drained.feed().on_drain();
  CHECK(drained.ready);
  CHECK(drained.read() ==
        "{\"channel\":\"news\",\"end\":{\"code\":1012,\"reason\":\"retry-after-ms=1\"}}\n");
  CHECK(drained.last == Pull::end);
}

TEST_CASE("a poll at a cached channel gets the latest message at once") {
  PubSubOptions options;
  options.common.cache = true;
  TestNode node(1, options);
  for (const char* text : {"one", "two"}) CHECK(node.publish(kKey, text) == Status::ok);
  node.settle();
  Connection connection(poll_of(node, kKey, ""));
  CHECK(connection.read() == message_line(2, "two"));
  CHECK(connection.last == Pull::end);
}

TEST_CASE("a poll whose log is on its way from another shard waits for it") {
  TestNode node(2);
  const ChannelKey key = key_at(1, 2);
  CHECK(node.publish(key, "one") == Status::ok);
  node.settle();
  Connection connection(poll_of(node, key, "0"));
  CHECK(connection.read() == "");
  CHECK(connection.last == Pull::wait);
  Connection over(poll_of(node, key, ""));
  node.pass_ms(0, 3000);
  CHECK(over.read() == "");
  CHECK(over.last == Pull::end);
  Connection second(poll_of(node, key, "0"));
  second.read();
  node.settle();
  CHECK(second.ready);
  CHECK(second.read().find("\"data\":\"one\"") != std::string::npos);
  CHECK(second.last == Pull::end);
}

TEST_CASE("polls in a loop miss nothing and get nothing twice") {
  TestNode node(1);
  int published = 0;
  std::string position = "0";
  std::string all;
  std::string expected;
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < round % 4; ++i) {
      CHECK(node.publish(kKey, "m") == Status::ok);
      expected += message_line(++published, "m");
    }
    if (round % 3 == 0) node.settle();
    Connection connection(poll_of(node, kKey, position));
    std::string text = connection.read(40);
    if (connection.last != Pull::end) {
      node.settle();
      text += connection.read(40);
    }
    if (connection.last != Pull::end) {
      node.pass_ms(0, 3000);
      text += connection.read(40);
    }
    REQUIRE(connection.last == Pull::end);
    const size_t id = text.rfind("00000000.");
    position = text.substr(id, text.find('"', id) - id);
    if (text.find("\"at\"") == std::string::npos) all += text;
  }
  CHECK(all == expected);
}
