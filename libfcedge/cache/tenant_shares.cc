// SPDX-License-Identifier: Apache-2.0
#include "cache/tenant_shares.h"

#include <algorithm>

#include "base/fatal.h"

namespace fce {

TenantShares::TenantShares(const TenantSharesOptions& options)
    : options_(options), default_bytes_(bytes_of(options.share)) {}

uint64_t TenantShares::bytes_of(double share) const {
  // A double holds no number near 2^64 exactly, so the whole is not computed.
  if (share >= 1) return options_.bytes_max;
  if (!(share > 0)) return 0;
  return static_cast<uint64_t>(static_cast<double>(options_.bytes_max) * share);
}

void TenantShares::set_share(uint64_t tenant, double share) {
  const std::lock_guard<std::mutex> lock(mutex_);
  own_shares_[tenant] = bytes_of(share);
  if (const auto at = numbers_.find(tenant); at != numbers_.end())
    tenants_[at->second].share_bytes = bytes_of(share);
}

std::optional<uint32_t> TenantShares::reserve(uint64_t tenant, uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = numbers_.find(tenant);
  const uint64_t live = found == numbers_.end() ? 0 : tenants_[found->second].live_bytes;
  const uint64_t share = share_bytes_locked(tenant);
  if (live > share || bytes > share - live) {
    ++stats_.refused_share;
    return std::nullopt;
  }
  uint32_t number = 0;
  if (found != numbers_.end()) {
    number = found->second;
  } else if (!enter(tenant, share, &number)) {
    ++stats_.refused_tenants;
    return std::nullopt;
  }
  tenants_[number].live_bytes += bytes;
  live_bytes_ += bytes;
  return number;
}

bool TenantShares::enter(uint64_t tenant, uint64_t share, uint32_t* number) {
  if (!free_.empty()) {
    *number = free_.back();
    free_.pop_back();
  } else {
    if (tenants_.size() >= std::min(options_.tenants_max, IndexEntry::kTenantsMax)) return false;
    *number = static_cast<uint32_t>(tenants_.size());
    tenants_.emplace_back();
  }
  tenants_[*number] = {tenant, 0, share, 0};
  numbers_.emplace(tenant, *number);
  return true;
}

void TenantShares::release(uint32_t number, uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (number >= tenants_.size() || bytes > tenants_[number].live_bytes)
    fatal("cache shares: more is released than tenant %u has", number);
  Tenant& tenant = tenants_[number];
  tenant.live_bytes -= bytes;
  live_bytes_ -= bytes;
  if (bytes > 0) forget_if_idle(number);
}

std::optional<uint32_t> TenantShares::pin(uint64_t tenant) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = numbers_.find(tenant);
  if (found == numbers_.end()) return std::nullopt;
  ++tenants_[found->second].pins;
  return found->second;
}

void TenantShares::unpin(uint32_t number) {
  const std::lock_guard<std::mutex> lock(mutex_);
  --tenants_[number].pins;
  forget_if_idle(number);
}

void TenantShares::forget_if_idle(uint32_t number) {
  const Tenant& tenant = tenants_[number];
  if (tenant.live_bytes > 0 || tenant.pins > 0) return;
  // Nothing in the index has this number any more.
  numbers_.erase(tenant.hash);
  free_.push_back(number);
}

std::optional<uint64_t> TenantShares::excess(uint64_t tenant, uint64_t bytes) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t share = share_bytes_locked(tenant);
  if (bytes > share) return std::nullopt;
  const auto found = numbers_.find(tenant);
  const uint64_t live = found == numbers_.end() ? 0 : tenants_[found->second].live_bytes;
  return live > share - bytes ? live - (share - bytes) : 0;
}

bool TenantShares::over(uint32_t number) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return number < tenants_.size() && tenants_[number].live_bytes > tenants_[number].share_bytes;
}

uint64_t TenantShares::live_bytes(uint64_t tenant) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = numbers_.find(tenant);
  return found == numbers_.end() ? 0 : tenants_[found->second].live_bytes;
}

uint64_t TenantShares::share_bytes(uint64_t tenant) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return share_bytes_locked(tenant);
}

uint64_t TenantShares::live_bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return live_bytes_;
}

TenantSharesStats TenantShares::stats() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stats_;
}

uint64_t TenantShares::share_bytes_locked(uint64_t tenant) const {
  const auto own = own_shares_.find(tenant);
  return own == own_shares_.end() ? default_bytes_ : own->second;
}

}  // namespace fce
