// SPDX-License-Identifier: Apache-2.0
#include "metrics/counters.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace fce;

TEST_CASE("counters: each counts for itself") {
  Counters counters;
  counters.add(Counter::accepted);
  counters.add(Counter::bytes_in, 1000);
  counters.add(Counter::bytes_in);
  CHECK(counters.get(Counter::accepted) == 1);
  CHECK(counters.get(Counter::bytes_in) == 1001);
  CHECK(counters.get(Counter::closed) == 0);
}

TEST_CASE("counters: gauges go up and down, and times are taken") {
  Counters counters;
  counters.set(Gauge::channels, 5);
  counters.add(Gauge::channels, -7);
  CHECK(counters.get(Gauge::channels) == -2);
  CHECK(counters.get(Gauge::subscribers) == 0);
  counters.record(Histogram::http_answer, 1000);
  CHECK(counters.get(Histogram::http_answer).sum() == 1000);
  CHECK(counters.get(Histogram::loop_turn).sum() == 0);
}

namespace {

std::set<std::string> names;

void check_names(const std::string& name, const std::string& end, const std::string& help) {
  CAPTURE(name);
  CHECK(name.starts_with("fcedge_"));
  CHECK(name.ends_with(end));
  CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos);
  // Nothing that would have to be escaped; the period is added.
  CHECK(help.find_first_of("\n\\\"") == std::string::npos);
  CHECK_FALSE(help.empty());
  CHECK_FALSE(help.ends_with("."));
  // The family of a counter is its name without the suffix, and no other may have that name.
  CHECK(names.insert(end == "_total" ? name.substr(0, name.size() - 6) : name).second);
}

}  // namespace

TEST_CASE("counters: names are OpenMetrics names, and no two are the same") {
  for (uint32_t i = 0; i < static_cast<uint32_t>(Counter::count_); ++i) {
    const CounterInfo info = counter_info(static_cast<Counter>(i));
    check_names(info.name, "_total", info.help);
  }
  for (uint32_t i = 0; i < static_cast<uint32_t>(Gauge::count_); ++i) {
    const GaugeInfo info = gauge_info(static_cast<Gauge>(i));
    check_names(info.name, info.unit, info.help);
    CHECK_FALSE(std::string(info.name).ends_with("_total"));
  }
  for (uint32_t i = 0; i < static_cast<uint32_t>(Histogram::count_); ++i) {
    const HistogramInfo info = histogram_info(static_cast<Histogram>(i));
    check_names(info.name, "_seconds", info.help);
  }
}
