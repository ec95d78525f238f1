// SPDX-License-Identifier: Apache-2.0
#include "auth/identity.h"

#include <doctest/doctest.h>

namespace fce {

TEST_CASE("identity: a pattern has one star a segment") {
  for (const char* pattern : {"a", "*", "chat:*", "a*b", "*:*", "a*b/c*d:*", "*/x"})
    CHECK(is_channel_pattern(pattern));
  for (const char* pattern : {"", "**", "a*b*", "x:*a*", "a/b*c*/d"})
    CHECK_FALSE(is_channel_pattern(pattern));
  CHECK_FALSE(is_channel_pattern(std::string(256, '*')));
  CHECK_FALSE(is_channel_pattern("a\xC2\x85*"));
}

TEST_CASE("identity: patterns match as their header says") {
  struct Case {
    const char* pattern;
    const char* channel;
    bool matches;
  };
  static constexpr Case kCases[] = {
      {"news", "news", true},
      {"news", "news2", false},
      {"news", "new", false},
      {"news", "News", false},
      {"news", "news:", false},
      {"*", "", true},
      {"*", "anything:at/all", true},
      {"chat:*", "chat:", true},
      {"chat:*", "chat:room-7", true},
      {"chat:*", "chat:room/7:x", true},
      {"chat:*", "chat", false},
      {"chat:*", "chatter", false},
      {"chat:room-*", "chat:room-7:x", true},
      {"chat:room-*", "chat:rooms", false},
      {"chat*", "chat:a", true},
      {"*:x", "a:x", true},
      {"*:x", ":x", true},
      {"*:x", "a:b:x", false},
      {"*:x", "a/x", false},
      {"*/x", "a/x", true},
      {"a*b:x", "ab:x", true},
      {"a*b:x", "a--b:x", true},
      {"a*b:x", "a:b:x", false},
      {"a*b", "a:b", false},
      {"a*b", "aab", true},
      {"ab*ba", "aba", false},
      {"ab*ba", "abba", true},
      {"*a", "a", true},
      {"*a", "ba", true},
      {"*a", "ab", false},
      {"user/*/inbox", "user/7/inbox", true},
      {"user/*/inbox", "user//inbox", true},
      {"user/*/inbox", "user/7/8/inbox", false},
      {"user/*/inbox", "user/7/inbox/", false},
      {"user/*/*", "user/7/inbox/8", true},
      {"a::b", "a::b", true},
      {"a::b", "a:b", false},
      {"a:", "a:", true},
      {"a:", "a", false},
      {"[a-z]+", "a", false},
      {"a?", "ab", false},
      {"a*b", "a*b", true},
  };
  for (const Case& each : kCases) {
    CAPTURE(each.pattern);
    CAPTURE(each.channel);
    CHECK(is_channel_pattern(each.pattern));
    CHECK(channel_matches(each.pattern, each.channel) == each.matches);
  }
}

TEST_CASE("identity: a right is granted by any rule that has it and matches") {
  Identity identity;
  for (const Right right : {Right::subscribe, Right::publish, Right::presence, Right::history})
    CHECK_FALSE(identity.allows(right, "news"));
  identity.rules = {{"chat:*", kReadRights},
                    {"chat:room-7", static_cast<uint8_t>(Right::publish)},
                    {"none", kNoRights}};
  CHECK(identity.allows(Right::subscribe, "chat:room-7"));
  CHECK(identity.allows(Right::presence, "chat:room-8"));
  CHECK(identity.allows(Right::history, "chat:room-8"));
  CHECK(identity.allows(Right::publish, "chat:room-7"));
  CHECK_FALSE(identity.allows(Right::publish, "chat:room-8"));
  CHECK_FALSE(identity.allows(Right::subscribe, "news"));
  CHECK_FALSE(identity.allows(Right::subscribe, "none"));
}

TEST_CASE("identity: rights have exactly these names") {
  Right right;
  const std::pair<const char*, Right> names[] = {{"subscribe", Right::subscribe},
                                                 {"publish", Right::publish},
                                                 {"presence", Right::presence},
                                                 {"history", Right::history}};
  for (const auto& [name, expected] : names) {
    REQUIRE(parse_right(name, &right));
    CHECK(right == expected);
  }
  for (const char* name : {"", "Subscribe", "subscribe ", "*", "all"})
    CHECK_FALSE(parse_right(name, &right));
}

}  // namespace fce
