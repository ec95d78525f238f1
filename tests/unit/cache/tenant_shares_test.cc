// SPDX-License-Identifier: Apache-2.0
#include "cache/tenant_shares.h"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "index_support.h"

using namespace fce;
using namespace fce::test;

namespace {

TenantSharesOptions options(uint64_t bytes_max, double share, uint32_t tenants_max = 100) {
  return {bytes_max, share, tenants_max};
}

// Stores as the disk store does: reserve, or make room and reserve again.
class Store {
 public:
  explicit Store(const TenantSharesOptions& options) : shares(options) {}

  bool put(uint64_t tenant, uint64_t number, uint64_t bytes, uint32_t frequency = 0) {
    auto reserved = shares.reserve(tenant, bytes);
    if (!reserved) {
      if (!sweep.make_room(index, shares, tenant, bytes, &erased)) return false;
      reserved = shares.reserve(tenant, bytes);
    }
    if (!reserved) return false;
    IndexEntry entry = numbered_entry(number, {++segment, 0}, bytes);
    entry.tenant = *reserved;
    entry.frequency = frequency;
    if (const auto replaced = index.insert(entry))
      shares.release(replaced->tenant, replaced->bytes());
    return true;
  }

  Index index;
  TenantShares shares;
  ShareSweep sweep;
  std::vector<IndexEntry> erased;
  uint32_t segment = 0;
};

}  // namespace

TEST_CASE("a share is exact to the byte") {
  TenantShares shares(options(1000, 0.5));
  const auto a = shares.reserve(1, 400);
  REQUIRE(a);
  CHECK(shares.reserve(1, 100) == a);
  CHECK_FALSE(shares.reserve(1, 1));
  CHECK(shares.live_bytes(1) == 500);
  CHECK(shares.stats().refused_share == 1);
  const auto b = shares.reserve(2, 500);
  REQUIRE(b);
  CHECK(b != a);
  CHECK(shares.live_bytes() == 1000);
  shares.release(*a, 1);
  CHECK(shares.reserve(1, 1) == a);
  CHECK_FALSE(shares.reserve(3, UINT64_MAX));
  CHECK(shares.excess(1, 10) == 10);
  CHECK(shares.excess(1, 500) == 500);
  CHECK_FALSE(shares.excess(1, 501));
  CHECK(shares.excess(3, 500) == 0);
}

TEST_CASE("a tenant may have a share of its own, more or less or none") {
  TenantShares shares(options(1000, 0.5));
  shares.set_share(1, 0.9);
  shares.set_share(2, 0);
  shares.set_share(3, 2);
  CHECK(shares.reserve(1, 900));
  CHECK_FALSE(shares.reserve(1, 1));
  CHECK_FALSE(shares.reserve(2, 1));
  CHECK(shares.share_bytes(3) == 1000);
  CHECK(shares.share_bytes(4) == 500);
}

TEST_CASE("a share that is lowered lets nothing in until there is less") {
  TenantShares shares(options(1000, 1));
  const uint32_t number = shares.reserve(1, 800).value();
  CHECK_FALSE(shares.over(number));
  shares.set_share(1, 0.5);
  CHECK(shares.over(number));
  CHECK_FALSE(shares.reserve(1, 1));
  CHECK(shares.excess(1, 100) == 400);
  shares.release(number, 300);
  CHECK_FALSE(shares.over(number));
  CHECK_FALSE(shares.reserve(1, 1));
  shares.release(number, 1);
  CHECK(shares.reserve(1, 1));
}

TEST_CASE("numbers of tenants that have nothing any more are given again") {
  TenantShares shares(options(1000, 1, 2));
  const uint32_t a = shares.reserve(1, 10).value();
  REQUIRE(shares.reserve(2, 10));
  CHECK_FALSE(shares.reserve(3, 10));
  CHECK(shares.stats().refused_tenants == 1);
  // Not while somebody goes by it.
  REQUIRE(shares.pin(1) == a);
  shares.release(a, 10);
  CHECK_FALSE(shares.reserve(3, 10));
  CHECK(shares.reserve(1, 10) == a);
  shares.release(a, 10);
  shares.unpin(a);
  CHECK_FALSE(shares.pin(1));
  CHECK(shares.reserve(3, 10) == a);
  CHECK(shares.live_bytes(3) == 10);
  CHECK(shares.live_bytes(1) == 0);
}

