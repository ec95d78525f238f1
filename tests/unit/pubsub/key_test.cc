// SPDX-License-Identifier: Apache-2.0
#include "pubsub/key.h"

#include <doctest/doctest.h>

#include <string>

#include "support.h"

using namespace fce;
using test::key_of;

TEST_CASE("names are 1 to 255 bytes of UTF-8 without control characters") {
  CHECK(ChannelKey::valid_name("a"));
  CHECK(ChannelKey::valid_name(std::string(255, 'x')));
  CHECK(ChannelKey::valid_name("thread/42?x=y z"));
  CHECK(ChannelKey::valid_name("\xC3\xA9\xF0\x9F\x98\x80"));
  CHECK(ChannelKey::valid_name("\xC2\xA0"));  // U+00A0, the first after C1
  CHECK_FALSE(ChannelKey::valid_name(""));
  CHECK_FALSE(ChannelKey::valid_name(std::string(256, 'x')));
  CHECK_FALSE(ChannelKey::valid_name(std::string("a\0b", 3)));
  CHECK_FALSE(ChannelKey::valid_name("a\nb"));
  CHECK_FALSE(ChannelKey::valid_name("a\x7F"));
  CHECK_FALSE(ChannelKey::valid_name("\xC2\x85"));  // U+0085, C1
  CHECK_FALSE(ChannelKey::valid_name("\xC2"));
  CHECK_FALSE(ChannelKey::valid_name("\xFF"));
  CHECK_FALSE(ChannelKey::valid_name("\xED\xA0\x80"));  // a surrogate
}

TEST_CASE("a key is its tenant and its name, and not their concatenation") {
  const ChannelKey key = key_of("acme", "news");
  CHECK(key.tenant() == "acme");
  CHECK(key.name() == "news");
  CHECK(key == key_of("acme", "news"));
  CHECK(key.hash() == key_of("acme", "news").hash());
  CHECK_FALSE(key == key_of("acmen", "ews"));
  CHECK_FALSE(key == key_of("ac", "menews"));
  CHECK_FALSE(key == key_of("news", "acme"));
  CHECK_FALSE(key == key_of("other", "news"));
}

TEST_CASE("a bad name makes no key") {
  ChannelKey key;
  CHECK(ChannelKey::make("", "news", &key) == Status::invalid);
  CHECK(ChannelKey::make("acme", "\x01", &key) == Status::invalid);
  CHECK(key == ChannelKey());
}

TEST_CASE("every shard is the home of some channels") {
  int at[3] = {};
  for (int i = 0; i < 300; ++i) ++at[key_of("acme", std::to_string(i)).home(3)];
  for (const int count : at) CHECK(count > 50);
}
