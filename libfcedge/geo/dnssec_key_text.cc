// SPDX-License-Identifier: Apache-2.0
#include "geo/dnssec_key_text.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/base64url.h"
#include "base/bytes.h"

namespace fce {
namespace {

constexpr std::string_view kBlanks = " \t\r()";

std::string_view take_line(std::string_view* text) {
  const size_t end = std::min(text->find('\n'), text->size());
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return line;
}

std::vector<std::string_view> words_of(std::string_view line) {
  line = line.substr(0, line.find(';'));
  std::vector<std::string_view> words;
  for (;;) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    if (line.empty()) return words;
    words.push_back(line.substr(0, line.find_first_of(kBlanks)));
    line.remove_prefix(words.back().size());
  }
}

bool read_number(std::string_view text, uint32_t max, uint32_t* out) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && rest == text.data() + text.size() && *out <= max;
}

}  // namespace

std::string_view key_line_value(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    std::string_view line = take_line(&text);
    if (line.substr(0, name.size()) != name) continue;
    line.remove_prefix(name.size());
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
    return line;
  }
  return {};
}

bool decode_key(std::string_view text, std::string* out) {
  // By the decoder that knows the other alphabet and no padding.
  std::string plain(text);
  while (!plain.empty() && plain.back() == '=') plain.pop_back();
  std::replace(plain.begin(), plain.end(), '+', '-');
  std::replace(plain.begin(), plain.end(), '/', '_');
  return base64url_decode(plain, out);
}

Status read_dnskey(std::string_view text, DnsName* owner, std::string* data) {
  constexpr size_t kNumbers = 3;
  while (!text.empty()) {
    const std::vector<std::string_view> words = words_of(take_line(&text));
    const auto type = std::find_if(words.begin(), words.end(), [](std::string_view word) {
      return equals_ignoring_case(word, "DNSKEY");
    });
    if (type == words.begin() || words.end() - type <= static_cast<ptrdiff_t>(kNumbers)) continue;
    uint32_t flags = 0, protocol = 0, algorithm = 0;
    std::string base64, key;
    for (auto word = type + 1 + kNumbers; word != words.end(); ++word) base64 += *word;
    if (!read_number(type[1], UINT16_MAX, &flags) || !read_number(type[2], 255, &protocol) ||
        !read_number(type[3], 255, &algorithm) || !decode_key(base64, &key))
      return fail(Status::invalid, "the record DNSKEY is not well formed");
    const std::array<uint8_t, 4> head = {
        static_cast<uint8_t>(flags >> 8), static_cast<uint8_t>(flags),
        static_cast<uint8_t>(protocol), static_cast<uint8_t>(algorithm)};
    *data = std::string(as_text(head)) + key;
    return DnsName::parse(words.front(), DnsName(), owner);
  }
  return fail(Status::invalid, "there is no record DNSKEY");
}

}  // namespace fce