TEST_CASE("a full tenant makes room by its own objects, the old and cold ones") {
  Store store(options(1'000'000, 0.5));
  // Another's, which are older and colder.
  for (uint64_t i = 0; i < 300; ++i) REQUIRE(store.put(2, 10'000 + i, 1600));
  for (uint64_t i = 0; i < 312; ++i) REQUIRE(store.put(1, i, 1600, i % 4 == 0 ? 3 : 0));
  CHECK(store.erased.empty());
  for (uint64_t i = 312; i < 400; ++i) REQUIRE(store.put(1, i, 1600));
  CHECK(store.shares.live_bytes(1) <= 500'000);
  CHECK(store.shares.live_bytes(2) == 480'000);
  CHECK(store.erased.size() >= 88);
  CHECK(store.erased.size() <= 88 + 10);
  for (const IndexEntry& entry : store.erased) {
    REQUIRE(store.shares.pin(1) == entry.tenant);
    store.shares.unpin(entry.tenant);
    REQUIRE_FALSE(store.index.peek(entry.key));
  }
  size_t hot = 0;
  for (uint64_t i = 0; i < 312; i += 4) hot += store.index.peek(numbered_key(i)).has_value();
  CHECK(hot == 78);
}

TEST_CASE("of those that were not hit, those in the oldest segments go first") {
  Index index;
  TenantShares shares(options(100'000, 1));
  ShareSweep sweep;
  // All in one stripe, so that the order among them is what decides.
  for (uint64_t i = 0; i < 60; ++i) {
    IndexEntry entry = numbered_entry(
        i, {static_cast<uint32_t>(1000 - i / 2), static_cast<uint32_t>(1 - i % 2)}, 1600);
    entry.key.low = 17;
    entry.tenant = shares.reserve(1, 1600).value();
    index.insert(entry);
  }
  std::vector<IndexEntry> erased;
  REQUIRE(sweep.make_room(index, shares, 1, 13'600, &erased));
  REQUIRE(erased.size() == 6);
  for (uint64_t i = 0; i < 6; ++i) CHECK(erased[i].key.high == numbered_key(59 - i).high);
}

TEST_CASE("a share of hot objects only still gives") {
  Store store(options(100'000, 1));
  for (uint64_t i = 0; i < 62; ++i) REQUIRE(store.put(1, i, 1600, 3));
  for (uint64_t i = 100; i < 200; ++i) {
    REQUIRE(store.put(1, i, 1600, 3));
    REQUIRE(store.shares.live_bytes(1) <= 100'000);
  }
  CHECK_FALSE(store.put(1, 1, 100'016));
  CHECK(store.shares.live_bytes(1) > 90'000);
}

TEST_CASE("what is reserved and released by many tenants adds up") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    std::mt19937_64 random(seed);
    Store store(options(400'000, 0.1, 50));
    for (int i = 0; i < 20'000; ++i) {
      const uint64_t number = random() % 3000;
      const uint64_t tenant = number % 40;
      if (random() % 8 == 0) {
        if (const auto gone = store.index.erase(numbered_key(number)))
          store.shares.release(gone->tenant, gone->bytes());
      } else {
        REQUIRE(store.put(tenant, number, 16 * (1 + random() % 100), random() % 4));
        REQUIRE(store.shares.live_bytes(tenant) <= 40'000);
      }
    }
    std::map<uint64_t, uint64_t> live;
    for (uint64_t number = 0; number < 3000; ++number)
      if (const auto entry = store.index.peek(numbered_key(number)))
        live[number % 40] += entry->bytes();
    for (uint64_t tenant = 0; tenant < 40; ++tenant)
      REQUIRE(store.shares.live_bytes(tenant) == live[tenant]);
  }
}

TEST_CASE("threads cannot reserve more than the share together") {
  TenantShares shares(options(10'000, 0.5, 4));
  std::atomic<uint64_t> most{0};
  std::atomic<bool> misnumbered{false};
  const auto work = [&](uint64_t seed) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < 20'000; ++i) {
      const uint64_t tenant = random() % 3;
      const uint64_t bytes = 16 * (1 + random() % 100);
      const auto number = shares.reserve(tenant, bytes);
      if (!number) continue;
      if (*number > 2) misnumbered = true;
      const uint64_t live = shares.live_bytes(tenant);
      if (live > most) most = live;
      shares.release(*number, bytes);
    }
  };
  std::vector<std::thread> threads;
  for (uint64_t seed = 1; seed <= 4; ++seed) threads.emplace_back(work, seed);
  for (std::thread& thread : threads) thread.join();
  CHECK(most <= 5000);
  CHECK(most > 0);
  CHECK_FALSE(misnumbered);
  CHECK(shares.live_bytes() == 0);
}
