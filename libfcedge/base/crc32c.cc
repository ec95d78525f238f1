// SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace fce {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // reflected

// tables[k][b]: what byte b does to the checksum when k more bytes follow it.
using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? kPolynomial : 0);
    tables[0][byte] = value;
  }
  for (size_t k = 1; k < 8; ++k)
    for (size_t byte = 0; byte < 256; ++byte)
      tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 0xff];
  return tables;
}

constexpr Tables kTables = make_tables();

#if defined(__x86_64__)

constexpr size_t kLaneBytes = 1024;

// Applied to a state, gives the state after a lane of zeros: what joins the states of neighbours.
struct Skip {
  std::array<std::array<uint32_t, 256>, 4> table;

  uint32_t operator()(uint32_t state) const {
    return table[0][state & 0xff] ^ table[1][state >> 8 & 0xff] ^ table[2][state >> 16 & 0xff] ^
           table[3][state >> 24];
  }
};

// A state is a vector of 32 bits and a zero byte a linear map, so a table of the images of all
// bytes in all four places is enough.
Skip make_skip() {
  std::array<uint32_t, 32> image{};
  for (int bit = 0; bit < 32; ++bit) {
    uint32_t state = uint32_t{1} << bit;
    for (size_t i = 0; i < kLaneBytes; ++i) state = state >> 8 ^ kTables[0][state & 0xff];
    image[static_cast<size_t>(bit)] = state;
  }
  Skip skip{};
  for (size_t place = 0; place < 4; ++place)
    for (uint32_t byte = 0; byte < 256; ++byte)
      for (size_t bit = 0; bit < 8; ++bit)
        if (byte >> bit & 1) skip.table[place][byte] ^= image[place * 8 + bit];
  return skip;
}

uint64_t load(const uint8_t* from) {
  uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// The instruction takes three cycles and can begin each cycle, so three runs go side by side.
[[gnu::target("sse4.2")]] uint32_t crc32c_sse42(Bytes data, uint32_t before) {
  static const Skip skip = make_skip();
  const uint8_t* at = data.data();
  size_t left = data.size();
  uint64_t state = ~before;
  for (; left >= 3 * kLaneBytes; at += 3 * kLaneBytes, left -= 3 * kLaneBytes) {
    uint64_t second = 0;
    uint64_t third = 0;
    for (size_t i = 0; i < kLaneBytes; i += 8) {
      state = _mm_crc32_u64(state, load(at + i));
      second = _mm_crc32_u64(second, load(at + kLaneBytes + i));
      third = _mm_crc32_u64(third, load(at + 2 * kLaneBytes + i));
    }
    state = skip(static_cast<uint32_t>(state)) ^ second;
    state = skip(static_cast<uint32_t>(state)) ^ third;
  }
  for (; left >= 8; at += 8, left -= 8) state = _mm_crc32_u64(state, load(at));
  auto narrow = static_cast<uint32_t>(state);
  for (; left > 0; ++at, --left) narrow = _mm_crc32_u8(narrow, *at);
  return ~narrow;
}

#endif

}  // namespace

uint32_t crc32c_portable(Bytes data, uint32_t before) {
  const uint8_t* at = data.data();
  size_t left = data.size();
  uint32_t state = ~before;
  for (; left >= 8; at += 8, left -= 8) {
    const uint32_t low = state ^ (uint32_t{at[0]} | uint32_t{at[1]} << 8 | uint32_t{at[2]} << 16 |
                                  uint32_t{at[3]} << 24);
    state = kTables[7][low & 0xff] ^ kTables[6][low >> 8 & 0xff] ^ kTables[5][low >> 16 & 0xff] ^
            kTables[4][low >> 24] ^ kTables[3][at[4]] ^ kTables[2][at[5]] ^ kTables[1][at[6]] ^
            kTables[0][at[7]];
  }
  for (; left > 0; ++at, --left) state = state >> 8 ^ kTables[0][(state ^ *at) & 0xff];
  return ~state;
}

uint32_t crc32c(Bytes data, uint32_t before) {
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("sse4.2");
  if (fast) return crc32c_sse42(data, before);
#endif
  return crc32c_portable(data, before);
}

}  // namespace fce
