// SPDX-License-Identifier: Apache-2.0
#include "pubsub/audience.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/fatal.h"
#include "pubsub/key.h"

namespace fce {
namespace {

bool contains(std::span<const uint64_t> sorted, uint64_t hash) {
  return std::binary_search(sorted.begin(), sorted.end(), hash);
}

bool meet(std::span<const uint64_t> a, std::span<const uint64_t> b) {
  if (a.size() > b.size()) std::swap(a, b);
  return std::any_of(a.begin(), a.end(), [&](uint64_t hash) { return contains(b, hash); });
}

}  // namespace

uint64_t name_hash(std::string_view name) {
  const uint64_t hash = siphash(process_hash_key(), name);
  return hash != 0 ? hash : 1;
}

std::vector<uint64_t> name_hashes(std::span<const std::string> names) {
  std::vector<uint64_t> hashes;
  hashes.reserve(names.size());
  for (const std::string& name : names) hashes.push_back(name_hash(name));
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  return hashes;
}

Filter::Filter(const Who& who)
    : user_name_(who.user),
      user_(who.user.empty() ? 0 : name_hash(who.user)),
      groups_(name_hashes(who.groups)),
      blocked_(who.blocked.begin(), who.blocked.end()) {}

bool Filter::admits(const AudienceHashes& audience) const {
  if (last_serial_ == audience.serial) return last_admitted_;
  const uint64_t* list = audience.list();
  const std::span groups(list, audience.groups);
  const std::span users(list + audience.groups, audience.users);
  const std::span exclude(list + audience.groups + audience.users, audience.exclude);
  bool admitted = groups.empty() && users.empty();
  if (!admitted) admitted = (user_ != 0 && contains(users, user_)) || meet(groups, groups_);
  if (user_ != 0 && contains(exclude, user_)) admitted = false;
  if (audience.author != 0 && contains(blocked_, audience.author)) admitted = false;
  last_serial_ = audience.serial;
  last_admitted_ = admitted;
  return admitted;
}

uint64_t Filter::hash() const {
  uint64_t hash = user_ + groups_.size() * 0x9e3779b97f4a7c15;
  for (const auto* list : {&groups_, &blocked_})
    for (const uint64_t name : *list) hash = hash * 0x100000001b3 ^ name;
  return hash;
}

void FilterRef::release() {
  if (filter_ && --filter_->refs_ == 0) filter_->table_->drop(filter_);
  filter_ = nullptr;
}

FilterTable::~FilterTable() {
  if (!filters_.empty()) fatal("a filter is still in use");
}

FilterRef FilterTable::get(const Filter::Who& who) {
  if (who.user.empty() && who.groups.empty() && who.blocked.empty()) return {};
  auto fresh = std::make_unique<Filter>(who);
  const uint64_t hash = fresh->hash();
  const auto [begin, end] = filters_.equal_range(hash);
  for (auto it = begin; it != end; ++it)
    if (*it->second == *fresh) return FilterRef(it->second.get());
  fresh->table_ = this;
  return FilterRef(filters_.emplace(hash, std::move(fresh))->second.get());
}

void FilterTable::drop(Filter* filter) {
  const auto [begin, end] = filters_.equal_range(filter->hash());
  for (auto it = begin; it != end; ++it) {
    if (it->second.get() != filter) continue;
    filters_.erase(it);
    return;
  }
}

}  // namespace fce
