// SPDX-License-Identifier: Apache-2.0
#include "pubsub/position.h"

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

}  // namespace

size_t print_id(const MessageId& id, char* out) {
  char* at = std::to_chars(out, out + 20, id.epoch).ptr;
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
  if (!take_number(&text, &id.epoch) || text.empty() || text.front() != '-') return false;
  text.remove_prefix(1);
  if (!take_number(&text, &id.n) || !text.empty()) return false;
  *out = id;
  return true;
}

Position Position::parse(std::string_view text) {
  Position position;
  if (text.empty()) return position;
  if (text == "0") {
    position.kind = Kind::whole_ring;
  } else {
    position.kind = parse_id(text, &position.id) ? Kind::after : Kind::invalid;
  }
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
  if (id.epoch != epoch) return {next, GapReason::epoch};
  if (id.n >= next) return {next, GapReason::invalid};
  if (id.n + 1 < oldest) return {next, GapReason::expired};
  return {id.n + 1, GapReason::none};
}

}  // namespace fce
