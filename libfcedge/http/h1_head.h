// SPDX-License-Identifier: Apache-2.0
// What llhttp lets pass and we do not: looks at the raw bytes of a request's head (RFC 9112).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace fce {

// Finds the end of a head that may come in any number of pieces.
class HeadScanner {
 public:
  enum class Result {
    more,   // all of the piece belongs to the head, which goes on
    done,   // the head ends within the piece: see `taken`
    refuse  // bare CR or LF, a folded line (obs-fold), or NUL
  };
  // `taken` receives how many bytes of the piece belong to the head.
  Result scan(Bytes piece, size_t* taken);
  // Bytes of this head so far.
  size_t bytes() const { return bytes_; }
  // Whether the request line has not ended yet.
  bool in_first_line() const { return !any_line_; }
  // Whether the request line, once it has ended, names HTTP: llhttp knows relatives too.
  bool names_http() const { return line_tail_ >> 24 == kHttp; }
  // Whether its three parts are one space apart, no more (RFC 9112 section 3).
  bool single_spaced() const { return spaces_ == 2; }
  void reset() { *this = HeadScanner(); }

 private:
  static constexpr uint64_t kHttp = 0x485454502f;  // "HTTP/"
  Result line_begins(uint8_t byte);
  void look_at_request_line(Bytes part);

  size_t bytes_ = 0;
  uint64_t line_tail_ = 0;  // the last eight bytes of the request line, which are its version
  uint32_t spaces_ = 0;     // in the request line
  bool in_line_ = false;    // the current line has bytes
  bool any_line_ = false;   // a line that was not empty has ended: an empty one ends the head
  bool after_cr_ = false;   // the last byte was CR
  bool line_start_ = true;  // the next byte begins a line
};

}  // namespace fce
