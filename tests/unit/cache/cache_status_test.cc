// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_status.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

namespace fce {
namespace {

std::string value(const CacheStatus& status, std::string_view existing = "",
                  std::string_view name = "edge") {
  Arena arena;
  return std::string(cache_status_value(status, name, existing, arena));
}

}  // namespace

TEST_CASE("Cache-Status of hits") {
  CHECK(value({}) == "edge; hit");
  CHECK(value({.ttl_s = 376}) == "edge; hit; ttl=376");
  CHECK(value({.ttl_s = 0}) == "edge; hit; ttl=0");
  CHECK(value({.ttl_s = -412}) == "edge; hit; ttl=-412");
  CHECK(value({.ttl_s = INT64_MIN}) == "edge; hit; ttl=-9223372036854775808");
  // What makes sense with fwd only is not said.
  CHECK(value({.forward_status = 200, .stored = true, .collapsed = Collapsed::yes}) == "edge; hit");
  CHECK(value({.detail = "memory"}) == "edge; hit; detail=memory");
}

TEST_CASE("Cache-Status of what is neither") {
  CacheStatus status;
  status.refused = true;
  status.detail = "only-if-cached";
  CHECK(value(status) == "edge; detail=only-if-cached");
}

TEST_CASE("Cache-Status of what went forward") {
  CHECK(value({.forward = Forward::uri_miss}) == "edge; fwd=uri-miss");
  CHECK(value({.forward = Forward::stale, .forward_status = 304}) ==
        "edge; fwd=stale; fwd-status=304");
  CHECK(value({.forward = Forward::uri_miss, .collapsed = Collapsed::yes}) ==
        "edge; fwd=uri-miss; collapsed");
  CHECK(value({.forward = Forward::uri_miss, .collapsed = Collapsed::failed}) ==
        "edge; fwd=uri-miss; collapsed=?0");
  CHECK(value({Forward::vary_miss, 200, 60, true, Collapsed::no, "no lifetime"}) ==
        "edge; fwd=vary-miss; fwd-status=200; ttl=60; stored; detail=\"no lifetime\"");
  CHECK(value({.forward = Forward::bypass}) == "edge; fwd=bypass");
  CHECK(value({.forward = Forward::method}) == "edge; fwd=method");
  CHECK(value({.forward = Forward::miss}) == "edge; fwd=miss");
  CHECK(value({.forward = Forward::request}) == "edge; fwd=request");
  CHECK(value({.forward = Forward::partial}) == "edge; fwd=partial");
}

TEST_CASE("Cache-Status keeps what caches before it said") {
  CHECK(value({}, "Origin; hit; ttl=1100") == "Origin; hit; ttl=1100, edge; hit");
}

TEST_CASE("names that are no tokens become strings") {
  CHECK(value({}, "", "edge-3.example.com") == "edge-3.example.com; hit");
  CHECK(value({}, "", "*") == "*; hit");
  CHECK(value({}, "", "CDN Company Here") == "\"CDN Company Here\"; hit");
  CHECK(value({}, "", "3rd") == "\"3rd\"; hit");
  CHECK(value({}, "", "") == "\"\"; hit");
  CHECK(value({}, "", "a\"b\\c") == "\"a\\\"b\\\\c\"; hit");
  // Nothing gets out of the string, and no line is begun.
  CHECK(value({}, "", "a\r\nb\xC3\xA4") == "\"ab\"; hit");
  CHECK(value({.detail = "a;b\n"}) == "edge; hit; detail=\"a;b\"");
}

}  // namespace fce
