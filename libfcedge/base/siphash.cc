// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4 (Aumasson and Bernstein, 2012). Plain code, so that hash tables need no library.
#include <bit>
#include <cstring>

#include "base/crypto.h"

namespace fce {
namespace {

// Little-endian by definition, whatever the machine is.
uint64_t load_le(const uint8_t* from, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value |= uint64_t{from[i]} << (8 * i);
  return value;
}

uint64_t load_word_le(const uint8_t* from) {
  if constexpr (std::endian::native != std::endian::little) return load_le(from, 8);
  uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

struct State {
  uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void take(uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

}  // namespace

uint64_t siphash(const std::array<uint8_t, 16>& key, std::string_view data) {
  const uint64_t k0 = load_le(key.data(), 8);
  const uint64_t k1 = load_le(key.data() + 8, 8);
  State state{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
              k1 ^ 0x7465646279746573};
  const uint8_t* at = as_bytes(data).data();
  size_t left = data.size();
  for (; left >= 8; at += 8, left -= 8) state.take(load_word_le(at));
  state.take(load_le(at, left) | uint64_t{data.size() & 0xff} << 56);
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace fce
