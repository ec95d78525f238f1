// SPDX-License-Identifier: Apache-2.0
#include "http/query.h"

#include <doctest/doctest.h>

namespace fce {

TEST_CASE("query: the first field of a name is found, and no other") {
  CHECK(query_value("a=1&b=2&a=3", "a") == "1");
  CHECK(query_value("a=1&b=2", "b") == "2");
  CHECK(query_value("&&b=2&", "b") == "2");
  CHECK(query_value("a=b=c", "a") == "b=c");
  CHECK(query_value("xa=1&ax=2&=a", "a").empty());
  CHECK(query_value("a&b=2", "a").empty());
  CHECK(query_value("a=", "a").empty());
  CHECK(query_value("", "a").empty());
  CHECK(query_value("a=%41", "a") == "%41");
}

}  // namespace fce
