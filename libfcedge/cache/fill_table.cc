// SPDX-License-Identifier: Apache-2.0
#include "cache/fill_table.h"

#include "base/crypto.h"

namespace fce {
namespace {

// A tenant holds no NUL, so that no two names have the same text.
std::string text_of(const ObjectName& name) {
  std::string text;
  text.reserve(name.tenant.size() + name.key.size() + 1);
  text.append(name.tenant).append(1, '\0').append(name.key);
  return text;
}

}  // namespace

size_t FillTable::Hash::operator()(const std::string& text) const {
  static const std::array<uint8_t, 16> kKey = [] {
    std::array<uint8_t, 16> key;
    random_bytes(key);
    return key;
  }();
  return siphash(kKey, text);
}

FillTable::Stripe& FillTable::stripe_of(const std::string& key) {
  return stripes_[(Hash()(key) >> 32) % stripes_.size()];
}

std::shared_ptr<Fill> FillTable::make(const ObjectName& name, uint32_t shard, Loop& loop) const {
  auto fill = std::make_shared<Fill>(name, shards_);
  fill->set_driver_side(fill->side(shard, loop));
  (void)fill->add_interest();
  return fill;
}

FillTable::Joined FillTable::join(const ObjectName& name, uint32_t shard, Loop& loop) {
  std::string key = text_of(name);
  Stripe& stripe = stripe_of(key);
  const std::lock_guard lock(stripe.mutex);
  std::shared_ptr<Fill>& place = stripe.fills[std::move(key)];
  if (place && place->add_interest()) return {place, false};
  place = make(name, shard, loop);
  return {place, true};
}

std::shared_ptr<Fill> FillTable::alone(const ObjectName& name, uint32_t shard, Loop& loop) {
  return make(name, shard, loop);
}

void FillTable::remove(const std::shared_ptr<Fill>& fill) {
  const std::string key = text_of(fill->name());
  Stripe& stripe = stripe_of(key);
  const std::lock_guard lock(stripe.mutex);
  const auto found = stripe.fills.find(key);
  if (found != stripe.fills.end() && found->second == fill) stripe.fills.erase(found);
}

void FillTable::invalidate(const ObjectName& name) {
  const std::string key = text_of(name);
  Stripe& stripe = stripe_of(key);
  const std::lock_guard lock(stripe.mutex);
  const uint64_t change = changes_.fetch_add(1, std::memory_order_acq_rel) + 1;
  if (stripe.changed.size() >= kChangedMax) {
    stripe.forgotten = change;
    stripe.changed.clear();
  }
  stripe.changed[key] = change;
  const auto found = stripe.fills.find(key);
  if (found == stripe.fills.end()) return;
  found->second->invalidate();
  stripe.fills.erase(found);
}

bool FillTable::changed_since(const ObjectName& name, uint64_t changes) {
  const std::string key = text_of(name);
  Stripe& stripe = stripe_of(key);
  const std::lock_guard lock(stripe.mutex);
  if (changes < stripe.forgotten) return true;
  const auto found = stripe.changed.find(key);
  return found != stripe.changed.end() && changes < found->second;
}

void FillTable::mark_own(const ObjectName& name, uint64_t now_ms) {
  const std::string key = text_of(name);
  Stripe& stripe = stripe_of(key);
  const std::lock_guard lock(stripe.mutex);
  if (stripe.own.size() >= kOwnMax)
    std::erase_if(stripe.own, [&](const auto& entry) { return entry.second <= now_ms; });
  // Who is not known here is waited for once more, that is all.
  if (stripe.own.size() < kOwnMax) stripe.own[key] = now_ms + kOwnMs;
}

void FillTable::clear_own(const ObjectName& name) {
  const std::string key = text_of(name);
  Stripe& stripe = stripe_of(key);
  const std::lock_guard lock(stripe.mutex);
  stripe.own.erase(key);
}

bool FillTable::is_own(const ObjectName& name, uint64_t now_ms) {
  const std::string key = text_of(name);
  Stripe& stripe = stripe_of(key);
  const std::lock_guard lock(stripe.mutex);
  const auto found = stripe.own.find(key);
  return found != stripe.own.end() && found->second > now_ms;
}

}  // namespace fce
