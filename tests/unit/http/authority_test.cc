// SPDX-License-Identifier: Apache-2.0
#include "http/authority.h"

#include <doctest/doctest.h>

namespace fce {

TEST_CASE("authority: the host comes without its port") {
  CHECK(host_of_authority("a.example") == "a.example");
  CHECK(host_of_authority("a.example:8443") == "a.example");
  CHECK(host_of_authority("[::1]") == "[::1]");
  CHECK(host_of_authority("[2001:db8::1]:443") == "[2001:db8::1]");
  CHECK(host_of_authority("").empty());
  // A name that ends in the root is the same name.
  CHECK(host_of_authority("a.example.") == "a.example");
  CHECK(host_of_authority("a.example.:80") == "a.example");
  CHECK(host_of_authority(".") == ".");
}

TEST_CASE("authority: what lets one host pass for another is not valid") {
  CHECK(valid_authority("A.example-1.com:80"));
  CHECK(valid_authority("[fe80::1]:443"));
  CHECK(valid_authority("a.example:"));
  CHECK(!valid_authority("a.example:80a"));
  CHECK(!valid_authority("a.example:'+alert(1)+'"));
  CHECK(!valid_authority("[::1]:x"));
  CHECK(valid_authority("127.0.0.1"));
  for (const char* bad : {"user@a.example", "a.example/x", "a.example?x", "a example", "a#b",
                          "a\\b", "a\"b", "a\tb", "\xc3\xa4.example", "[::1", "::1]", "[::1]a",
                          "a[::1]", "[]", "[g]", "::1", "a:b:80", ":80"})
    CHECK_FALSE(valid_authority(bad));
}

}  // namespace fce
