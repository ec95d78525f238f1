// SPDX-License-Identifier: Apache-2.0
// Any bytes as a MaxMind database: it is refused with a sentence, or it is an index in which each
// address has a place, and the same one as its neighbours of the same prefix.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "geo/geo_index.h"

using namespace fce;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const GeoIndex& index, bool v6, IpNumber ip) {
  const uint8_t all = address_bits(v6);
  const PrefixMatch match = index.find(ip_prefix(v6, ip, all));
  require(match.cell < index.cells() && match.bits <= all);
  const Place& place = index.place(match.cell);
  require(place.known() == (match.cell != Cells::kUnknown));
  require(place.latitude >= -90 && place.latitude <= 90);
  require(place.longitude >= -180 && place.longitude <= 180);
  const IpNumber first = ip_number(ip_prefix(v6, ip, match.bits));
  for (const IpNumber other : {first, last_of(v6, first, match.bits)})
    require(match.cell == Cells::kUnknown ||
            index.find(ip_prefix(v6, other, all)).cell == match.cell);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  GeoIndex index;
  if (index.add({data, size}) != Status::ok) {
    require(*last_error() != '\0');
    return 0;
  }
  index.finish();
  // Addresses all over, and those that the input has in it.
  for (unsigned i = 0; i < 128; ++i) check(index, true, IpNumber{1} << i);
  for (unsigned i = 0; i < 32; ++i) check(index, false, IpNumber{1} << i);
  IpNumber ip = 0;
  for (size_t i = 0; i < size && i < 64; ++i) {
    ip = ip << 8 | data[i];
    check(index, true, ip);
    check(index, false, ip & 0xffff'ffff);
  }
  return 0;
}
