// SPDX-License-Identifier: Apache-2.0
#include "http/utf8.h"

#include <doctest/doctest.h>

#include <string>

using namespace fce;

namespace {

struct Case {
  std::string_view text;
  bool valid;
};

constexpr Case kCases[] = {
    {"", true},
    {"Hello-\xC2\xB5@\xC3\x9F\xC3\xB6\xC3\xA4\xC3\xBC\xC3\xA0\xC3\xA1-UTF-8!!", true},
    {"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5", true},
    {"\xC2\x80", true},
    {"\xDF\xBF", true},
    {"\xE0\xA0\x80", true},
    {"\xED\x9F\xBF", true},
    {"\xEE\x80\x80", true},
    {"\xEF\xBF\xBF", true},
    {"\xEF\xBB\xBF", true},
    {"\xF0\x90\x80\x80", true},
    {"\xF4\x8F\xBF\xBF", true},
    {"\x7F", true},
    {"\x80", false},
    {"\xBF", false},
    {"\xC0\x80", false},          // overlong
    {"\xC1\xBF", false},          // overlong
    {"\xE0\x9F\xBF", false},      // overlong
    {"\xF0\x8F\xBF\xBF", false},  // overlong
    {"\xED\xA0\x80", false},      // surrogate
    {"\xED\xBF\xBF", false},      // surrogate
    {"\xF4\x90\x80\x80", false},  // above U+10FFFF
    {"\xF5\x80\x80\x80", false},
    {"\xF8\x88\x80\x80\x80", false},
    {"\xFC\x84\x80\x80\x80\x80", false},
    {"\xFE", false},
    {"\xFF", false},
    {"\xC2", false},          // cut
    {"\xE1\xBD", false},      // cut
    {"\xF0\x90\x80", false},  // cut
    {"\xC2\x41", false},
    {"\xE1\xBD\x41", false},
    {"\xF0\x90\x80\x41", false},
    {"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80\x65", false},
};

// The definition of valid text, one code point at a time, to compare the validator with.
bool decodes(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const int count = lead < 0x80       ? 1
                      : lead >> 5 == 6  ? 2
                      : lead >> 4 == 14 ? 3
                      : lead >> 3 == 30 ? 4
                                        : 0;
    if (count == 0 || text.size() - i < static_cast<size_t>(count)) return false;
    uint32_t point = count == 1 ? lead : lead & (0xFF >> (count + 1));
    for (int k = 1; k < count; ++k) {
      const auto next = static_cast<uint8_t>(text[i + static_cast<size_t>(k)]);
      if (next >> 6 != 2) return false;
      point = point << 6 | (next & 0x3F);
    }
    constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kSmallest[count] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
      return false;
    i += static_cast<size_t>(count);
  }
  return true;
}

}  // namespace

TEST_CASE("utf8: valid and invalid texts, cut anywhere, behind any number of ASCII bytes") {
  for (const Case& item : kCases) {
    for (size_t before = 0; before < 48; before += before < 10 ? 1 : 7) {
      const std::string text = std::string(before, 'a') + std::string(item.text);
      CAPTURE(text);
      CHECK(is_utf8(as_bytes(text)) == item.valid);
      for (size_t cut = 0; cut <= text.size(); ++cut) {
        Utf8Validator validator;
        const Bytes bytes = as_bytes(text);
        const bool valid = validator.feed(bytes.first(cut)) && validator.feed(bytes.subspan(cut)) &&
                           validator.complete();
        CHECK(valid == item.valid);
      }
    }
  }
}

TEST_CASE("utf8: every sequence of up to three bytes, and the four-byte corners") {
  int wrong = 0;
  std::string text;
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      text = {static_cast<char>(a), static_cast<char>(b)};
      wrong += is_utf8(as_bytes(text)) != decodes(text);
      for (const int c : {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0xBF, 0xC0, 0xC2, 0xE1, 0xFF}) {
        text = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)};
        wrong += is_utf8(as_bytes(text)) != decodes(text);
        for (const int d : {0x00, 0x41, 0x80, 0xBF, 0xC0, 0xF1}) {
          text = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c),
                  static_cast<char>(d)};
          wrong += is_utf8(as_bytes(text)) != decodes(text);
        }
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("utf8: the first byte that cannot be continued is refused at once") {
  Utf8Validator validator;
  CHECK(validator.feed(as_bytes("\xF4")));
  CHECK_FALSE(validator.complete());
  CHECK_FALSE(validator.feed(as_bytes("\x90")));
}
