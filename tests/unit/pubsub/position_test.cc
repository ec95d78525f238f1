// SPDX-License-Identifier: Apache-2.0
#include "pubsub/position.h"

#include <doctest/doctest.h>

using namespace fce;
using Kind = Position::Kind;

TEST_CASE("ids are printed and read one to one") {
  CHECK(id_text({7, 42}) == "00000000.7-42");
  CHECK(id_text({7, 42, 0x5ca1ab1e}) == "5ca1ab1e.7-42");
  const MessageId large{UINT64_MAX, UINT64_MAX, UINT32_MAX};
  CHECK(id_text(large) == "ffffffff.18446744073709551615-18446744073709551615");
  CHECK(id_text(large).size() == kIdBytesMax);
  MessageId id;
  CHECK(parse_id("5ca1ab1e.7-42", &id));
  CHECK(id == MessageId{7, 42, 0x5ca1ab1e});
  CHECK(parse_id("00000000.0-0", &id));
  CHECK(id == MessageId{});
  CHECK(parse_id(id_text(large), &id));
  CHECK(id == large);
}

TEST_CASE("what no id prints is no id") {
  for (const std::string text : {"",
                                 "-",
                                 "7-42",
                                 ".7-42",
                                 "5ca1ab1.7-42",
                                 "5ca1ab1e",
                                 "5ca1ab1e.",
                                 "5ca1ab1e7-42",
                                 "5CA1AB1E.7-42",
                                 "5ca1ab1g.7-42",
                                 "5ca1ab1e.7",
                                 "5ca1ab1e.7-",
                                 "5ca1ab1e.-42",
                                 "5ca1ab1e.7-42-",
                                 "5ca1ab1e.7-42 ",
                                 " 5ca1ab1e.7-42",
                                 "5ca1ab1e.7 -42",
                                 "5ca1ab1e.+7-42",
                                 "5ca1ab1e.7-+42",
                                 "5ca1ab1e.7--42",
                                 "5ca1ab1e.07-42",
                                 "5ca1ab1e.7-042",
                                 "5ca1ab1e.00-1",
                                 "5ca1ab1e.0x7-42",
                                 "5ca1ab1e.7-42a",
                                 "5ca1ab1e.7_42",
                                 "5ca1ab1e.7-18446744073709551616",
                                 "5ca1ab1e.99999999999999999999-1",
                                 "5ca1ab1e.7-42\n",
                                 "5ca1ab1e.7-4\xC2\xB2",
                                 "+ca1ab1e.7-42",
                                 "5ca1ab1e.7-42~",
                                 "~5ca1ab1e.7-42"}) {
    CAPTURE(text);
    MessageId id{1, 2};
    CHECK_FALSE(parse_id(text, &id));
    CHECK(id == MessageId{1, 2});
    if (!text.empty()) CHECK(Position::parse(text, 0x5ca1ab1e).kind == Kind::invalid);
  }
  CHECK(Position::parse("", 0).kind == Kind::none);
  CHECK(Position::parse("0", 0).kind == Kind::whole_ring);
  CHECK(Position::parse("00", 0).kind == Kind::invalid);
  CHECK(Position::parse(std::string(100'000, '1'), 0).kind == Kind::invalid);
}

TEST_CASE("a position is a vector of ids in the order of their origins") {
  const Position own = Position::parse("00000002.7-42", 2);
  CHECK(own.kind == Kind::after);
  CHECK_FALSE(own.foreign);
  CHECK(own.id == MessageId{7, 42, 2});
  const Position both = Position::parse("00000001.3-4~00000002.7-42~0000000a.1-1", 2);
  CHECK(both.kind == Kind::after);
  CHECK(both.foreign);
  CHECK(both.id == MessageId{7, 42, 2});
  CHECK(Position::parse("00000001.7-42", 2).foreign);
  CHECK(Position::parse("00000002.7-42~00000001.3-4", 2).kind == Kind::invalid);
  CHECK(Position::parse("00000002.7-42~00000002.7-43", 2).kind == Kind::invalid);
  CHECK(Position::parse("00000002.7-42~~00000003.7-43", 2).kind == Kind::invalid);
  std::string many;
  for (char c = '0'; c < '9'; ++c) many += std::string(many.empty() ? "" : "~") + c + "0000000.1-1";
  CHECK(Position::parse(many, 2).kind == Kind::after);
  std::string longer;
  for (uint32_t i = 0; longer.size() <= Position::kBytesMax; ++i)
    longer += std::string(longer.empty() ? "" : "~") + id_text({1, 1, i});
  CHECK(Position::parse(longer, 2).kind == Kind::invalid);
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
      {"00000001.7-15", 10, 20, 16, GapReason::none},
      {"00000001.7-19", 10, 20, 20, GapReason::none},
      {"00000001.7-9", 10, 20, 10, GapReason::none},
      {"00000001.7-8", 10, 20, 20, GapReason::expired},
      {"00000001.7-0", 10, 20, 20, GapReason::expired},
      {"00000001.7-0", 1, 20, 1, GapReason::none},
      {"00000001.7-0", 1, 1, 1, GapReason::none},
      {"00000001.7-20", 10, 20, 20, GapReason::invalid},
      {"00000001.7-1", 1, 1, 1, GapReason::invalid},
      {"00000001.7-18446744073709551615", 10, 20, 20, GapReason::invalid},
      {"00000001.6-15", 10, 20, 20, GapReason::epoch},
      {"00000001.8-15", 10, 20, 20, GapReason::epoch},
      {"00000001.6-0", 1, 1, 1, GapReason::epoch},
      {"00000002.7-15", 10, 20, 20, GapReason::epoch},
      {"00000001.7-15~00000002.7-15", 10, 20, 20, GapReason::epoch},
      {"nonsense", 10, 20, 20, GapReason::invalid},
      {"7-15", 10, 20, 20, GapReason::invalid},
      {"00", 10, 20, 20, GapReason::invalid},
  };
  for (const Row& row : rows) {
    CAPTURE(row.position);
    CAPTURE(row.oldest);
    const Resume start = resume(Position::parse(row.position, 1), 7, row.oldest, row.next);
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
