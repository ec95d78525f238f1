// SPDX-License-Identifier: Apache-2.0
#include "cache/key.h"

#include <doctest/doctest.h>

#include <string>

#include "base/crypto.h"

using namespace fce;

namespace {

ObjectKeySecret some_secret() {
  ObjectKeySecret secret;
  for (size_t i = 0; i < 16; ++i) {
    secret.high[i] = static_cast<uint8_t>(i);
    secret.low[i] = static_cast<uint8_t>(0x80 + i);
  }
  return secret;
}

}  // namespace

TEST_CASE("an object's key is two SipHashes over tenant NUL text") {
  const ObjectKeySecret secret = some_secret();
  // Below, at and above what is hashed without an allocation.
  for (const size_t size : {0, 1, 7, 200, 1018, 1019, 1020, 1021, 9000}) {
    CAPTURE(size);
    const std::string text(size, 'x');
    const std::string all = std::string("acme") + '\0' + text;
    const ObjectKey key = object_key(secret, "acme", text);
    CHECK(key.high == siphash(secret.high, all));
    CHECK(key.low == siphash(secret.low, all));
  }
}

TEST_CASE("an object's key is the authors' vector where there is one") {
  // Their input 00 01 02 .. begins with NUL: it is a text of the tenant without a name.
  std::string text;
  for (char c = 1; c < 15; ++c) text += c;
  CHECK(object_key(some_secret(), "", text).high == 0xa129ca6149be45e5);
}

TEST_CASE("tenant and text do not flow into each other") {
  const ObjectKeySecret secret = some_secret();
  CHECK(object_key(secret, "ab", "c") != object_key(secret, "a", "bc"));
  CHECK(object_key(secret, "", "abc") != object_key(secret, "abc", ""));
  CHECK(object_key(secret, "a", "b") == object_key(secret, "a", "b"));
}

TEST_CASE("two stores have different keys for the same object") {
  const ObjectKey one = object_key(ObjectKeySecret::random(), "a", "b");
  const ObjectKey other = object_key(ObjectKeySecret::random(), "a", "b");
  CHECK(one.high != other.high);
  CHECK(one.low != other.low);
  CHECK(one.high != one.low);
}
