// SPDX-License-Identifier: Apache-2.0
#include "geo/dnssec_signer.h"

#include <algorithm>
#include <bit>

#include "base/crypto.h"

namespace fce {

// Sets of a few places each: what is new takes the one that was not used for longest.
class DnssecSigner::Cache {
 public:
  struct Slot {
    uint64_t hash = 0;
    uint32_t inception = 0;  // 0: empty
    uint32_t used = 0;
    Signature signature;
  };

  explicit Cache(size_t bytes)
      : sets_(std::bit_floor(std::max<size_t>(bytes / sizeof(Slot) / kWays, 1))),
        slots_(sets_ * kWays) {}

  // The place of what has this hash. It is there if the place says so; else it may be put there.
  Slot& find(uint64_t hash, uint32_t inception) {
    Slot* const set = &slots_[(hash & (sets_ - 1)) * kWays];
    Slot* found = set;
    ++now_;
    for (Slot* slot = set; slot != set + kWays; ++slot) {
      if (slot->hash == hash && slot->inception == inception) {
        found = slot;
        break;
      }
      if (now_ - slot->used > now_ - found->used) found = slot;
    }
    found->used = now_;
    return *found;
  }

 private:
  static constexpr size_t kWays = 4;
  const size_t sets_;
  std::vector<Slot> slots_;
  uint32_t now_ = 0;
};

DnssecSigner::DnssecSigner(const Options& options)
    : options_(options),
      own_(std::make_unique<Cache>(options.cache_bytes / 4 * 3)),
      made_up_(std::make_unique<Cache>(options.cache_bytes / 4)) {
  random_bytes(hash_key_);
}

DnssecSigner::~DnssecSigner() = default;

DnssecSigner::Result DnssecSigner::sign(const std::shared_ptr<const DnssecKey>& key,
                                        const DnssecSet& set, std::string* out) {
  const auto head = [&](const DnssecSpan& span) {
    return rrsig_head(set, span, DnssecKey::kAlgorithm, key->tag(), key->zone().wire());
  };
  // What is signed is told apart by its hash alone, whose key nobody knows.
  const std::string what = signed_data(std::string(key->dnskey()) + head({}), set);
  const uint64_t hash = siphash(hash_key_, what);
  const auto now = static_cast<uint32_t>(options_.clock());
  const uint32_t offset = static_cast<uint32_t>(hash >> 32) % kDay_s;
  const uint32_t inception = now - kDay_s - (now + offset) % kDay_s;
  Cache::Slot& slot = (set.made_up ? made_up_ : own_)->find(hash, inception);
  *out = head({inception, inception + kValid_s});
  const bool remembered = slot.hash == hash && slot.inception == inception;
  if (!remembered) {
    const std::string message = signed_data(*out, set);
    Signature signature;
    if (!make(key, message, set.made_up, &signature)) return Result::refused;
    slot.hash = hash;
    slot.inception = inception;
    slot.signature = signature;
  }
  *out += as_text(slot.signature);
  return remembered ? Result::remembered : Result::made;
}

bool DnssecSigner::make(const std::shared_ptr<const DnssecKey>& key, std::string_view message,
                        bool made_up, Signature* out) {
  const uint64_t now_ms = monotonic_us() / 1000;
  const uint32_t per_s = options_.signatures_per_s, made_up_per_s = per_s - per_s / 4;
  if (made_up && !made_up_rate_.take(now_ms, made_up_per_s, made_up_per_s)) return false;
  if (!rate_.take(now_ms, per_s, per_s)) return false;
  std::unique_ptr<P256Signer>& signer = signers_[key];
  if (!signer) signer = key->signer();
  return signer && signer->sign(message, out);
}

}  // namespace fce
