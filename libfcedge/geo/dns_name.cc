// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_name.h"

#include <algorithm>

namespace fce {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes one byte of a label off the text, with what escapes it. False for a broken escape.
bool take_byte(std::string_view* text, uint8_t* byte) {
  if (text->front() != '\\') {
    *byte = static_cast<uint8_t>(text->front());
    text->remove_prefix(1);
    return true;
  }
  text->remove_prefix(1);
  if (text->empty()) return false;
  if (!is_digit(text->front())) {
    *byte = static_cast<uint8_t>(text->front());
    text->remove_prefix(1);
    return true;
  }
  if (text->size() < 3 || !is_digit((*text)[1]) || !is_digit((*text)[2])) return false;
  const int value = ((*text)[0] - '0') * 100 + ((*text)[1] - '0') * 10 + ((*text)[2] - '0');
  if (value > 255) return false;
  *byte = static_cast<uint8_t>(value);
  text->remove_prefix(3);
  return true;
}

void put_byte(uint8_t byte, std::string* out) {
  static constexpr std::string_view kSpecial = "\\.\"();@$";
  if (byte <= 0x20 || byte >= 0x7f) {
    *out += '\\';
    *out += static_cast<char>('0' + byte / 100);
    *out += static_cast<char>('0' + byte / 10 % 10);
    *out += static_cast<char>('0' + byte % 10);
    return;
  }
  if (kSpecial.find(static_cast<char>(byte)) != std::string_view::npos) *out += '\\';
  *out += static_cast<char>(byte);
}

Status bad_name(std::string_view text, const char* why) {
  return fail(Status::invalid, "\"" + std::string(text) + "\" is no name: " + why);
}

}  // namespace

bool DnsName::append(Bytes label) {
  if (label.empty() || label.size() > kLabelMax || size_ + label.size() + 1 > kBytesMax)
    return false;
  uint8_t* at = bytes_.data() + size_ - 1;
  *at++ = static_cast<uint8_t>(label.size());
  at = std::copy(label.begin(), label.end(), at);
  *at = 0;
  size_ = static_cast<uint8_t>(size_ + label.size() + 1);
  return true;
}

bool DnsName::append_all(Bytes labels) {
  for (; labels[0] != 0; labels = dns_parent(labels))
    if (!append(labels.subspan(1, labels[0]))) return false;
  return true;
}

bool DnsName::from_wire(Bytes wire, DnsName* out) {
  if (wire.empty() || dns_name_size(wire) != wire.size()) return false;
  std::copy(wire.begin(), wire.end(), out->bytes_.begin());
  out->size_ = static_cast<uint8_t>(wire.size());
  return true;
}

Status DnsName::parse(std::string_view text, const DnsName& origin, DnsName* out) {
  const std::string_view whole = text;
  DnsName name;
  if (text == "@" || text == ".") {
    *out = text == "@" ? origin : name;
    return Status::ok;
  }
  if (text.empty()) return bad_name(whole, "it is empty");
  while (!text.empty()) {
    uint8_t label[kLabelMax];
    size_t size = 0;
    while (!text.empty() && text.front() != '.') {
      uint8_t byte = 0;
      if (!take_byte(&text, &byte)) return bad_name(whole, "a backslash stands before no byte");
      if (size == kLabelMax) return bad_name(whole, "a label has more than 63 bytes");
      label[size++] = byte;
    }
    if (size == 0) return bad_name(whole, "a label is empty");
    if (!name.append({label, size})) return bad_name(whole, "it has more than 255 bytes");
    if (text.empty()) {
      if (!name.append_all(origin.wire())) return bad_name(whole, "it has more than 255 bytes");
      break;
    }
    text.remove_prefix(1);
  }
  *out = name;
  return Status::ok;
}

std::string DnsName::text() const {
  std::string out;
  for (Bytes rest = wire(); rest[0] != 0; rest = dns_parent(rest)) {
    for (const uint8_t byte : rest.subspan(1, rest[0])) put_byte(byte, &out);
    out += '.';
  }
  return out.empty() ? "." : out;
}

size_t dns_name_size(Bytes bytes) {
  size_t at = 0;
  while (at < bytes.size() && at < DnsName::kBytesMax) {
    const uint8_t length = bytes[at];
    if (length > DnsName::kLabelMax) return 0;
    at += size_t{length} + 1;
    if (length == 0) return at <= DnsName::kBytesMax ? at : 0;
  }
  return 0;
}

size_t dns_label_count(Bytes name) {
  size_t count = 0;
  for (; name[0] != 0; name = dns_parent(name)) ++count;
  return count;
}

bool dns_names_equal(Bytes a, Bytes b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(),
                    [](uint8_t x, uint8_t y) { return dns_lower(x) == dns_lower(y); });
}

bool dns_name_within(Bytes name, Bytes apex) {
  while (name.size() > apex.size()) name = dns_parent(name);
  return dns_names_equal(name, apex);
}

}  // namespace fce
