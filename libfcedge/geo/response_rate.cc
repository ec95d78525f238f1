// SPDX-License-Identifier: Apache-2.0
#include "geo/response_rate.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "base/bytes.h"

namespace fce {
namespace {

constexpr uint32_t kToken = 1000;  // so that a millisecond's share of a token is a whole number

// Whom a bucket of tokens is for, hashed with a key of our own: nobody can choose whom he meets.
class Key {
 public:
  Key(const PeerAddress& client, uint8_t v4_bits, uint8_t v6_bits) {
    const bool v6 = client.family == PeerAddress::Family::ipv6;
    const size_t bits = v6 ? std::min<size_t>(v6_bits, 128) : std::min<size_t>(v4_bits, 32);
    bytes_[0] = v6 ? 6 : 4;
    std::copy_n(client.ip.data(), (bits + 7) / 8, bytes_.data() + 1);
    if (bits % 8 != 0) bytes_[1 + bits / 8] &= static_cast<uint8_t>(0xff << (8 - bits % 8));
  }
  void set(uint8_t what, uint64_t name_hash) {
    bytes_[kWhatAt] = what;
    std::memcpy(bytes_.data() + kWhatAt + 1, &name_hash, sizeof name_hash);
  }
  uint64_t hash(const std::array<uint8_t, 16>& secret) const {
    return siphash(secret, as_text(bytes_));
  }

 private:
  static constexpr size_t kWhatAt = 17;
  std::array<uint8_t, kWhatAt + 1 + sizeof(uint64_t)> bytes_{};
};

}  // namespace

// Sets of a few buckets each: who is new takes the place of whoever of his set has used least of
// his rate, since a full bucket is as good as none. So memory is bounded, and nobody gets his
// bucket refilled by others who come.
struct ResponseRate::Table {
  struct Bucket {
    uint64_t key = 0;
    uint32_t per_s = 0;    // 0: free
    uint32_t missing = 0;  // thousandths of tokens, up to a second's
    uint32_t at_ms = 0;
    uint32_t too_many = 0;

    uint32_t missing_at(uint32_t now_ms) const {
      const uint64_t refilled = uint64_t{now_ms - at_ms} * per_s;
      return missing > refilled ? static_cast<uint32_t>(missing - refilled) : 0;
    }
  };
  static constexpr size_t kWays = 8;

  explicit Table(uint32_t size)
      : sets(std::bit_ceil(std::max<size_t>(1, size / kWays))), buckets(sets * kWays) {
    random_bytes(secret);
  }

  Bucket& find(const Key& whom, uint32_t per_s, uint32_t now_ms) {
    const uint64_t key = whom.hash(secret);
    Bucket* const set = &buckets[(key & (sets - 1)) * kWays];
    Bucket* least = set;
    uint32_t least_missing = UINT32_MAX;
    for (Bucket* bucket = set; bucket != set + kWays; ++bucket) {
      bucket->missing = bucket->missing_at(now_ms);
      bucket->at_ms = now_ms;
      if (bucket->key == key && bucket->per_s != 0) return *bucket;
      if (bucket->missing >= least_missing) continue;
      least = bucket;
      least_missing = bucket->missing;
    }
    *least = {key, per_s, 0, now_ms, 0};
    return *least;
  }

  // Null: the answer is within the rate.
  Bucket* over(const Key& whom, uint32_t per_s, uint32_t now_ms) {
    if (per_s == 0) return nullptr;
    Bucket& bucket = find(whom, per_s, now_ms);
    if (bucket.missing + uint64_t{kToken} > uint64_t{per_s} * kToken) return &bucket;
    bucket.missing += kToken;
    return nullptr;
  }

  std::array<uint8_t, 16> secret;
  const size_t sets;
  std::vector<Bucket> buckets;
};

ResponseRate::ResponseRate(const Options& options)
    : options_(options), table_(std::make_unique<Table>(options.table_size)) {}

ResponseRate::~ResponseRate() = default;

ResponseRate::Verdict ResponseRate::judge(const PeerAddress& client, Kind kind, uint64_t name_hash,
                                          uint64_t now_ms) {
  constexpr uint8_t kErrors = 0xfe, kAll = 0xff;
  if (client.family == PeerAddress::Family::unix_socket) return Verdict::send;
  const bool error = kind == Kind::nxdomain || kind == Kind::error;
  const auto now = static_cast<uint32_t>(now_ms);  // only differences count
  Key key(client, options_.v4_bits, options_.v6_bits);
  key.set(error ? kErrors : static_cast<uint8_t>(kind), error ? 0 : name_hash);
  Table::Bucket* over =
      table_->over(key, error ? options_.errors_per_s : options_.answers_per_s, now);
  if (!over) {
    key.set(kAll, 0);
    over = table_->over(key, options_.all_per_s, now);
  }
  if (!over) return Verdict::send;
  ++over->too_many;
  return options_.slip != 0 && over->too_many % options_.slip == 0 ? Verdict::slip : Verdict::drop;
}

}  // namespace fce
