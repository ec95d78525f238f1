// SPDX-License-Identifier: Apache-2.0
#include "geo/rdata_text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "geo/rdata.h"

namespace fce {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char low = ascii_lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

// Takes the parts of an entry's data one by one, and keeps the first mistake.
class DataReader {
 public:
  DataReader(std::span<const ZoneToken> tokens, const DnsName& origin, std::string* out)
      : rest_(tokens), origin_(origin), out_(*out) {}

  bool more() const { return !rest_.empty(); }
  bool good() const { return status_ == Status::ok; }

  void address(int family) {
    const std::string text(take().text);
    uint8_t bytes[16];
    if (inet_pton(family, text.c_str(), bytes) != 1)
      return refuse("\"" + text + "\" is no address");
    out_.append(reinterpret_cast<const char*>(bytes), family == AF_INET ? 4 : 16);
  }
  void name() {
    DnsName name;
    const Status status = DnsName::parse(take().text, origin_, &name);
    if (status != Status::ok && good()) status_ = status;
    out_ += as_text(name.wire());
  }
  void number(size_t bytes) {
    const std::string_view text = take().text;
    const uint64_t limit = (uint64_t{1} << 8 * bytes) - 1;
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value > limit)
      return refuse("\"" + std::string(text) + "\" is no number up to " + std::to_string(limit));
    put(value, bytes);
  }
  void seconds() {
    const std::string_view text = take().text;
    uint32_t value = 0;
    if (!parse_seconds(text, UINT32_MAX, &value))
      refuse("\"" + std::string(text) + "\" is no time");
    put(value, 4);
  }
  // A string with its length ahead of it, or without.
  void string(bool with_length) {
    std::string value;
    for (std::string_view text = take().text; !text.empty();)
      if (!take_char(&text, &value)) return refuse("a backslash stands before no byte");
    if (with_length && value.size() > 255) return refuse("a string has more than 255 bytes");
    if (with_length) put(value.size(), 1);
    out_ += value;
  }
  // All that is left.
  void hex() {
    std::string digits;
    while (more()) digits += take().text;
    if (digits.size() % 2 != 0) return refuse("hexadecimal digits come in pairs");
    for (size_t i = 0; i < digits.size(); i += 2) {
      const int high = hex_digit(digits[i]), low = hex_digit(digits[i + 1]);
      if (high < 0 || low < 0) return refuse("\"" + digits + "\" is not hexadecimal");
      put(static_cast<uint64_t>(high * 16 + low), 1);
    }
  }
  void refuse(const std::string& sentence) {
    if (good()) status_ = fail(Status::invalid, sentence);
  }
  Status end() {
    if (more()) refuse("\"" + std::string(rest_.front().text) + "\" is too much");
    return status_;
  }

 private:
  ZoneToken take() {
    if (rest_.empty()) {
      refuse("something is missing at its end");
      return {};
    }
    const ZoneToken token = rest_.front();
    rest_ = rest_.subspan(1);
    return token;
  }
  void put(uint64_t value, size_t bytes) {
    while (bytes-- > 0) out_ += static_cast<char>(value >> 8 * bytes);
  }
  static bool take_char(std::string_view* text, std::string* out) {
    const char c = text->front();
    text->remove_prefix(1);
    if (c != '\\') {
      *out += c;
      return true;
    }
    if (text->empty()) return false;
    if (!is_digit(text->front())) {
      *out += text->front();
      text->remove_prefix(1);
      return true;
    }
    unsigned value = 0;
    if (text->size() < 3 || !is_digit((*text)[1]) || !is_digit((*text)[2])) return false;
    std::from_chars(text->data(), text->data() + 3, value);
    text->remove_prefix(3);
    *out += static_cast<char>(value);
    return value <= 255;
  }

  std::span<const ZoneToken> rest_;
  const DnsName& origin_;
  std::string& out_;
  Status status_ = Status::ok;
};

void read_soa(DataReader* reader) {
  reader->name();
  reader->name();
  reader->number(4);
  for (int i = 0; i < 4; ++i) reader->seconds();
}

void read_numbers(DataReader* reader, std::initializer_list<size_t> sizes) {
  for (const size_t bytes : sizes) reader->number(bytes);
}

void read_known(DnsType type, DataReader* reader) {
  switch (type) {
    case DnsType::a: return reader->address(AF_INET);
    case DnsType::aaaa: return reader->address(AF_INET6);
    case DnsType::ns:
    case DnsType::cname:
    case DnsType::ptr: return reader->name();
    case DnsType::soa: return read_soa(reader);
    case DnsType::mx: reader->number(2); return reader->name();
    case DnsType::txt: do { reader->string(true);
      } while (reader->more());
      return;
    case DnsType::srv: read_numbers(reader, {2, 2, 2}); return reader->name();
    case DnsType::caa:
      reader->number(1);
      reader->string(true);
      return reader->string(false);
    case DnsType::ds: read_numbers(reader, {2, 1, 1}); return reader->hex();
    case DnsType::tlsa: read_numbers(reader, {1, 1, 1}); return reader->hex();
    case DnsType::geo: return reader->string(false);
    default: return reader->refuse(dns_type_text(type) + " has to be written as \\# SIZE HEX");
  }
}

Status parse_generic(std::span<const ZoneToken> tokens, const DnsName& origin, std::string* out) {
  std::string size;
  DataReader head(tokens.first(std::min<size_t>(tokens.size(), 1)), origin, &size);
  head.number(2);
  if (const Status status = head.end(); status != Status::ok) return status;
  DataReader reader(tokens.subspan(1), origin, out);
  reader.hex();
  if (reader.good() && out->size() != read_u16(as_bytes(size).data()))
    reader.refuse("there are not as many bytes as it says");
  return reader.end();
}

}  // namespace

Status parse_rdata(DnsType type, std::span<const ZoneToken> tokens, const DnsName& origin,
                   std::string* out) {
  out->clear();
  if (!tokens.empty() && !tokens[0].quoted && tokens[0].text == "\\#")
    return parse_generic(tokens.subspan(1), origin, out);
  DataReader reader(tokens, origin, out);
  read_known(type, &reader);
  return reader.end();
}

bool parse_ttl(std::string_view text, uint32_t* out) { return parse_seconds(text, INT32_MAX, out); }

bool parse_seconds(std::string_view text, uint32_t most, uint32_t* out) {
  if (text.empty() || !is_digit(text.front())) return false;
  uint64_t sum = 0, value = 0;
  bool open = false;   // digits that have no unit yet
  bool units = false;  // then all have one: "1h30" may be meant to be minutes or seconds
  for (const char c : text) {
    if (is_digit(c)) {
      value = value * 10 + static_cast<uint64_t>(c - '0');
      open = true;
    } else {
      uint64_t unit = 0;
      switch (ascii_lower(c)) {
        case 's': unit = 1; break;
        case 'm': unit = 60; break;
        case 'h': unit = 3600; break;
        case 'd': unit = 86'400; break;
        case 'w': unit = 604'800; break;
        default: return false;
      }
      if (!open) return false;
      sum += value * unit;
      value = 0;
      open = false;
      units = true;
    }
    if (value > most || sum > most) return false;
  }
  *out = static_cast<uint32_t>(sum + value);
  return sum + value <= most && !(open && units);
}

}  // namespace fce
