// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_key.h"

#include <algorithm>

namespace fce {
namespace {

// FNV-1a, whose last step is repeated with a shift: its upper bits alone are well mixed.
constexpr uint64_t kBasis = 0xcbf2'9ce4'8422'2325, kPrime = 0x0000'0100'0000'01b3;

uint64_t hash_label(uint64_t hash, Bytes label) {
  for (const uint8_t byte : label) hash = (hash ^ byte) * kPrime;
  return hash ^ hash >> 32;
}

}  // namespace

DnsKey::DnsKey(Bytes name) : size_(name.size()) {
  std::transform(name.begin(), name.end(), bytes_.begin(), dns_lower);
  size_t at = 0;
  for (; bytes_[at] != 0; at += size_t{bytes_[at]} + 1)
    starts_[labels_++] = static_cast<uint8_t>(at);
  starts_[labels_] = static_cast<uint8_t>(at);
  hashes_[0] = kBasis;
  for (size_t i = 1; i <= labels_; ++i) {
    const size_t start = starts_[labels_ - i];
    hashes_[i] = hash_label(hashes_[i - 1], {bytes_.data() + start, size_t{bytes_[start]} + 1});
  }
}

}  // namespace fce
