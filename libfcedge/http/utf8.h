// SPDX-License-Identifier: Apache-2.0
// UTF-8 validation in pieces (RFC 3629): the first byte that cannot belong to valid text is found,
// even when the text goes on in another fragment.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace fce {

class Utf8Validator {
 public:
  // Takes the next piece. False: no continuation can make the text valid any more.
  bool feed(Bytes piece);
  // Whether the text may end here, which it may not in the middle of a character.
  bool complete() const { return left_ == 0; }

 private:
  bool begin_character(uint8_t lead);

  uint8_t left_ = 0;    // continuation bytes that the character still needs
  uint8_t low_ = 0x80;  // what the next one may be
  uint8_t high_ = 0xBF;
};

inline bool is_utf8(Bytes text) {
  Utf8Validator validator;
  return validator.feed(text) && validator.complete();
}

}  // namespace fce
