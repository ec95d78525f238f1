// SPDX-License-Identifier: Apache-2.0
#include "pubsub/key.h"

#include <doctest/doctest.h>

#include <string>

#include "support.h"

using namespace fce;
using test::key_of;

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
