// SPDX-License-Identifier: Apache-2.0
// The gauges and times of the room.
#include <doctest/doctest.h>

#include "pubsub/publish_timing.h"
#include "support.h"

using namespace fce;
using namespace fce::test;

namespace {

uint64_t times(const LogHistogram& histogram) {
  HistogramSnapshot snapshot;
  snapshot.add(histogram);
  return snapshot.count();
}

}  // namespace

TEST_CASE("channels, subscribers and what logs hold are measured on the shard that has them") {
  TestNode node(2);
  const ChannelKey key = key_at(0, 2);
  {
    Reader here(node, 0, key);
    Reader there(node, 1, key);
    Reader other(node, 0, key_at(0, 2, 7));
    REQUIRE(node.publish(key, "hello") == Status::ok);
    node.settle();
    CHECK(node.gauge(0, Gauge::subscribers) == 2);
    CHECK(node.gauge(1, Gauge::subscribers) == 1);
    CHECK(node.gauge(0, Gauge::channels) == 2);
    CHECK(node.gauge(1, Gauge::channels) == 0);
    CHECK(node.gauge(0, Gauge::log_bytes) > 5);
    CHECK(node.gauge(1, Gauge::log_bytes) == node.gauge(0, Gauge::log_bytes));
  }
  CHECK(node.gauge(0, Gauge::subscribers) == 0);
  CHECK(node.gauge(1, Gauge::subscribers) == 0);
  CHECK(node.gauge(0, Gauge::channels) == 1);  // the one that has a log
  node.hub(0).stop();
  node.hub(1).stop();
  CHECK(node.gauge(0, Gauge::log_bytes) == 0);
  CHECK(node.gauge(1, Gauge::log_bytes) == 0);
}

TEST_CASE("the gauge of logs follows the ring's bounds") {
  PubSubOptions options;
  options.common.history.messages_max = 3;
  options.common.history.age_ms_max = 1000;
  TestNode node(1, options);
  const ChannelKey key = key_of("acme", "news");
  REQUIRE(node.publish(key, "one") == Status::ok);
  node.settle();
  const int64_t one = node.gauge(0, Gauge::log_bytes);
  for (int i = 0; i < 6; ++i) REQUIRE(node.publish(key, "two") == Status::ok);
  node.settle();
  CHECK(node.gauge(0, Gauge::log_bytes) == 3 * one);
}

TEST_CASE(
    "a publication is timed to the flush of its last subscriber, on each shard that has one") {
  TestNode node(2);
  const ChannelKey key = key_at(0, 2);
  const auto timed = [&](uint32_t shard) {
    return times(node.counters(shard).get(Histogram::publish_flush));
  };
  // Nobody is there to be served.
  REQUIRE(node.publish(key, "nobody") == Status::ok);
  node.settle();
  CHECK(timed(0) == 0);
  Reader here(node, 0, key);
  Reader there(node, 1, key);
  node.settle();
  CHECK(timed(1) == 0);  // a replay is no publication
  for (const char* text : {"one", "two"}) REQUIRE(node.publish(key, text) == Status::ok);
  node.settle();
  CHECK(timed(0) == 2);
  CHECK(timed(1) == 2);
}

TEST_CASE("while fan-out never ends, publications are counted without growing a list") {
  Counters counters;
  Loop loop(1000);
  REQUIRE(loop.open() == Status::ok);
  PublishTiming timing(loop, counters);
  const uint64_t began_us = monotonic_us();
  timing.begin(began_us + 3'600'000'000);  // by a clock that is ahead
  timing.on_fanned_out(loop.turn() + 1);
  CHECK(times(counters.get(Histogram::publish_flush)) == 1);
  CHECK(counters.get(Histogram::publish_flush).sum() == 0);
  for (int i = 0; i < 5000; ++i) timing.begin(began_us);
  timing.on_fanned_out(loop.turn());
  CHECK(times(counters.get(Histogram::publish_flush)) == 1);  // these channels are not flushed yet
  timing.on_fanned_out(loop.turn() + 1);
  CHECK(times(counters.get(Histogram::publish_flush)) == 5001);
}
