// SPDX-License-Identifier: Apache-2.0
// DnssecSigner: the signatures of one thread, made when an answer first needs them and remembered,
// as many a second as it may make. Who asks for names that are not there makes us sign each: so
// what is made for such names leaves room, and a part of the budget, for the zones' own.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/rate.h"
#include "base/signature.h"
#include "base/time.h"
#include "geo/dnssec_key.h"
#include "geo/dnssec_record.h"

namespace fce {

class DnssecSigner {
 public:
  struct Options {
    size_t cache_bytes = size_t{4} << 20;  // of signatures that are remembered
    uint32_t signatures_per_s = 5000;      // three quarters of them for names that are made up
    int64_t (*clock)() = wall_seconds;
  };
  enum class Result : uint8_t { made, remembered, refused };

  // A signature is good from two days to one day ago on, as clocks of others may be wrong, for
  // eight days: so one that is remembered for a day has five left when it is given for the last
  // time. They do not all end at the same time.
  static constexpr uint32_t kDay_s = 86'400, kValid_s = 8 * kDay_s;

  explicit DnssecSigner(const Options& options);
  ~DnssecSigner();

  // The data of RRSIG. It is refused when there were too many of late.
  Result sign(const std::shared_ptr<const DnssecKey>& key, const DnssecSet& set, std::string* out);
  // Keys that were used may be gone from now on.
  void forget_keys() { signers_.clear(); }

 private:
  class Cache;
  using Signature = std::array<uint8_t, kSignatureBytes>;

  bool make(const std::shared_ptr<const DnssecKey>& key, std::string_view message, bool made_up,
            Signature* out);

  const Options options_;
  std::array<uint8_t, 16> hash_key_;
  const std::unique_ptr<Cache> own_, made_up_;
  RateLimit rate_, made_up_rate_;
  std::unordered_map<std::shared_ptr<const DnssecKey>, std::unique_ptr<P256Signer>> signers_;
};

}  // namespace fce
