// SPDX-License-Identifier: Apache-2.0
#include "cache/surrogate_tags.h"

#include <doctest/doctest.h>

#include <string>

#include "cache/support.h"

namespace fce {
namespace {

// The tags with a bar behind each; "(refused)".
std::string tags(const test::Headers& headers) {
  Arena arena;
  std::span<const std::string_view> found;
  if (!surrogate_tags(headers, arena, &found)) return "(refused)";
  std::string out;
  for (const std::string_view tag : found) out += std::string(tag) + "|";
  return out;
}

// "t0 t1 t2 ..."
std::string many(size_t count, char separator) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += "t" + std::to_string(i) + separator;
  return out;
}

}  // namespace

TEST_CASE("tags") {
  CHECK(tags({}) == "");
  CHECK(tags({{"surrogate-key", ""}, {"cache-tag", " , "}}) == "");
  CHECK(tags({{"surrogate-key", "one"}}) == "one|");
  CHECK(tags({{"surrogate-key", " one  two\tthree "}}) == "one|two|three|");
  CHECK(tags({{"surrogate-key", "one,two"}}) == "one,two|");
  CHECK(tags({{"cache-tag", "one, two ,,three"}}) == "one|two|three|");
  CHECK(tags({{"cache-tag", "one two"}}) == "one two|");
  CHECK(tags({{"cache-tag", "one,two"}, {"x", "y"}, {"surrogate-key", "two three"}}) ==
        "one|two|three|");
  CHECK(tags({{"surrogate-key", "a A a"}}) == "a|A|");
}

TEST_CASE("more tags than the limit are refused, not cut") {
  const std::string most = many(kTagsMax, ' '), over = many(kTagsMax + 1, ' ');
  CHECK(tags({{"surrogate-key", most}}) != "(refused)");
  CHECK(tags({{"surrogate-key", most + "t0 t1"}}) != "(refused)");
  CHECK(tags({{"surrogate-key", over}}) == "(refused)");
  const std::string longest(kTagBytesMax, 'x'), longer(kTagBytesMax + 1, 'x');
  CHECK(tags({{"cache-tag", longest}}) == longest + "|");
  CHECK(tags({{"cache-tag", longer}}) == "(refused)");
}

}  // namespace fce
