// SPDX-License-Identifier: Apache-2.0
// Ids of publications, and the positions from which clients resume. Pure code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fce {

// "ORIGIN.EPOCH-N": the node that took the publication, its start, and a dense number within the
// channel. N counts from 1, so N of 0 is the position before the first publication.
struct MessageId {
  uint64_t epoch = 0;
  uint64_t n = 0;
  uint32_t origin = 0;  // printed as eight hex digits

  bool operator==(const MessageId&) const = default;
};

constexpr size_t kIdBytesMax = 8 + 1 + 20 + 1 + 20;

// Writes at most kIdBytesMax bytes, no NUL, and returns how many.
size_t print_id(const MessageId& id, char* out);
std::string id_text(const MessageId& id);
// Reads exactly what print_id writes: decimal digits without leading zeros, nothing around them.
bool parse_id(std::string_view text, MessageId* out);

// What a client said about where it was: a vector of ids, at most one of each origin.
struct Position {
  static constexpr size_t kBytesMax = 512;
  static constexpr char kSeparator = '~';

  enum class Kind : uint8_t { none, whole_ring, after, invalid };
  Kind kind = Kind::none;
  // Of `after`: the id of the origin that was asked for. A position that does not name it, or names
  // others besides, is foreign: its messages cannot be told from this log.
  MessageId id;
  bool foreign = false;

  // "" is none, "0" the whole ring, ids joined by "~" what follows them; the rest is invalid.
  static Position parse(std::string_view text, uint32_t origin);
};

enum class GapReason : uint8_t { none, expired, epoch, invalid, overflow };
std::string_view gap_reason_text(GapReason reason);

// Where a subscriber begins in a log that holds [oldest, next) of `epoch`.
struct Resume {
  uint64_t next = 0;                // the first message to send
  GapReason gap = GapReason::none;  // to be told first; nothing is replayed then
};

// Recovery is all or nothing: either every message after the position is still in the log, or there
// is a gap. A position ahead of the log is `invalid`, since this node gave no such id.
Resume resume(const Position& position, uint64_t epoch, uint64_t oldest, uint64_t next);

}  // namespace fce
