// SPDX-License-Identifier: Apache-2.0
#include "cache/invalidation.h"

#include <doctest/doctest.h>

#include <string>

#include "cache/support.h"

namespace fce {
namespace {

using test::Headers;

std::string resolve(std::string_view reference, std::string_view target = "/a/b?q",
                    std::string_view authority = "example.com", std::string_view scheme = "http") {
  Arena arena;
  return std::string(same_origin_target(reference, scheme, authority, target, arena));
}

// The targets with a blank behind each.
std::string invalidated(std::string_view method, uint16_t status, const Headers& answer,
                        std::string_view query = "") {
  Request request;
  request.method_text = method;
  request.method = method_from(method);
  request.authority = "example.com";
  request.path = "/a/b";
  request.query = query;
  Arena arena;
  const Invalidation of = invalidated_by(request, "https", status, answer, arena);
  std::string out;
  for (size_t i = 0; i < of.count; ++i) out += std::string(of.targets[i]) + " ";
  return out;
}

}  // namespace

TEST_CASE("safe methods") {
  for (const std::string_view safe : {"GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND"})
    CHECK(is_safe_method(safe));
  for (const std::string_view other :
       {"POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "MKCOL", "PURGE", "FOO", "get", ""})
    CHECK_FALSE(is_safe_method(other));
}

TEST_CASE("who invalidates") {
  for (const std::string_view method : {"POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "FOO"}) {
    for (const uint16_t status : {200, 201, 202, 204, 299, 301, 303, 304, 399})
      CHECK(invalidated(method, status, {}) == "/a/b ");
    for (const uint16_t status : {100, 103, 400, 404, 412, 500, 503, 599})
      CHECK(invalidated(method, status, {}) == "");
  }
  for (const std::string_view method : {"GET", "HEAD", "OPTIONS", "TRACE"})
    CHECK(invalidated(method, 200, {{"location", "/c"}}) == "");
  CHECK(invalidated("POST", 200, {}, "x=1") == "/a/b?x=1 ");
}

TEST_CASE("Location and Content-Location") {
  CHECK(invalidated("POST", 201, {{"location", "/c"}}) == "/a/b /c ");
  CHECK(invalidated("POST", 201, {{"content-location", "c"}}) == "/a/b /a/c ");
  CHECK(invalidated("POST", 201, {{"location", "/c"}, {"content-location", "/d?x"}}) ==
        "/a/b /c /d?x ");
  CHECK(invalidated("POST", 201, {{"location", "https://example.com/c"}}) == "/a/b /c ");
  CHECK(invalidated("POST", 201, {{"location", "https://other.example/c"}}) == "/a/b ");
  CHECK(invalidated("POST", 201, {{"location", "http://example.com/c"}}) == "/a/b ");
  CHECK(invalidated("POST", 500, {{"location", "/c"}}) == "");
  // Nothing twice, and of several fields the first.
  CHECK(invalidated("POST", 201, {{"location", "/a/b"}, {"content-location", "/a/b"}}) == "/a/b ");
  CHECK(invalidated("POST", 201, {{"location", "/c"}, {"location", "/d"}}) == "/a/b /c ");
}

TEST_CASE("references of the same origin") {
  struct Row {
    std::string_view reference, target;
  };
  // RFC 3986 section 5.4 among them, for the base "http://example.com/b/c/d;p?q".
  const Row rows[] = {
      {"g", "/b/c/g"},
      {"./g", "/b/c/g"},
      {"g/", "/b/c/g/"},
      {"/g", "/g"},
      {"?y", "/b/c/d;p?y"},
      {"g?y", "/b/c/g?y"},
      {"#s", "/b/c/d;p?q"},
      {"g#s", "/b/c/g"},
      {"g?y#s", "/b/c/g?y"},
      {";x", "/b/c/;x"},
      {"g;x?y", "/b/c/g;x?y"},
      {"", "/b/c/d;p?q"},
      {".", "/b/c/"},
      {"./", "/b/c/"},
      {"..", "/b/"},
      {"../", "/b/"},
      {"../g", "/b/g"},
      {"../..", "/"},
      {"../../", "/"},
      {"../../g", "/g"},
      {"../../../g", "/g"},
      {"../../../../g", "/g"},
      {"/./g", "/g"},
      {"/../g", "/g"},
      {"g.", "/b/c/g."},
      {".g", "/b/c/.g"},
      {"g..", "/b/c/g.."},
      {"..g", "/b/c/..g"},
      {"./../g", "/b/g"},
      {"./g/.", "/b/c/g/"},
      {"g/./h", "/b/c/g/h"},
      {"g/../h", "/b/c/h"},
      {"g;x=1/./y", "/b/c/g;x=1/y"},
      {"g;x=1/../y", "/b/c/y"},
      {"g?y/./x", "/b/c/g?y/./x"},
      {"g?y/../x", "/b/c/g?y/../x"},
      {"/a//b", "/a//b"},
      {"http://example.com/g", "/g"},
      {"HTTP://EXAMPLE.com/g", "/g"},
      {"http://example.com:80/g?y", "/g?y"},
      {"http://example.com", "/"},
      {"http://example.com?y", "/?y"},
      {"http://example.com/a/../g", "/g"},
      {"//example.com/g", "/g"},
      {"//example.com", "/"},
      // Of another origin, or no reference.
      {"//other.example/g", ""},
      {"//example.com:8080/g", ""},
      {"//example.com.evil.example/g", ""},
      {"//user@example.com/g", ""},
      {"https://example.com/g", ""},
      {"ftp://example.com/g", ""},
      {"http:g", ""},
      {"http:/g", ""},
      {"mailto:a@example.com", ""},
      {"javascript:x", ""},
      {"/a b", ""},
      {"/a\nb", ""},
      {"\\\\other.example\\g", ""},
      {"/\xC3\xA4", ""},
  };
  for (const auto& [reference, target] : rows) {
    const auto shown_reference = reference;  // clang captures no binding
    CAPTURE(shown_reference);
    CHECK(resolve(reference, "/b/c/d;p?q") == target);
  }
  CHECK(resolve("http://example.com/g", "/b", "example.com:80") == "/g");
  CHECK(resolve("https://example.com:443/g", "/b", "example.com", "https") == "/g");
  CHECK(resolve("https://example.com:80/g", "/b", "example.com", "https") == "");
  CHECK(resolve("http://[::1]:8080/g", "/b", "[::1]:8080") == "/g");
  CHECK(resolve("g", "*") == "");
  CHECK(resolve("g", "/b?a/c") == "/g");
}

}  // namespace fce
