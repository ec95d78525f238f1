// SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/crypto.h"

namespace fce {

TEST_CASE("crc32c: the examples of RFC 3720 appendix B.4") {
  std::vector<uint8_t> bytes(32, 0);
  CHECK(crc32c(bytes) == 0x8a9136aa);
  bytes.assign(32, 0xff);
  CHECK(crc32c(bytes) == 0x62a8ab43);
  for (uint8_t i = 0; i < 32; ++i) bytes[i] = i;
  CHECK(crc32c(bytes) == 0x46dd794e);
  for (uint8_t i = 0; i < 32; ++i) bytes[i] = static_cast<uint8_t>(31 - i);
  CHECK(crc32c(bytes) == 0x113fdb5c);
  CHECK(crc32c(as_bytes("123456789")) == 0xe3069283);
  CHECK(crc32c({}) == 0);
}

TEST_CASE("crc32c: both ways agree for every length and alignment, and a run may be cut") {
  std::vector<uint8_t> bytes(20'000);
  random_bytes(bytes);
  const Bytes all(bytes);
  for (size_t size = 0; size < 4000; ++size) {
    const Bytes run = all.subspan(size % 13, size);
    CHECK(crc32c(run) == crc32c_portable(run));
  }
  const uint32_t whole = crc32c_portable(all);
  CHECK(crc32c(all) == whole);
  for (const size_t cut : {1u, 7u, 3071u, 3072u, 9999u})
    CHECK(crc32c(all.subspan(cut), crc32c(all.first(cut))) == whole);
}

}  // namespace fce
