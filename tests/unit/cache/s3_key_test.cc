// SPDX-License-Identifier: Apache-2.0
#include "cache/s3_key.h"

#include <doctest/doctest.h>

#include <string>

namespace fce {
namespace {

// The key of a target, "-" when it names no object.
std::string key_of(std::string_view target, std::string_view prefix = "",
                   std::string_view index = "") {
  std::string key;
  return s3_key_of(target, prefix, index, &key) ? key : "-";
}

}  // namespace

TEST_CASE("a path is decoded once to a key") {
  CHECK(key_of("/a.txt") == "a.txt");
  CHECK(key_of("/a/b/c.txt") == "a/b/c.txt");
  CHECK(key_of("/a%20b") == "a b");
  CHECK(key_of("/a+b") == "a+b");
  CHECK(key_of("/a%2Bb") == "a+b");
  CHECK(key_of("/100%25") == "100%");
  CHECK(key_of("/%2525") == "%25");
  CHECK(key_of("/%C3%A9t%C3%A9") == "\u00e9t\u00e9");
  CHECK(key_of("/\u00e9t\u00e9") == "\u00e9t\u00e9");
  CHECK(key_of("/%3F%23") == "?#");
}

TEST_CASE("the query is not part of a key") {
  CHECK(key_of("/a.txt?acl") == "a.txt");
  CHECK(key_of("/a.txt?versionId=1/../2") == "a.txt");
  CHECK(key_of("/?list-type=2") == "-");
}

TEST_CASE("keys lie below their prefix") {
  CHECK(key_of("/a", "public/") == "public/a");
  CHECK(key_of("//a", "public/") == "public//a");
  for (const char* target :
       {"/..",   "/../a",  "/a/..",   "/a/../../b", "/./a",   "/a/.",   "/%2e%2e/a",    "/a/%2E./b",
        "/.%2e", "/a%2Fb", "/..%2fa", "/a%00b",     "/a%0Ab", "/a\x7f", "/%ff",         "/a%C3",
        "/a%",   "/a%2",   "/a%zz",   "",           "a",      "*",      "http://host/a"}) {
    CAPTURE(target);
    CHECK(key_of(target, "public/") == "-");
  }
  CHECK(key_of("/...") == "...");
  CHECK(key_of("/a..b/..c/d..") == "a..b/..c/d..");
}

TEST_CASE("a directory is its index, if there is one") {
  CHECK(key_of("/") == "-");
  CHECK(key_of("/", "public/") == "-");
  CHECK(key_of("/", "public/", "index.html") == "public/index.html");
  CHECK(key_of("/a/", "", "index.html") == "a/index.html");
  CHECK(key_of("/a/", "") == "a/");
  CHECK(key_of("/a", "", "index.html") == "a");
}

TEST_CASE("a key has 1024 bytes at most") {
  const std::string longest(kS3KeyBytesMax, 'a');
  CHECK(key_of("/" + longest) == longest);
  CHECK(key_of("/" + longest + "a") == "-");
  CHECK(key_of("/" + longest, "p") == "-");
  std::string encoded = "/";
  for (size_t i = 0; i < kS3KeyBytesMax; ++i) encoded += "%20";
  CHECK(key_of(encoded) == std::string(kS3KeyBytesMax, ' '));
  CHECK(key_of(encoded + "%20") == "-");
}

}  // namespace fce
