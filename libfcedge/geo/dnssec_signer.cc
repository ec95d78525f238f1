// SPDX-License-Identifier: Apache-2.0
#include "geo/dnssec_signer.h"

#include <algorithm>
#include <bit>

#include "base/crypto.h"
#include "base/time.h"

namespace fce {

struct DnssecSigner::Zone {
  std::shared_ptr<const DnssecKey> key;
  std::unique_ptr<P256Signer> signer;
};

struct DnssecSigner::Slot {
  uint64_t hash = 0;  // 0: empty
  std::array<uint8_t, kSignatureBytes> signature{};
};

DnssecSigner::DnssecSigner(const Options& options,
                           const std::vector<std::shared_ptr<const DnssecKey>>& keys)
    : options_(options), slots_(std::bit_ceil(std::max<size_t>(options.cache_size, 1))) {
  for (const auto& key : keys) zones_.push_back({key, key->signer()});
  random_bytes(hash_key_);
}

DnssecSigner::~DnssecSigner() = default;

const DnssecKey* DnssecSigner::key(Bytes zone) const {
  for (const Zone& one : zones_)
    if (dns_names_equal(one.key->zone().wire(), zone)) return one.key.get();
  return nullptr;
}

bool DnssecSigner::sign(const DnssecKey& key, const DnssecSet& set, std::string* out) {
  const auto today = static_cast<uint32_t>(wall_seconds() / kDay_s * kDay_s);
  const DnssecSpan span = {today - kDay_s, today - kDay_s + kValid_s};
  *out = rrsig_head(set, span, DnssecKey::kAlgorithm, key.tag(), key.zone().wire());
  const std::string message = signed_data(*out, set);
  // What is signed is told apart by its hash alone, whose key nobody knows.
  const uint64_t hash = siphash(hash_key_, message) | 1;
  Slot& slot = slots_[(hash >> 1) & (slots_.size() - 1)];
  if (slot.hash != hash) {
    const auto zone = std::find_if(zones_.begin(), zones_.end(),
                                   [&](const Zone& one) { return one.key.get() == &key; });
    const uint32_t per_s = options_.signatures_per_s;
    if (!rate_.take(monotonic_us() / 1000, per_s, per_s)) return false;
    std::array<uint8_t, kSignatureBytes> signature;
    if (!zone->signer || !zone->signer->sign(message, &signature)) return false;
    slot = {hash, signature};
    ++made_;
  }
  *out += as_text(slot.signature);
  return true;
}

}  // namespace fce
