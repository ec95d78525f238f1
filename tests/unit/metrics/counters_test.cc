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

TEST_CASE("counters: names are OpenMetrics names of counters, and no two are the same") {
  std::set<std::string> names;
  for (uint32_t i = 0; i < static_cast<uint32_t>(Counter::count_); ++i) {
    const CounterInfo info = counter_info(static_cast<Counter>(i));
    const std::string name = info.name;
    CAPTURE(name);
    CHECK(name.starts_with("fcedge_"));
    CHECK(name.ends_with("_total"));
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos);
    CHECK(std::string(info.help).find('\n') == std::string::npos);
    CHECK_FALSE(std::string(info.help).empty());
    CHECK(names.insert(name).second);
  }
}
