// SPDX-License-Identifier: Apache-2.0
// DnsKey: a name as it is looked for, in lower case, with a hash of it and of each name above it.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "geo/dns_name.h"

namespace fce {

class DnsKey {
 public:
  explicit DnsKey(Bytes name);  // valid

  size_t labels() const { return labels_; }
  // The name of its last `labels` labels.
  Bytes suffix(size_t labels) const {
    const size_t at = starts_[labels_ - labels];
    return {bytes_.data() + at, size_ - at};
  }
  // Of `suffix`. Names that are looked for are chosen by clients, but those that are found are
  // configured: so nobody can fill a table with names of one hash, and it needs no secret.
  uint64_t hash(size_t labels) const { return hashes_[labels]; }

 private:
  // Not filled: of most names it takes few bytes.
  std::array<uint8_t, DnsName::kBytesMax> bytes_;
  std::array<uint8_t, DnsName::kLabelsMax + 1> starts_;
  std::array<uint64_t, DnsName::kLabelsMax + 1> hashes_;
  size_t size_;
  size_t labels_ = 0;
};

}  // namespace fce
