// SPDX-License-Identifier: Apache-2.0
#include "pubsub/position.h"

#include <algorithm>
#include <charconv>

namespace fce {
namespace {

// Decimal digits from the front of `text`.
bool take_number(std::string_view* text, uint64_t* out) {
  const char* begin = text->data();
  const char* end = begin + text->size();
  const auto result = std::from_chars(begin, end, *out);
  const auto size = static_cast<size_t>(result.ptr - begin);
  if (result.ec != std::errc() || (size > 1 && *begin == '0')) return false;
  text->remove_prefix(size);
  return true;
}

// Eight hex digits and the point behind them.
bool take_origin(std::string_view* text, uint32_t* out) {
  if (text->size() < 9 || (*text)[8] != '.') return false;
  uint32_t origin = 0;
  for (const char c : text->substr(0, 8)) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return false;
    origin = origin << 4 | static_cast<uint32_t>(digit ? c - '0' : c - 'a' + 10);
  }
  text->remove_prefix(9);
  *out = origin;
  return true;
}

}  // namespace

size_t print_id(const MessageId& id, char* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  char* at = out;
  for (int shift = 28; shift >= 0; shift -= 4) *at++ = kHex[(id.origin >> shift) & 15];
  *at++ = '.';
  at = std::to_chars(at, at + 20, id.epoch).ptr;
  *at++ = '-';
  at = std::to_chars(at, at + 20, id.n).ptr;
  return static_cast<size_t>(at - out);
}

std::string id_text(const MessageId& id) {
  char text[kIdBytesMax];
  return std::string(text, print_id(id, text));
}

bool parse_id(std::string_view text, MessageId* out) {
  MessageId id;
  if (!take_origin(&text, &id.origin)) return false;
  if (!take_number(&text, &id.epoch) || text.empty() || text.front() != '-') return false;
  text.remove_prefix(1);
  if (!take_number(&text, &id.n) || !text.empty()) return false;
  *out = id;
  return true;
}

Position Position::parse(std::string_view text, uint32_t origin) {
  Position position;
  if (text.empty()) return position;
  position.kind = Kind::whole_ring;
  if (text == "0") return position;
  position.kind = Kind::invalid;
  if (text.size() > kBytesMax) return position;
  bool found = false;
  bool others = false;
  uint64_t last = 0;  // origins ascend, so that each stands there once
  for (bool first = true; first || !text.empty(); first = false) {
    const size_t end = std::min(text.find(kSeparator), text.size());
    MessageId id;
    if (!parse_id(text.substr(0, end), &id) || (!first && id.origin <= last)) return position;
    if (end + 1 == text.size()) return position;
    text.remove_prefix(std::min(end + 1, text.size()));
    last = id.origin;
    if (id.origin == origin) {
      position.id = id;
      found = true;
    } else {
      others = true;
    }
  }
  position.kind = Kind::after;
  position.foreign = !found || others;
  return position;
}

std::string_view gap_reason_text(GapReason reason) {
  switch (reason) {
    case GapReason::none: break;
    case GapReason::expired: return "expired";
    case GapReason::epoch: return "epoch";
    case GapReason::invalid: return "invalid";
    case GapReason::overflow: return "overflow";
  }
  return "";
}

Resume resume(const Position& position, uint64_t epoch, uint64_t oldest, uint64_t next) {
  switch (position.kind) {
    case Position::Kind::none: return {next, GapReason::none};
    case Position::Kind::whole_ring: return {oldest, GapReason::none};
    case Position::Kind::invalid: return {next, GapReason::invalid};
    case Position::Kind::after: break;
  }
  const MessageId& id = position.id;
  if (position.foreign || id.epoch != epoch) return {next, GapReason::epoch};
  if (id.n >= next) return {next, GapReason::invalid};
  if (id.n + 1 < oldest) return {next, GapReason::expired};
  return {id.n + 1, GapReason::none};
}

}  // namespace fce
