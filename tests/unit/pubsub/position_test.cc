// SPDX-License-Identifier: Apache-2.0
#include "pubsub/position.h"

#include <doctest/doctest.h>

using namespace fce;
using Kind = Position::Kind;

TEST_CASE("ids are printed and read one to one") {
  CHECK(id_text({7, 42}) == "7-42");
  CHECK(id_text({UINT64_MAX, UINT64_MAX}) == "18446744073709551615-18446744073709551615");
  CHECK(id_text({UINT64_MAX, UINT64_MAX}).size() == kIdBytesMax);
  MessageId id;
  CHECK(parse_id("7-42", &id));
  CHECK(id == MessageId{7, 42});
  CHECK(parse_id("0-0", &id));
  CHECK(parse_id("18446744073709551615-18446744073709551615", &id));
  CHECK(id == MessageId{UINT64_MAX, UINT64_MAX});
}

TEST_CASE("what no id prints is no id") {
  for (const char* text : {"",
                           "-",
                           "7",
                           "7-",
                           "-42",
                           "7-42-",
                           "7-42 ",
                           " 7-42",
                           "7 -42",
                           "+7-42",
                           "7-+42",
                           "7--42",
                           "07-42",
                           "7-042",
                           "00-1",
                           "0x7-42",
                           "7-42a",
                           "a7-42",
                           "7_42",
                           "7-18446744073709551616",
                           "99999999999999999999-1",
                           "7-42\n",
                           "7-4\xC2\xB2"}) {
    CAPTURE(text);
    MessageId id{1, 2};
    CHECK_FALSE(parse_id(text, &id));
    CHECK(id == MessageId{1, 2});
    if (*text) CHECK(Position::parse(text).kind == Kind::invalid);
  }
  CHECK(Position::parse("").kind == Kind::none);
  CHECK(Position::parse("0").kind == Kind::whole_ring);
  CHECK(Position::parse("00").kind == Kind::invalid);
  CHECK(Position::parse("7-42").kind == Kind::after);
  CHECK(Position::parse(std::string(100'000, '1')).kind == Kind::invalid);
}

TEST_CASE("where a subscriber begins") {
  // The log holds 10 to 19 of epoch 7, unless the row says else.
  struct Row {
    const char* position;
    uint64_t oldest;
    uint64_t next;
    uint64_t expected;
    GapReason gap;
  };
  const Row rows[] = {
      {"", 10, 20, 20, GapReason::none},
      {"", 1, 1, 1, GapReason::none},
      {"0", 10, 20, 10, GapReason::none},
      {"0", 1, 1, 1, GapReason::none},
      {"7-15", 10, 20, 16, GapReason::none},
      {"7-19", 10, 20, 20, GapReason::none},
      {"7-9", 10, 20, 10, GapReason::none},
      {"7-8", 10, 20, 20, GapReason::expired},
      {"7-0", 10, 20, 20, GapReason::expired},
      {"7-0", 1, 20, 1, GapReason::none},
      {"7-0", 1, 1, 1, GapReason::none},
      {"7-20", 10, 20, 20, GapReason::invalid},
      {"7-1", 1, 1, 1, GapReason::invalid},
      {"7-18446744073709551615", 10, 20, 20, GapReason::invalid},
      {"6-15", 10, 20, 20, GapReason::epoch},
      {"8-15", 10, 20, 20, GapReason::epoch},
      {"6-0", 1, 1, 1, GapReason::epoch},
      {"nonsense", 10, 20, 20, GapReason::invalid},
      {"00", 10, 20, 20, GapReason::invalid},
  };
  for (const Row& row : rows) {
    CAPTURE(row.position);
    CAPTURE(row.oldest);
    const Resume start = resume(Position::parse(row.position), 7, row.oldest, row.next);
    CHECK(start.next == row.expected);
    CHECK(start.gap == row.gap);
  }
}

TEST_CASE("gap reasons have the names of the public contract") {
  CHECK(gap_reason_text(GapReason::expired) == "expired");
  CHECK(gap_reason_text(GapReason::epoch) == "epoch");
  CHECK(gap_reason_text(GapReason::invalid) == "invalid");
  CHECK(gap_reason_text(GapReason::overflow) == "overflow");
}
