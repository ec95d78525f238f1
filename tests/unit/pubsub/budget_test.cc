// SPDX-License-Identifier: Apache-2.0
// What a node does when it holds all the channels, or all the bytes of logs, that it may.
#include <doctest/doctest.h>

#include <string>

#include "pubsub/channel.h"
#include "pubsub/numbers.h"
#include "support.h"

using namespace fce;
using namespace fce::test;

namespace {

PubSubOptions at_most(uint32_t channels) {
  PubSubOptions options;
  options.channels_max = channels;
  return options;
}

bool is_there(TestNode& node, const ChannelKey& key) {
  return node.hub(key.home(node.shards())).find_home(key) != nullptr;
}

int outcome_of(TestNode& node, const ChannelKey& key, std::string_view text) {
  int outcome = 1;
  const auto told = [](int status, const char*, void* user) { *static_cast<int*>(user) = status; };
  const Status status = node.pubsub().publish(key, {as_bytes(text), nullptr}, told, &outcome);
  if (status != Status::ok) return static_cast<int>(status);
  node.settle();
  return outcome;
}

}  // namespace

TEST_CASE("for a channel too many, one that nobody reads goes, the one that rested longest") {
  TestNode node(1, at_most(3));
  const ChannelKey a = key_of("acme", "a"), b = key_of("acme", "b"), c = key_of("acme", "c"),
                   d = key_of("acme", "d");
  Reader reader(node, 0, a);
  for (const ChannelKey& key : {a, b, c, b}) CHECK(outcome_of(node, key, "1") == FCE_OK);
  CHECK(outcome_of(node, d, "1") == FCE_OK);
  CHECK(is_there(node, a));
  CHECK(is_there(node, b));
  CHECK_FALSE(is_there(node, c));
  CHECK(node.count(Counter::channels_evicted) == 1);
  CHECK(node.gauge(0, Gauge::channels) == 3);
  // It begins anew, and another has to go.
  CHECK(outcome_of(node, c, "2") == FCE_OK);
  CHECK(node.count(Counter::channels_evicted) == 2);
  CHECK(node.count(Counter::limit_channels) == 0);
  CHECK(reader.got == Got{"ready 1-0", "1-1 1"});
}

TEST_CASE("who comes back to a channel that had to go hears of what is lost, and only then") {
  TestNode node(1, at_most(1));
  const ChannelKey a = key_of("acme", "a"), b = key_of("acme", "b");
  CHECK(outcome_of(node, a, "1") == FCE_OK);
  CHECK(outcome_of(node, a, "2") == FCE_OK);
  CHECK(outcome_of(node, b, "1") == FCE_OK);
  REQUIRE_FALSE(is_there(node, a));
  Reader knew_all(node, 0, a, "1-2"), lacked_one(node, 0, a, "1-1");
  node.settle();
  CHECK(knew_all.got == Got{"ready 1-2"});
  CHECK(lacked_one.got == Got{"gap expired 1-2", "ready 1-2"});
  // No number is given twice.
  CHECK(outcome_of(node, a, "3") == FCE_OK);
  CHECK(knew_all.got == Got{"ready 1-2", "1-3 3"});
}

TEST_CASE("a tenant that makes up channels pushes out its own") {
  TestNode node(1, at_most(6));
  const ChannelKey small = key_of("small", "news");
  CHECK(outcome_of(node, small, "1") == FCE_OK);
  for (int i = 0; i < 40; ++i)
    CHECK(outcome_of(node, key_of("big", "c" + std::to_string(i)), "x") == FCE_OK);
  CHECK(is_there(node, small));
  CHECK(is_there(node, key_of("big", "c39")));
  CHECK_FALSE(is_there(node, key_of("big", "c34")));
  // And one that has few takes from the one that has many.
  CHECK(outcome_of(node, key_of("small", "more"), "1") == FCE_OK);
  CHECK(is_there(node, small));
  CHECK_FALSE(is_there(node, key_of("big", "c35")));
}

TEST_CASE("channels that are read do not go: new ones are refused") {
  TestNode node(2, at_most(2));
  const ChannelKey a = key_at(0, 2, 1), b = key_at(1, 2, 2), c = key_at(0, 2, 3);
  // One is read on its own shard, one on another.
  Reader reader(node, 1, c), near(node, 0, a), far(node, 0, b);
  CHECK(outcome_of(node, a, "1") == FCE_OK);
  CHECK(outcome_of(node, b, "1") == FCE_OK);
  CHECK(outcome_of(node, a, "2") == FCE_OK);
  CHECK(outcome_of(node, c, "x") == FCE_ENOBUFS);
  CHECK(node.count(Counter::limit_channels) == 1);
  CHECK(node.count(Counter::publish_refused) == 1);
  CHECK(node.count(Counter::published) == 3);
  CHECK(node.count(Counter::channels_evicted) == 0);
  CHECK(reader.got == Got{"ready 1-0"});
}

