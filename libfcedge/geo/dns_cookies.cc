// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_cookies.h"

#include <algorithm>

#include "base/crypto.h"

namespace fce {
namespace {

// A server's half: version, three reserved bytes, time, hash (RFC 9018 section 4).
constexpr size_t kVersionAt = DnsCookies::kClientBytes;
constexpr size_t kTimeAt = kVersionAt + 4;
constexpr size_t kHashAt = kTimeAt + 4;
constexpr uint8_t kVersion = 1;

// What others' halves may measure (RFC 7873 section 4).
constexpr size_t kServerBytesMin = 8, kServerBytesMax = 32;

// RFC 9018 section 4.3: servers of one secret need not have the same time to the second.
constexpr int32_t kAgeMax = 3600, kAheadMax = 300;

using Hash = std::array<uint8_t, DnsCookies::kBytes - kHashAt>;

uint32_t load_be32(const uint8_t* from) {
  return uint32_t{from[0]} << 24 | uint32_t{from[1]} << 16 | uint32_t{from[2]} << 8 | from[3];
}

void store_be32(uint32_t value, uint8_t* to) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<uint8_t>(value >> (24 - 8 * i));
}

// Of everything before the hash, as it came, and of the client's address.
Hash hash_of(const DnsCookies::Secret& secret, const uint8_t* cookie, const PeerAddress& client) {
  std::array<uint8_t, kHashAt + 16> input;
  uint8_t* end = std::copy_n(cookie, kHashAt, input.data());
  const size_t ip_bytes = client.family == PeerAddress::Family::ipv4 ? 4 : 16;
  end = std::copy_n(client.ip.data(), ip_bytes, end);
  const uint64_t value =
      siphash(secret, as_text({input.data(), static_cast<size_t>(end - input.data())}));
  Hash hash;
  // SipHash's bytes are little-endian by definition.
  for (size_t i = 0; i < hash.size(); ++i) hash[i] = static_cast<uint8_t>(value >> (8 * i));
  return hash;
}

bool made_with(const DnsCookies::Secret& secret, Bytes option, const PeerAddress& client) {
  const Hash hash = hash_of(secret, option.data(), client);
  return equals_in_constant_time(as_text(option.subspan(kHashAt)), as_text(hash));
}

}  // namespace

void DnsCookies::rotate(const Secret& secret) {
  before_ = secret_;
  has_before_ = true;
  secret_ = secret;
}

DnsCookies::Check DnsCookies::check(Bytes option, const PeerAddress& client, uint32_t now_s) const {
  if (option.size() == kClientBytes) return Check::client_only;
  if (option.size() < kClientBytes + kServerBytesMin ||
      option.size() > kClientBytes + kServerBytesMax)
    return Check::malformed;
  if (option.size() != kBytes || option[kVersionAt] != kVersion) return Check::client_only;
  // Serial numbers (RFC 1982): the time goes round in 2106.
  const auto age = static_cast<int32_t>(now_s - load_be32(option.data() + kTimeAt));
  if (age > kAgeMax || age < -kAheadMax) return Check::client_only;
  if (made_with(secret_, option, client)) return Check::good;
  return has_before_ && made_with(before_, option, client) ? Check::good : Check::client_only;
}

std::array<uint8_t, DnsCookies::kBytes> DnsCookies::make(Bytes client_half,
                                                         const PeerAddress& client,
                                                         uint32_t now_s) const {
  std::array<uint8_t, kBytes> cookie{};
  std::copy_n(client_half.data(), kClientBytes, cookie.data());
  cookie[kVersionAt] = kVersion;
  store_be32(now_s, cookie.data() + kTimeAt);
  const Hash hash = hash_of(secret_, cookie.data(), client);
  std::copy(hash.begin(), hash.end(), cookie.begin() + kHashAt);
  return cookie;
}

}  // namespace fce
