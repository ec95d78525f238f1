// SPDX-License-Identifier: Apache-2.0
#include "http/context.h"

#include <doctest/doctest.h>

#include "fake_transport.h"

namespace fce {

TEST_CASE("the Date field is of this second") {
  TestShard shard;
  // The clock may move to the next second between two looks at it.
  const int64_t before = wall_seconds();
  int64_t told = 0;
  REQUIRE(parse_http_date(shard.http.date(), &told));
  CHECK(told >= before);
  CHECK(told <= wall_seconds());
  CHECK(shard.http.date().size() == kHttpDateBytes);
}

}  // namespace fce