TEST_CASE("a channel whose messages have expired gives its place back") {
  PubSubOptions options = at_most(1);
  options.common.history.age_ms_max = 5;
  TestNode node(1, options);
  const ChannelKey a = key_of("acme", "a"), b = key_of("acme", "b");
  CHECK(outcome_of(node, a, "1") == FCE_OK);
  const uint64_t end_ms = node.loop(0).now_ms() + 10;
  while (node.loop(0).now_ms() < end_ms) node.step(0);
  node.pass_ms(0, 1000);
  CHECK_FALSE(is_there(node, a));
  Reader reader(node, 0, b);
  CHECK(outcome_of(node, b, "1") == FCE_OK);
  CHECK(node.count(Counter::channels_evicted) == 0);
}

TEST_CASE("logs are bounded together: idle ones go, then a publication takes its own log's place") {
  PubSubOptions options;
  options.log_bytes_max = 16 * 1024;
  TestNode node(1, options);
  const std::string text(2000, 'x');
  const ChannelKey read = key_of("acme", "read");
  Reader reader(node, 0, read);
  for (int i = 0; i < 20; ++i) {
    CHECK(outcome_of(node, key_of("acme", "c" + std::to_string(i)), text) == FCE_OK);
    CHECK(node.gauge(0, Gauge::log_bytes) <= 16 * 1024);
  }
  CHECK(node.count(Counter::channels_evicted) > 10);
  CHECK(node.count(Counter::logs_cramped) == 0);
  for (int i = 0; i < 20; ++i) CHECK(outcome_of(node, read, text) == FCE_OK);
  CHECK(node.gauge(0, Gauge::log_bytes) <= 16 * 1024);
  CHECK(node.count(Counter::logs_cramped) > 5);
  CHECK(reader.got.size() == 21);  // nothing is lost for those who keep up
}

TEST_CASE("what is read never makes the idle channels of others go in vain") {
  PubSubOptions options;
  options.log_bytes_max = 2 * 32 * 1024;
  TestNode node(2, options);
  const std::string text(2000, 'x');
  const ChannelKey idle = key_of("small", key_at(0, 2, 1).name());
  const uint32_t home = idle.home(2);
  CHECK(outcome_of(node, idle, "1") == FCE_OK);
  // Replicas of what is at home on the other shard hold as much as they like.
  const ChannelKey far = key_at(1 - home, 2, 2);
  Reader replica(node, home, far);
  for (int i = 0; i < 10; ++i) CHECK(outcome_of(node, far, text) == FCE_OK);
  CHECK(is_there(node, idle));
  const ChannelKey near = key_at(home, 2, 3);
  Reader reader(node, home, near);
  for (int i = 0; i < 30; ++i) CHECK(outcome_of(node, near, text) == FCE_OK);
  CHECK(is_there(node, idle));
  CHECK(node.count(Counter::channels_evicted) == 0);
  CHECK(node.count(Counter::logs_cramped) > 0);
  CHECK(reader.got.size() == 31);
}

TEST_CASE("a message that nothing can make room for is refused") {
  PubSubOptions options;
  options.log_bytes_max = 32 * 1024;
  TestNode node(1, options);
  const std::string text(2000, 'x');
  const ChannelKey full = key_of("acme", "full"), empty = key_of("acme", "empty");
  Reader reader(node, 0, full), other(node, 0, empty);
  for (int i = 0; i < 30; ++i) CHECK(outcome_of(node, full, text) == FCE_OK);
  CHECK(outcome_of(node, empty, text) == FCE_ENOBUFS);
  CHECK(node.count(Counter::limit_logs) == 1);
  CHECK(node.count(Counter::publish_refused) == 1);
  CHECK(node.gauge(0, Gauge::log_bytes) <= 32 * 1024);
  // Nothing was given its number.
  CHECK(outcome_of(node, empty, "") == FCE_OK);
  CHECK(other.got.back() == "1-1 ");
}

TEST_CASE("no channel goes for a publication that is refused for its bytes") {
  PubSubOptions options = at_most(2);
  options.log_bytes_max = 32 * 1024;
  TestNode node(1, options);
  const std::string text(2000, 'x');
  const ChannelKey full = key_of("acme", "full"), idle = key_of("acme", "idle");
  CHECK(outcome_of(node, idle, "1") == FCE_OK);
  Reader reader(node, 0, full);
  for (int i = 0; i < 30; ++i) CHECK(outcome_of(node, full, text) == FCE_OK);
  REQUIRE(is_there(node, idle));
  CHECK(outcome_of(node, key_of("acme", "new"), text) == FCE_ENOBUFS);
  CHECK(is_there(node, idle));
  CHECK(node.count(Counter::channels_evicted) == 0);
}

