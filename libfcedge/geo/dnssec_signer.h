// SPDX-License-Identifier: Apache-2.0
// DnssecSigner: the signatures of one thread, made when an answer first needs them and remembered,
// as many a second as it may make.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/rate.h"
#include "base/signature.h"
#include "geo/dnssec_key.h"
#include "geo/dnssec_record.h"

namespace fce {

class DnssecSigner {
 public:
  struct Options {
    size_t cache_size = 16'384;        // signatures that are remembered, of 72 bytes each
    uint32_t signatures_per_s = 5000;  // who asks for names that are not there makes us sign each
  };
  // Signatures of one day are the same. Clocks of others may be wrong by a day.
  static constexpr uint32_t kDay_s = 86'400, kValid_s = 8 * kDay_s;

  DnssecSigner(const Options& options, const std::vector<std::shared_ptr<const DnssecKey>>& keys);
  ~DnssecSigner();

  // The key of a zone; null: it is not signed.
  const DnssecKey* key(Bytes zone) const;
  // The data of RRSIG. False when there were too many of late.
  bool sign(const DnssecKey& key, const DnssecSet& set, std::string* out);

  uint64_t made() const { return made_; }

 private:
  struct Zone;
  struct Slot;

  const Options options_;
  std::vector<Zone> zones_;
  std::vector<Slot> slots_;  // by a keyed hash of what was signed, a power of two
  std::array<uint8_t, 16> hash_key_;
  RateLimit rate_;
  uint64_t made_ = 0;
};

}  // namespace fce
