// SPDX-License-Identifier: Apache-2.0
#include "pubsub/publish_query.h"

#include <doctest/doctest.h>

using namespace fce;
using Names = std::vector<std::string>;

namespace {

Status parse(std::string_view query, Publication::More* more) {
  *more = {};
  bool any = false;
  const Status status = parse_publish_query(query, more, &any);
  const bool some = !more->key.empty() || !more->author.empty() || !more->audience.everybody();
  if (status == Status::ok) CHECK(any == some);
  return status;
}

}  // namespace

TEST_CASE("a publish query names key, author and audience") {
  Publication::More more;
  CHECK(parse("x=1&key=votes%2017&author=ann&group=a&user=b+c&group=%C3%A9&exclude=d", &more) ==
        Status::ok);
  CHECK(more.key == "votes 17");
  CHECK(more.author == "ann");
  CHECK(more.audience.groups == Names{"a", "\xC3\xA9"});
  CHECK(more.audience.users == Names{"b c"});
  CHECK(more.audience.exclude == Names{"d"});
  for (const char* query : {"", "&&", "x", "keys=1", "=1&", "Key=1"}) {
    CAPTURE(query);
    CHECK(parse(query, &more) == Status::ok);
    CHECK(more.key.empty());
  }
}

TEST_CASE("what could make an audience larger than it was meant is refused") {
  Publication::More more;
  for (const char* query : {"user=", "user", "group=&user=a", "exclude", "user=%", "key=a&key=b"}) {
    CAPTURE(query);
    CHECK(parse(query, &more) == Status::invalid);
  }
  std::string many = "user=u";
  for (size_t i = 1; i < Audience::kNamesMax; ++i) many += "&group=g";
  CHECK(parse(many, &more) == Status::ok);
  CHECK(parse(many + "&exclude=e", &more) == Status::invalid);
}
