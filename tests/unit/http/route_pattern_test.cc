// SPDX-License-Identifier: Apache-2.0
#include "http/route_pattern.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace fce {
namespace {

// "a|{id}|{path...}", or "refused".
std::string split(std::string_view pattern) {
  std::vector<PatternSegment> segments;
  if (parse_pattern(pattern, &segments) != Status::ok) return "refused";
  std::string text;
  for (const PatternSegment& segment : segments) {
    if (!text.empty() || &segment != &segments.front()) text += "|";
    const std::string name(segment.name);
    if (segment.kind == PatternSegment::Kind::text) text += segment.text;
    if (segment.kind == PatternSegment::Kind::parameter) text += "{" + name + "}";
    if (segment.kind == PatternSegment::Kind::wildcard) text += "{" + name + "...}";
  }
  return text;
}

}  // namespace

TEST_CASE("patterns are split into segments") {
  CHECK(split("/").empty());
  CHECK(split("/a") == "a");
  CHECK(split("/a/") == "a|");
  CHECK(split("/a/{id}/b") == "a|{id}|b");
  CHECK(split("/{path...}") == "{path...}");
  CHECK(split("/{a}/{b_2}/{_c...}") == "{a}|{b_2}|{_c...}");
  CHECK(split("/caf%C3%A9") == "caf\xc3\xa9");
}

TEST_CASE("patterns that no request can match, or that say nothing, are refused") {
  for (const std::string_view pattern :
       {"",         "a",        "*",           "//",     "/a//b",  "/.",   "/..", "/a/../b",
        "/%2e%2e",  "/a b",     "/a?b",        "/a#b",   "/a\x01", "/%2f", "/%0", "/{}",
        "/{...}",   "/{1a}",    "/{a-b}",      "/{a}b",  "/b{a}",  "/{a",  "/a}", "/{a...}/b",
        "/{a...}/", "/{a}/{a}", "/{a}/{a...}", "/{{a}}", "/{a..}"})
    CHECK(split(pattern) == "refused");
}

TEST_CASE("patterns have limits") {
  std::string segments, params;
  for (size_t i = 0; i < kPatternSegmentsMax; ++i) segments += "/s";
  CHECK(split(segments) != "refused");
  CHECK(split(segments + "/s") == "refused");
  for (size_t i = 0; i < kPatternParamsMax; ++i) params += "/{p" + std::to_string(i) + "}";
  CHECK(split(params) != "refused");
  CHECK(split(params + "/{more}") == "refused");
}

}  // namespace fce
