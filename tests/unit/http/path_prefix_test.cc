// SPDX-License-Identifier: Apache-2.0
#include "http/path_prefix.h"

#include <doctest/doctest.h>

namespace fce {

TEST_CASE("path prefix: whole segments are taken off") {
  CHECK(without_prefix("/media/a.png", "/media") == "/a.png");
  CHECK(without_prefix("/media/", "/media") == "/");
  CHECK(without_prefix("/media", "/media").empty());
  CHECK(without_prefix("/mediawiki", "/media") == "/mediawiki");
  CHECK(without_prefix("/other", "/media") == "/other");
  CHECK(without_prefix("/a/b/c", "/a/b") == "/c");
  CHECK(without_prefix("/a", "/a/b") == "/a");
  CHECK(without_prefix("/a", "") == "/a");
  CHECK(without_prefix("//a", "") == "//a");
}

TEST_CASE("path prefix: what is one") {
  for (const char* good : {"", "/a", "/a/b", "/a%20b"})
    CHECK(check_path_prefix(good) == Status::ok);
  for (const char* bad : {"/", "a", "/a/", "/a b", "/a?b", "/a#b", "/\xc3\xa4"}) {
    CAPTURE(bad);
    CHECK(check_path_prefix(bad) == Status::invalid);
  }
}

}  // namespace fce
