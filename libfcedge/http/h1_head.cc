// SPDX-License-Identifier: Apache-2.0
#include "http/h1_head.h"

#include <algorithm>
#include <cstring>

namespace fce {

// A line that begins with white space continues the one before: obs-fold. Before the request line
// it is no better.
HeadScanner::Result HeadScanner::line_begins(uint8_t byte) {
  return byte == ' ' || byte == '\t' ? Result::refuse : Result::more;
}

void HeadScanner::look_at_request_line(Bytes part) {
  spaces_ += static_cast<uint32_t>(std::count(part.begin(), part.end(), uint8_t{' '}));
  for (const uint8_t byte : part.last(std::min<size_t>(part.size(), 8)))
    line_tail_ = line_tail_ << 8 | byte;
}

HeadScanner::Result HeadScanner::scan(Bytes piece, size_t* taken) {
  size_t at = 0;
  while (at < piece.size()) {
    if (after_cr_) {
      if (piece[at] != '\n') return Result::refuse;
      ++at;
      after_cr_ = false;
      const bool empty = !in_line_;
      in_line_ = false;
      line_start_ = true;
      if (empty && any_line_) {
        *taken = at;
        bytes_ += at;
        return Result::done;
      }
      if (!empty) any_line_ = true;
      continue;
    }
    if (line_start_ && piece[at] != '\r') {
      if (line_begins(piece[at]) == Result::refuse) return Result::refuse;
      line_start_ = false;
    }
    // To the end of the line in one go.
    const uint8_t* from = piece.data() + at;
    const size_t left = piece.size() - at;
    const auto* cr = static_cast<const uint8_t*>(std::memchr(from, '\r', left));
    const size_t length = cr ? static_cast<size_t>(cr - from) : left;
    if (std::memchr(from, '\n', length) || std::memchr(from, '\0', length)) return Result::refuse;
    if (length > 0) in_line_ = true;
    if (!any_line_) look_at_request_line({from, length});
    at += length;
    if (cr) {
      after_cr_ = true;
      ++at;
    }
  }
  *taken = at;
  bytes_ += at;
  return Result::more;
}

}  // namespace fce
