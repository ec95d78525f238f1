// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace fce {

TEST_CASE("arena: what it gives is aligned and does not overlap") {
  Arena arena;
  struct Given {
    char* at;
    size_t size;
    char fill;
  };
  std::vector<Given> given;
  for (size_t i = 0; i < 400; ++i) {
    const size_t size = i * 7 % 97;
    auto* at = static_cast<char*>(arena.allocate(size));
    REQUIRE(reinterpret_cast<uintptr_t>(at) % 8 == 0);
    const char fill = static_cast<char>(i);
    if (size > 0) std::memset(at, fill, size);
    given.push_back({at, size, fill});
  }
  for (const Given& one : given)
    for (size_t i = 0; i < one.size; ++i) REQUIRE(one.at[i] == one.fill);
}

TEST_CASE("arena: a large block does not throw away the room of the one before") {
  Arena arena;
  auto* first = static_cast<char*>(arena.allocate(8));
  auto* large = static_cast<char*>(arena.allocate(100'000));
  std::memset(large, 1, 100'000);
  auto* second = static_cast<char*>(arena.allocate(8));
  CHECK(second == first + 8);
  auto* exact = static_cast<char*>(arena.allocate(4096));
  std::memset(exact, 2, 4096);
  CHECK(large[99'999] == 1);
}

TEST_CASE("arena: copies, joins, numbers") {
  Arena arena;
  std::string text = "text";
  const std::string_view copy = arena.copy(text);
  const std::string_view joined = arena.concat("a", text);
  text[0] = '-';
  CHECK(copy == "text");
  CHECK(joined == "atext");
  CHECK(arena.copy("").empty());
  CHECK(arena.concat("", "").empty());
  CHECK(arena.concat("", "b") == "b");
  CHECK(arena.concat("a", "") == "a");
  CHECK(arena.decimal(0) == "0");
  CHECK(arena.decimal(std::numeric_limits<uint64_t>::max()) == "18446744073709551615");
  auto* numbers = arena.allocate_array<uint64_t>(1000);
  for (size_t i = 0; i < 1000; ++i) numbers[i] = i;
  CHECK(numbers[999] == 999);
}

}  // namespace fce