TEST_CASE("where bytes are short, the tenant with the largest logs pays, not the one with most") {
  PubSubOptions options;
  options.log_bytes_max = 64 * 1024;
  TestNode node(1, options);
  for (int i = 0; i < 20; ++i)
    CHECK(outcome_of(node, key_of("many", "c" + std::to_string(i)), "x") == FCE_OK);
  const std::string text(8000, 'x');
  for (int i = 0; i < 20; ++i)
    CHECK(outcome_of(node, key_of("large", "c" + std::to_string(i)), text) == FCE_OK);
  CHECK(node.count(Counter::channels_evicted) > 10);
  for (int i = 0; i < 20; ++i) CHECK(is_there(node, key_of("many", "c" + std::to_string(i))));
}

TEST_CASE("a channel that is read needs no place once its messages have expired") {
  PubSubOptions options = at_most(1);
  options.common.history.age_ms_max = 5;
  TestNode node(1, options);
  const ChannelKey a = key_of("acme", "a"), b = key_of("acme", "b");
  Reader reads_a(node, 0, a), reads_b(node, 0, b);
  CHECK(outcome_of(node, a, "1") == FCE_OK);
  CHECK(outcome_of(node, b, "1") == FCE_ENOBUFS);
  const uint64_t end_ms = node.loop(0).now_ms() + 10;
  while (node.loop(0).now_ms() < end_ms) node.step(0);
  node.pass_ms(0, 1000);
  CHECK(outcome_of(node, b, "1") == FCE_OK);
  CHECK(outcome_of(node, a, "2") == FCE_ENOBUFS);
}

TEST_CASE("a cache that had to go with its message is told as a gap") {
  PubSubOptions options = at_most(1);
  options.common.cache = true;
  TestNode node(1, options);
  const ChannelKey a = key_of("acme", "a"), b = key_of("acme", "b");
  CHECK(outcome_of(node, a, "1") == FCE_OK);
  CHECK(outcome_of(node, a, "2") == FCE_OK);
  CHECK(outcome_of(node, b, "1") == FCE_OK);
  Reader knew_it(node, 0, a, "1-2"), knew_another(node, 0, a, "1-1"), fresh(node, 0, a);
  node.settle();
  CHECK(knew_it.got == Got{"ready 1-2"});
  CHECK(knew_another.got == Got{"gap expired 1-2", "ready 1-2"});
  CHECK(fresh.got == Got{"ready 1-2"});
}

TEST_CASE("compressed frames count, and their forms are bounded") {
  TestNode node(1);
  const ChannelKey key = key_of("acme", "news");
  std::string text;  // that shrinks to about a half
  for (int i = 0; i < 300; ++i) text += static_cast<char>('a' + i * i % 23 % 16);
  CHECK(outcome_of(node, key, text) == FCE_OK);
  Channel& channel = *node.hub(0).find_home(key);
  const int64_t plain = node.gauge(0, Gauge::log_bytes);
  for (const FrameForm form : {FrameForm::raw, FrameForm::json})
    for (int bits = 9; bits <= 15; ++bits) channel.deflated(1, form, bits);
  const int64_t all = node.gauge(0, Gauge::log_bytes);
  CHECK(all > plain);
  CHECK(all < plain * 5 / 2);
  CHECK(node.count(Counter::limit_deflated) > 0);
}

TEST_CASE("numbers are remembered for the channels that went last, and never given twice") {
  Numbers numbers(2);
  const auto key = [](int i) { return key_of("acme", "c" + std::to_string(i)); };
  const auto next = [&](int i) { return numbers.take(key(i)).next; };
  CHECK(next(0) == 1);
  numbers.keep(key(0), {10, 0});
  CHECK(next(0) == 10);
  CHECK(next(0) == 1);
  for (int i = 0; i < 4; ++i) numbers.keep(key(i), {10 + static_cast<uint64_t>(i), 7});
  CHECK(next(0) == 10);
  CHECK(numbers.find(key(3)).evicted_us == 7);
  CHECK(numbers.find(key(9)).evicted_us == 0);
  numbers.keep(key(4), {5, 8});
  numbers.keep(key(5), {6, 7});
  // The first two were forgotten: one of them was still there, so all begin above it, and may have
  // gone when it did.
  CHECK(next(1) == 11);
  CHECK(next(9) == 11);
  CHECK(numbers.find(key(9)).evicted_us == 7);
  CHECK(next(3) == 13);
  CHECK(next(4) == 11);
}
