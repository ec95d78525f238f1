// SPDX-License-Identifier: Apache-2.0
// TenantShares: how many bytes of the cache each tenant has, and how many it may have. The account
// is kept by reservation: bytes are reserved before a record is written and released when it is
// dead, so that at no moment a tenant has more than its share.
//
// A tenant whose share is full makes room at its own expense (`ShareSweep`): its old objects leave
// the index, and their bytes are dead in their segments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "cache/index.h"

namespace fce {

struct TenantSharesOptions {
  uint64_t bytes_max = 0;         // of the whole cache
  double share = 1.0;             // of it, for each tenant that has none of its own
  uint32_t tenants_max = 65'536;  // with objects in the cache at a time
};

struct TenantSharesStats {
  uint64_t refused_share = 0;    // reservations that would have gone over the share
  uint64_t refused_tenants = 0;  // and those of one tenant too many
};

// Any thread may call; one mutex, taken for writes only.
class TenantShares {
 public:
  explicit TenantShares(const TenantSharesOptions& options);

  // Tenants are named by a hash of their name: records keep that, and the recovery needs no names.
  // A share that is lowered below what the tenant has lets nothing in until it has less.
  void set_share(uint64_t tenant, double share);

  // The tenant's number, which is good as long as it has any bytes. None if `bytes`, which are not
  // 0, do not fit.
  std::optional<uint32_t> reserve(uint64_t tenant, uint64_t bytes);
  void release(uint32_t number, uint64_t bytes);
  // Keeps a tenant's number from becoming another's while its bytes go. None if it has no bytes.
  std::optional<uint32_t> pin(uint64_t tenant);
  void unpin(uint32_t number);

  // How much has to be released before `bytes` fit: 0 if they do, none if they never will.
  std::optional<uint64_t> excess(uint64_t tenant, uint64_t bytes) const;
  // Has more than its share, which was lowered: its objects count as never hit when their segment
  // goes.
  bool over(uint32_t number) const;

  uint64_t live_bytes(uint64_t tenant) const;
  uint64_t share_bytes(uint64_t tenant) const;
  uint64_t live_bytes() const;
  TenantSharesStats stats() const;

 private:
  struct Tenant {
    uint64_t hash = 0;
    uint64_t live_bytes = 0;
    uint64_t share_bytes = 0;
    uint32_t pins = 0;
  };

  uint64_t share_bytes_locked(uint64_t tenant) const;
  bool enter(uint64_t tenant, uint64_t share, uint32_t* number);
  void forget_if_idle(uint32_t number);
  uint64_t bytes_of(double share) const;

  const TenantSharesOptions options_;
  const uint64_t default_bytes_;
  mutable std::mutex mutex_;
  std::unordered_map<uint64_t, uint32_t> numbers_;
  std::unordered_map<uint64_t, uint64_t> own_shares_;  // in bytes
  std::vector<Tenant> tenants_;
  std::vector<uint32_t> free_;
  uint64_t live_bytes_ = 0;
  TenantSharesStats stats_;
};

// Makes room in a tenant's share by a clock over the stripes of the index. In each stripe the
// objects that were not hit since the hand passed go, the oldest segments' first.
class ShareSweep {
 public:
  // A sweep frees at least this part of the share, so that its cost is spread over many records.
  static constexpr uint64_t kShareDivisor = 32;

  // Takes objects of `tenant` out of the index, releases their bytes and appends them to `erased`:
  // the caller tells the eviction (`kill`). True if `bytes` fit then.
  bool make_room(Index& index, TenantShares& shares, uint64_t tenant, uint64_t bytes,
                 std::vector<IndexEntry>* erased);

 private:
  uint64_t sweep_stripe(Index& index, TenantShares& shares, uint32_t number, uint64_t wanted,
                        std::vector<IndexEntry>* erased);

  size_t hand_ = 0;
  std::vector<IndexEntry> found_;
};

}  // namespace fce
