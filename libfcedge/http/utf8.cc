// SPDX-License-Identifier: Apache-2.0
#include "http/utf8.h"

namespace fce {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080;

uint64_t load(const uint8_t* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// The first byte that is not ASCII, looked for 32 bytes at a time.
const uint8_t* skip_ascii(const uint8_t* at, const uint8_t* end) {
  while (end - at >= 32) {
    if ((load(at) | load(at + 8) | load(at + 16) | load(at + 24)) & kHighBits) break;
    at += 32;
  }
  while (end - at >= 8 && !(load(at) & kHighBits)) at += 8;
  while (at < end && *at < 0x80) ++at;
  return at;
}

}  // namespace

// The second byte's range shuts out overlong forms, surrogates and what is above U+10FFFF
// (Unicode, table 3-7); all later ones are 80..BF.
bool Utf8Validator::begin_character(uint8_t lead) {
  if (lead >= 0xC2 && lead <= 0xDF) {
    left_ = 1;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    left_ = 2;
    if (lead == 0xE0) low_ = 0xA0;
    if (lead == 0xED) high_ = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    left_ = 3;
    if (lead == 0xF0) low_ = 0x90;
    if (lead == 0xF4) high_ = 0x8F;
  } else {
    return false;
  }
  return true;
}

bool Utf8Validator::feed(Bytes piece) {
  const uint8_t* at = piece.data();
  const uint8_t* const end = at + piece.size();
  while (at < end) {
    if (left_ == 0) {
      at = skip_ascii(at, end);
      if (at == end) break;
      if (!begin_character(*at++)) return false;
      continue;
    }
    if (*at < low_ || *at > high_) return false;
    low_ = 0x80;
    high_ = 0xBF;
    --left_;
    ++at;
  }
  return true;
}

}  // namespace fce
