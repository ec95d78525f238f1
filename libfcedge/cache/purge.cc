// SPDX-License-Identifier: Apache-2.0
#include "cache/purge.h"

#include <algorithm>
#include <mutex>

namespace fce {

// The later of the clock, moved on by `step`, and `at_least`.
Generation PurgeTable::advance(Generation at_least, Generation step) {
  Generation clock = clock_.load(std::memory_order_relaxed);
  Generation told;
  do {
    told = std::max(clock + step, at_least);
    if (told == clock) break;
  } while (!clock_.compare_exchange_weak(clock, told, std::memory_order_acq_rel));
  return told;
}

void PurgeTable::apply(const Purge& purge) {
  const std::unique_lock lock(mutex_);
  auto tenant = tenants_.find(purge.tenant);
  if (tenant == tenants_.end()) tenant = tenants_.try_emplace(std::string(purge.tenant)).first;
  auto& texts = tenant->second.by_kind[static_cast<uint8_t>(purge.kind)];
  auto times = texts.find(purge.text);
  if (times == texts.end()) {
    times = texts.try_emplace(std::string(purge.text)).first;
    if (purge.kind == PurgeKind::prefix) ++tenant->second.prefix_lengths[purge.text.size()];
    ++tenant->second.entries;
    ++entries_;
  }
  Generation& time = purge.soft ? times->second.soft : times->second.hard;
  time = std::max(time, purge.generation);
  (void)advance(purge.generation, 0);
  // After the entry: who sees it looks for the entry under the lock.
  newest_.store(std::max(newest_.load(std::memory_order_relaxed), purge.generation),
                std::memory_order_release);
  if (entries_ > entries_max_) bound();
}

void PurgeTable::set_floor(Generation floor) {
  const std::unique_lock lock(mutex_);
  (void)advance(floor, 0);
  floor_.store(std::max(floor_.load(std::memory_order_relaxed), floor), std::memory_order_release);
}

// The tenant with most of them gives up the older half, for a purge of all that it had then: that
// is more than was asked for, never less.
void PurgeTable::bound() {
  const auto most = std::max_element(tenants_.begin(), tenants_.end(), [](auto& a, auto& b) {
    return a.second.entries < b.second.entries;
  });
  entries_ -= most->second.entries;
  most->second.drop_older_half();
  entries_ += most->second.entries;
}

void PurgeTable::Tenant::drop_older_half() {
  std::vector<Generation> ages;
  for (const auto& texts : by_kind)
    for (const auto& [text, times] : texts) ages.push_back(std::max(times.hard, times.soft));
  const auto middle = ages.begin() + static_cast<std::ptrdiff_t>(ages.size() / 2);
  std::nth_element(ages.begin(), middle, ages.end());
  const Generation floor = *middle;
  for (auto& texts : by_kind)
    std::erase_if(texts, [&](const auto& entry) {
      return std::max(entry.second.hard, entry.second.soft) <= floor;
    });
  auto& all = by_kind[static_cast<uint8_t>(PurgeKind::prefix)][""];
  all.hard = std::max(all.hard, floor);
  prefix_lengths.clear();
  for (const auto& [text, times] : by_kind[static_cast<uint8_t>(PurgeKind::prefix)])
    ++prefix_lengths[text.size()];
  entries = 0;
  for (const auto& texts : by_kind) entries += texts.size();
}

PurgeVerdict PurgeTable::check(Generation fetched, std::string_view tenant, std::string_view key,
                               std::span<const std::string_view> tags) const {
  if (fetched < floor_.load(std::memory_order_acquire)) return PurgeVerdict::gone;
  if (fetched > clock_.load(std::memory_order_acquire)) return PurgeVerdict::gone;
  if (fetched >= newest_.load(std::memory_order_acquire)) return PurgeVerdict::valid;
  const std::shared_lock lock(mutex_);
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? PurgeVerdict::valid : found->second.check(fetched, key, tags);
}

PurgeVerdict PurgeTable::Tenant::check(Generation fetched, std::string_view key,
                                       std::span<const std::string_view> tags) const {
  PurgeVerdict verdict = PurgeVerdict::valid;
  const auto look = [&](PurgeKind kind, std::string_view text) {
    const auto& texts = by_kind[static_cast<uint8_t>(kind)];
    const auto times = texts.find(text);
    if (times != texts.end()) verdict = std::max(verdict, times->second.verdict(fetched));
  };
  look(PurgeKind::key, key);
  for (const auto& [length, count] : prefix_lengths) {
    if (length > key.size()) break;
    look(PurgeKind::prefix, key.substr(0, length));
  }
  for (const std::string_view tag : tags) look(PurgeKind::tag, tag);
  return verdict;
}

size_t PurgeTable::entries() const {
  const std::shared_lock lock(mutex_);
  return entries_;
}

}  // namespace fce
