// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "base/crypto.h"

namespace {

// Key 00..0f, input 00 01 02... of the length that is the index: the authors' test vectors
// (vectors_sip64), each read as a little-endian number. The last one is also in the paper.
constexpr uint64_t kVectors[] = {
    0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
    0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
    0x93f5f5799a932462, 0x9e0082df0ba9e4b0,
};
constexpr uint64_t kPaperVector = 0xa129ca6149be45e5;  // 15 bytes

std::array<uint8_t, 16> counting_key() {
  std::array<uint8_t, 16> key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i);
  return key;
}

std::string counting_text(size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i) text += static_cast<char>(i);
  return text;
}

}  // namespace

TEST_CASE("siphash gives the reference vectors") {
  for (size_t i = 0; i < std::size(kVectors); ++i) {
    CAPTURE(i);
    CHECK(fce::siphash(counting_key(), counting_text(i)) == kVectors[i]);
  }
  CHECK(fce::siphash(counting_key(), counting_text(15)) == kPaperVector);
}

TEST_CASE("siphash depends on the key") {
  auto other = counting_key();
  other[15] ^= 1;
  CHECK(fce::siphash(counting_key(), "news") != fce::siphash(other, "news"));
}
