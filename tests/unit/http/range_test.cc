// SPDX-License-Identifier: Apache-2.0
#include "http/range.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace fce {
namespace {

std::string read(std::string_view value, uint64_t size) {
  ByteRange range;
  switch (parse_range(value, size, &range)) {
    case RangeAnswer::whole:
    case RangeAnswer::too_many: return "whole";
    case RangeAnswer::unsatisfiable: return "416";
    case RangeAnswer::partial: break;
  }
  return std::to_string(range.first) + "+" + std::to_string(range.length);
}

}  // namespace

TEST_CASE("one range") {
  CHECK(read("bytes=0-0", 10) == "0+1");
  CHECK(read("bytes=2-5", 10) == "2+4");
  CHECK(read("Bytes=2-", 10) == "2+8");
  CHECK(read("bytes=0-99", 10) == "0+10");
  CHECK(read("bytes=-3", 10) == "7+3");
  CHECK(read("bytes=-30", 10) == "0+10");
  CHECK(read("bytes= 1-2 ,", 10) == "1+2");
  CHECK(read("bytes=1-99999999999999999999999", 10) == "1+9");
  CHECK(read("bytes=-99999999999999999999999", 10) == "0+10");
}

TEST_CASE("beyond the end") {
  CHECK(read("bytes=10-", 10) == "416");
  CHECK(read("bytes=10-20", 10) == "416");
  CHECK(read("bytes=99999999999999999999999-", 10) == "416");
  CHECK(read("bytes=-0", 10) == "416");
  CHECK(read("bytes=0-", 0) == "416");
  CHECK(read("bytes=-5", 0) == "whole");
}

TEST_CASE("what is no single byte range is ignored") {
  for (const std::string_view value :
       {"", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=5", "bytes=5-2", "bytes=a-b",
        "lines=1-2", "bytes=0-1,2-3", "bytes=+1-2", "bytes=1 - 2", "bytes=--1", "bytes 0-1",
        "bytes=0x1-2"})
    CHECK(read(value, 10) == "whole");
}

TEST_CASE("Content-Range") {
  std::array<char, kContentRangeBytes> buffer;
  const ByteRange range{2, 3};
  CHECK(content_range(&range, 10, buffer) == "bytes 2-4/10");
  CHECK(content_range(nullptr, 10, buffer) == "bytes */10");
  const ByteRange large{UINT64_MAX - 2, 2};
  CHECK(content_range(&large, UINT64_MAX, buffer) ==
        "bytes 18446744073709551613-18446744073709551614/18446744073709551615");
}

namespace {

// "first-last first-last", or what else the answer is.
std::string several(std::string_view value, uint64_t size = 100) {
  ByteRanges ranges;
  switch (parse_ranges(value, size, &ranges)) {
    case RangeAnswer::whole: return ranges.size() ? "?" : "whole";
    case RangeAnswer::too_many: return ranges.size() ? "?" : "too many";
    case RangeAnswer::unsatisfiable: return ranges.size() ? "?" : "unsatisfiable";
    case RangeAnswer::partial: break;
  }
  std::string text;
  for (const ByteRange& range : ranges) {
    if (!text.empty()) text += ' ';
    text += std::to_string(range.first) + '-' + std::to_string(range.first + range.length - 1);
  }
  return text;
}

}  // namespace

TEST_CASE("several ranges") {
  const struct {
    const char* value;
    const char* ranges;
  } table[] = {
      {"bytes=0-9,20-29", "0-9 20-29"},
      {"bytes=20-29, 0-9", "20-29 0-9"},
      {"bytes=0-9", "0-9"},
      {"bytes=,0-9,,", "0-9"},
      {"bytes=0-0,-1", "0-0 99-99"},
      {"bytes=90-,-20", "80-99"},
      // Overlapping or touching, they are one, where the first of them stood.
      {"bytes=0-9,5-14", "0-14"},
      {"bytes=0-9,10-19", "0-19"},
      {"bytes=0-9,11-19", "0-9 11-19"},
      {"bytes=50-59,0-9,20-29,5-24", "50-59 0-29"},
      {"bytes=0-9,20-29,10-19", "0-29"},
      {"bytes=70-79,0-9,20-29,0-99", "0-99"},
      {"bytes=40-49,0-9,60-69,9-40", "0-49 60-69"},
      {"bytes=5-5,5-5,5-5", "5-5"},
      {"bytes=0-,0-,0-", "0-99"},
      // Those outside are left out, unless all are.
      {"bytes=0-9,200-300", "0-9"},
      {"bytes=200-300,0-9,-0", "0-9"},
      {"bytes=200-300,100-,-0", "unsatisfiable"},
      // One that is malformed spoils all.
      {"bytes=0-9,x", "whole"},
      {"bytes=0-9,9-8", "whole"},
      {"bytes=0-9,-", "whole"},
      {"bytes=0-9;20-29", "whole"},
      {"bytes=", "whole"},
      {"bytes=,,", "whole"},
      {"lines=0-9,20-29", "whole"},
      {"bytes=0-9,18446744073709551615-18446744073709551616", "0-9"},
  };
  for (const auto& entry : table) {
    CAPTURE(entry.value);
    CHECK(several(entry.value) == entry.ranges);
  }
  CHECK(several("bytes=0-1,5-", 0) == "unsatisfiable");
}

TEST_CASE("so many ranges and no more") {
  std::string value = "bytes=0-0", expected = "0-0";
  for (size_t i = 1; i < kRangesMax; ++i) {
    const std::string at = std::to_string(i * 2);
    value += "," + at + "-" + at;
    expected += " " + at + "-" + at;
  }
  CHECK(several(value) == expected);
  CHECK(several(value + ",1-1") == "too many");
  CHECK(several(value + ",x") == "too many");
  std::string nested = "bytes=50-50";
  for (size_t i = 1; i < kRangesMax; ++i)
    nested += "," + std::to_string(50 - i) + "-" + std::to_string(50 + i);
  CHECK(several(nested) == "19-81");
}

}  // namespace fce
