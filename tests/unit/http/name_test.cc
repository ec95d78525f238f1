// SPDX-License-Identifier: Apache-2.0
#include "http/name.h"

#include <doctest/doctest.h>

#include <string>

namespace fce {

TEST_CASE("names are 1 to 255 bytes of UTF-8 without control characters") {
  CHECK(is_name("a"));
  CHECK(is_name("J\xc3\xbcrgen & Co."));
  CHECK(is_name(std::string(255, 'x')));
  CHECK(is_name("thread/42?x=y z"));
  CHECK(is_name("\xC3\xA9\xF0\x9F\x98\x80"));
  CHECK(is_name("\xC2\xA0"));  // U+00A0, the first after C1
  CHECK_FALSE(is_name(""));
  CHECK_FALSE(is_name(std::string(256, 'x')));
  for (const char c : {'\0', '\n', '\r', '\t', '\x1f', '\x7f'})
    CHECK_FALSE(is_name(std::string("a") + c));
  CHECK_FALSE(is_name("\xC2\x80"));  // U+0080 and U+009F, the first and the last of C1
  CHECK_FALSE(is_name("a\xC2\x9F"));
  CHECK_FALSE(is_name("\xC2"));
  CHECK_FALSE(is_name("\xFF"));
  CHECK_FALSE(is_name("\xED\xA0\x80"));  // a surrogate
}

}  // namespace fce
