// SPDX-License-Identifier: Apache-2.0
#include "base/base64url.h"

#include <doctest/doctest.h>

namespace fce {

TEST_CASE("base64url: gives the vectors of RFC 4648 and takes them back") {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"},
  };
  for (const auto& [bytes, text] : vectors) {
    CHECK(base64url(as_bytes(bytes)) == text);
    std::string back = "before";
    CHECK(base64url_decode(text, &back));
    CHECK(back == bytes);
  }
}

TEST_CASE("base64url: every byte comes back at every place") {
  for (size_t size = 1; size < 8; ++size) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string bytes(size, 'x');
      bytes[size - 1] = static_cast<char>(byte);
      std::string back;
      REQUIRE(base64url_decode(base64url(as_bytes(bytes)), &back));
      REQUIRE(back == bytes);
    }
  }
}

TEST_CASE("base64url: no second text stands for the same bytes") {
  using namespace std::string_view_literals;
  for (const auto text :
       {"Zg=="sv, "Zg="sv, "Z"sv, "Zm9vY"sv, "Zh"sv, "Zm9"sv, "Zm9vYh"sv, "+/+/"sv, "Zm 9v"sv,
        " Zm9v"sv, "Zm9v\n"sv, "Zm\0v"sv, "Zm9\xff"sv, "===="sv}) {
    CAPTURE(text);
    std::string out = "before";
    CHECK_FALSE(base64url_decode(text, &out));
    CHECK(out.empty());
  }
}

}  // namespace fce
