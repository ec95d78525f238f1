// SPDX-License-Identifier: Apache-2.0
#include "metrics/log_histogram.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <thread>
#include <vector>

using namespace fce;

namespace {

constexpr uint64_t kTop = uint64_t{1} << LogHistogram::kTopBits;

HistogramSnapshot snapshot_of(const LogHistogram& histogram) {
  HistogramSnapshot snapshot;
  snapshot.add(histogram);
  return snapshot;
}

// `got` is off by a sixteenth of `value` at most.
bool near(uint64_t got, uint64_t value) {
  return (got > value ? got - value : value - got) * 16 <= value;
}

}  // namespace

TEST_CASE("log histogram: buckets join without gaps and are an eighth of their values wide") {
  CHECK(LogHistogram::lower_edge(0) == 0);
  for (size_t i = 0; i < LogHistogram::kBuckets; ++i) {
    const uint64_t low = LogHistogram::lower_edge(i);
    const uint64_t end = LogHistogram::lower_edge(i + 1);
    CAPTURE(i);
    REQUIRE(end > low);
    REQUIRE(LogHistogram::bucket_of(low) == i);
    REQUIRE(LogHistogram::bucket_of(end - 1) == i);
    REQUIRE((end - low - 1) * 8 <= low);
  }
  CHECK(LogHistogram::lower_edge(LogHistogram::kBuckets) == kTop);
}

TEST_CASE("log histogram: an estimate is off by a sixteenth at most, over all magnitudes") {
  std::mt19937_64 random(7);
  for (int bits = 0; bits <= LogHistogram::kTopBits; ++bits) {
    for (int i = 0; i < 200; ++i) {
      const uint64_t value =
          bits == 0 ? 0 : (kTop - 1 - random() % (kTop / 2)) >> (LogHistogram::kTopBits - bits);
      LogHistogram histogram;
      histogram.record(value);
      const HistogramSnapshot snapshot = snapshot_of(histogram);
      CAPTURE(value);
      REQUIRE(near(snapshot.quantile(0.5), value));
      REQUIRE(snapshot.sum() == value);
      REQUIRE(snapshot.count() == 1);
    }
  }
}

TEST_CASE("log histogram: what is too large counts in the last bucket") {
  LogHistogram histogram;
  for (const uint64_t value : {kTop - 1, kTop, kTop * 2, UINT64_MAX / 8}) histogram.record(value);
  CHECK(histogram.bucket(LogHistogram::kBuckets - 1) == 4);
  CHECK(snapshot_of(histogram).count_below(kTop) == 4);
  CHECK(near(snapshot_of(histogram).quantile(1), kTop - 1));
}

TEST_CASE("log histogram: quantiles of many values are near those of the sorted values") {
  std::mt19937_64 random(11);
  std::lognormal_distribution<double> spread(7, 2);
  LogHistogram histogram;
  std::vector<uint64_t> values;
  uint64_t sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(static_cast<uint64_t>(spread(random)));
    histogram.record(values.back());
    sum += values.back();
  }
  std::sort(values.begin(), values.end());
  const HistogramSnapshot snapshot = snapshot_of(histogram);
  CHECK(snapshot.count() == values.size());
  CHECK(snapshot.sum() == sum);
  for (const double q : {0.0, 0.0001, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const double rank = q * static_cast<double>(values.size());
    const size_t index = rank <= 1 ? 0 : static_cast<size_t>(rank + 0.999999) - 1;
    CAPTURE(q);
    CHECK(near(snapshot.quantile(q), values[index]));
  }
  CHECK(snapshot.quantile(-1) == snapshot.quantile(0));
  CHECK(snapshot.quantile(2) == snapshot.quantile(1));
  for (size_t i = 0; i <= LogHistogram::kBuckets; i += 5) {
    const uint64_t edge = LogHistogram::lower_edge(i);
    const auto below = std::lower_bound(values.begin(), values.end(), edge) - values.begin();
    CHECK(snapshot.count_below(edge) == static_cast<uint64_t>(below));
  }
}

TEST_CASE("log histogram: one that is empty") {
  const HistogramSnapshot snapshot;
  CHECK(snapshot.count() == 0);
  CHECK(snapshot.quantile(0.5) == 0);
  CHECK(snapshot.count_below(kTop) == 0);
}

TEST_CASE("log histogram: a value may count many times, and snapshots add up") {
  LogHistogram one, other;
  one.record(LogHistogram::bucket_of(100), 100, 3);
  one.record(7);
  other.record(100);
  for (int i = 0; i < 5; ++i) other.record(5'000'000);
  HistogramSnapshot sum = snapshot_of(one);
  sum.add(other);
  CHECK(sum.count() == 10);
  CHECK(sum.sum() == 400 + 7 + 25'000'000);
  CHECK(sum.count_below(8) == 1);
  CHECK(sum.count_below(104) == 5);
  CHECK(near(sum.quantile(0.5), 100));
  CHECK(near(sum.quantile(0.6), 5'000'000));
}

TEST_CASE("log histogram: a reader beside the writer sees only what grows") {
  const auto histogram = std::make_unique<LogHistogram>();
  constexpr uint64_t kTimes = 200'000;
  std::thread writer([&] {
    for (uint64_t i = 0; i < kTimes; ++i) histogram->record(i);
  });
  uint64_t seen = 0;
  bool grows = true;
  while (seen < kTimes) {
    const HistogramSnapshot snapshot = snapshot_of(*histogram);
    grows = grows && snapshot.count() >= seen && snapshot.count_below(kTop) == snapshot.count();
    seen = snapshot.count();
  }
  writer.join();
  CHECK(grows);
  CHECK(snapshot_of(*histogram).sum() == kTimes * (kTimes - 1) / 2);
}
