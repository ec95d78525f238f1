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
    case RangeAnswer::whole: return "whole";
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

}  // namespace fce
