// SPDX-License-Identifier: Apache-2.0
// The index against a map: random operations, also on keys that all want the same slots.
#include <doctest/doctest.h>

#include <map>
#include <random>

#include "cache/index.h"
#include "index_support.h"

using namespace fce;
using namespace fce::test;

namespace {

bool same(const std::optional<IndexEntry>& a, const IndexEntry* b) {
  if (!a || !b) return !a && !b;
  return a->key == b->key && a->at == b->at && a->size_units == b->size_units &&
         a->tenant == b->tenant && a->frequency == b->frequency && a->verified == b->verified;
}

class Model {
 public:
  explicit Model(uint64_t seed) : random_(seed) {}

  // One operation on both; false when they differ.
  bool step(const ObjectKey& key) {
    const auto at = entries_.find(key);
    IndexEntry* entry = at == entries_.end() ? nullptr : &at->second;
    const Location seen = entry && random_() % 4 ? entry->at : Location{1u << 31, 0};
    switch (random_() % 10) {
      case 0:
      case 1: return insert(key, entry);
      case 2: return insert_new(key, entry);
      case 3: return insert_over(key, entry, seen);
      case 4: return erase(key, entry, index_.erase(key));
      case 5: {
        const bool is = entry && entry->at == seen;
        return erase(key, is ? entry : nullptr, index_.erase_if(key, seen));
      }
      case 6: return move(key, entry, seen);
      case 7: {
        const bool is = entry && entry->at == seen;
        if (is) entry->verified = 1;
        return index_.mark(key, seen, IndexMark::verified, true) == is;
      }
      default:
        if (entry && entry->frequency < 3) ++entry->frequency;
        return same(index_.find(key), entry);
    }
  }
  bool all_same() const {
    if (index_.size() != entries_.size()) return false;
    for (const auto& [key, entry] : entries_)
      if (!same(index_.peek(key), &entry)) return false;
    return true;
  }
  void erase_all() {
    for (const auto& [key, entry] : entries_) REQUIRE(same(index_.erase(key), &entry));
    entries_.clear();
  }

 private:
  IndexEntry fresh(const ObjectKey& key) {
    IndexEntry entry;
    entry.key = key;
    entry.at = {static_cast<uint32_t>(random_() >> 33), static_cast<uint32_t>(random_())};
    entry.size_units = static_cast<uint32_t>(random_() | 1);
    entry.tenant = random_() & 0xffffff;
    return entry;
  }
  bool insert(const ObjectKey& key, const IndexEntry* before) {
    IndexEntry entry = fresh(key);
    const bool right = same(index_.insert(entry), before);
    if (before) entry.frequency = before->frequency;
    entries_[key] = entry;
    return right;
  }
  bool insert_new(const ObjectKey& key, const IndexEntry* before) {
    const IndexEntry entry = fresh(key);
    const bool right = same(index_.insert_new(entry), before);
    entries_.emplace(key, entry);
    return right;
  }
  bool insert_over(const ObjectKey& key, IndexEntry* before, const Location& seen) {
    const IndexEntry entry = fresh(key);
    const bool is = before && before->at == seen;
    if (is) *before = entry;
    return index_.insert_over(entry, seen) == is;
  }
  bool erase(const ObjectKey& key, const IndexEntry* before,
             const std::optional<IndexEntry>& erased) {
    const bool right = same(erased, before);
    if (before) entries_.erase(key);
    return right;
  }
  bool move(const ObjectKey& key, IndexEntry* entry, const Location& seen) {
    const Location to{static_cast<uint32_t>(random_() >> 33), static_cast<uint32_t>(random_())};
    const uint32_t frequency = random_() % 4;
    const bool is = entry && entry->at == seen;
    if (is) entry->at = to, entry->frequency = frequency;
    return index_.move(key, seen, to, frequency) == is;
  }

  std::mt19937_64 random_;
  Index index_;
  std::map<ObjectKey, IndexEntry> entries_;
};

// Runs with keys that `key_of` makes of numbers below `keys`.
template <class F>
void run(uint64_t seed, uint64_t keys, size_t steps, F&& key_of) {
  Model model(seed);
  std::mt19937_64 random(seed + 1);
  for (size_t i = 0; i < steps; ++i) {
    REQUIRE(model.step(key_of(random() % keys)));
    if (i % (steps / 10) == 0) REQUIRE(model.all_same());
  }
  REQUIRE(model.all_same());
  model.erase_all();
  REQUIRE(model.all_same());
}

}  // namespace

TEST_CASE("the index does what a map does") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    run(seed, 300, 20'000, numbered_key);
    run(seed, 20'000, 60'000, numbered_key);
  }
}

TEST_CASE("the index does what a map does when all keys are of one stripe") {
  run(7, 2000, 100'000, [](uint64_t number) { return ObjectKey{spread(number), 17}; });
}

TEST_CASE("the index does what a map does when all keys want the last slot") {
  run(8, 300, 20'000, [](uint64_t number) { return ObjectKey{UINT64_MAX - number, 0}; });
}

TEST_CASE("the index does what a map does when all keys want the first slot") {
  run(9, 300, 20'000, [](uint64_t number) { return ObjectKey{0, number << 8}; });
}
