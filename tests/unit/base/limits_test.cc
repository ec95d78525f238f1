// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <vector>

namespace fce {
namespace {

// The fields in the order of the C struct, which is that of the class.
constexpr size_t kFields = sizeof(Limits) / sizeof(uint32_t);
static_assert(sizeof(fce_limits) == sizeof(uint32_t) * (kFields + 1));

std::vector<uint32_t> fields_of(const Limits& limits) {
  std::vector<uint32_t> fields(kFields);
  std::memcpy(fields.data(), &limits, sizeof limits);
  return fields;
}

}  // namespace

TEST_CASE("limits: nothing given is all defaults, and no default is zero") {
  const Limits none = Limits::from(nullptr);
  fce_limits zeros{};
  zeros.size = sizeof zeros;
  CHECK(fields_of(none) == fields_of(Limits::from(&zeros)));
  for (const uint32_t value : fields_of(none)) CHECK(value > 0);
  CHECK(none.header_bytes_max == 16'384);
  CHECK(none.ws_control_per_s == 20);
}

TEST_CASE("limits: each field is taken by itself") {
  const std::vector<uint32_t> defaults = fields_of(Limits());
  for (size_t i = 0; i < kFields; ++i) {
    CAPTURE(i);
    std::vector<uint32_t> raw(kFields + 1);
    raw[0] = sizeof(fce_limits);
    raw[i + 1] = 7;
    fce_limits given;
    std::memcpy(&given, raw.data(), sizeof given);
    std::vector<uint32_t> expected = defaults;
    expected[i] = 7;
    CHECK(fields_of(Limits::from(&given)) == expected);
  }
}

TEST_CASE("limits: an older caller's struct ends earlier, a newer one's later") {
  // As large as an old caller made it: reading beyond would be seen by the sanitizer.
  std::vector<uint32_t> old(3);
  old[0] = 3 * sizeof(uint32_t);
  old[1] = 11;
  old[2] = 12;
  const Limits from_old = Limits::from(reinterpret_cast<const fce_limits*>(old.data()));
  CHECK(from_old.connections_max == 11);
  CHECK(from_old.request_line_bytes_max == 12);
  CHECK(from_old.header_bytes_max == Limits().header_bytes_max);

  std::vector<uint32_t> newer(kFields + 5, 9);
  newer[0] = static_cast<uint32_t>(newer.size() * sizeof(uint32_t));
  const Limits from_new = Limits::from(reinterpret_cast<const fce_limits*>(newer.data()));
  CHECK(fields_of(from_new) == std::vector<uint32_t>(kFields, 9));
}

}  // namespace fce
