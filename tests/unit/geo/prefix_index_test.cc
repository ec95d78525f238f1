// SPDX-License-Identifier: Apache-2.0
// The index against the plainest one that there is: a map from the first address of each range.
#include "geo/prefix_index.h"

#include <doctest/doctest.h>

#include <map>
#include <random>

using namespace fce;

namespace {

class Model {
 public:
  explicit Model(bool v6) : v6_(v6) { cells_[0] = 0; }

  void add(IpNumber first, uint32_t cell) { cells_[first] = cell; }
  void enter(PrefixIndex& index) const {
    for (const auto& range : cells_) index.add(v6_, range.first, range.second);
  }
  uint32_t cell(IpNumber ip) const { return std::prev(cells_.upper_bound(ip))->second; }
  // Whether all addresses of a prefix are in the cell of its first.
  bool same(IpNumber ip, uint8_t bits) const {
    const IpNumber first = ip_number(ip_prefix(v6_, ip, bits));
    const IpNumber last = last_of(v6_, first, bits);
    for (auto at = cells_.upper_bound(first); at != cells_.end() && at->first <= last; ++at)
      if (at->second != cell(first)) return false;
    return true;
  }
  const std::map<IpNumber, uint32_t>& cells() const { return cells_; }

 private:
  const bool v6_;
  std::map<IpNumber, uint32_t> cells_;
};

void check(const Model& model, const PrefixIndex& index, bool v6, IpNumber ip) {
  const PrefixMatch match = index.find(ip_prefix(v6, ip, address_bits(v6)));
  CHECK(match.cell == model.cell(ip));
  CHECK(model.same(ip, match.bits));
  if (match.bits > 0) CHECK_FALSE(model.same(ip, match.bits - 1));
}

IpNumber random_number(std::mt19937_64& random, bool v6) {
  const IpNumber number = IpNumber{random()} << 64 | random();
  return v6 ? number : number & 0xffff'ffff;
}

// Ranges of all sizes, near each other and far, at both ends of the address space too.
Model random_model(std::mt19937_64& random, bool v6, int depth_max) {
  Model model(v6);
  const IpNumber near = random_number(random, v6);
  for (int i = 0; i < 400; ++i) {
    const auto depth = static_cast<uint8_t>(1 + random() % static_cast<unsigned>(depth_max));
    IpNumber ip = random() % 2 ? random_number(random, v6) : near ^ (random() & 0xfff'ffff);
    if (random() % 20 == 0) ip = last_of(v6, 0, 0);
    model.add(ip_number(ip_prefix(v6, ip, depth)), static_cast<uint32_t>(random() % 5));
  }
  return model;
}

}  // namespace

TEST_CASE("prefix index: IPv4 agrees with a map, and its prefixes are the widest") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20; ++round) {
    const Model model = random_model(random, false, 32);
    PrefixIndex index;
    model.enter(index);
    index.finish();
    for (const auto& range : model.cells()) {
      check(model, index, false, range.first);
      if (range.first > 0) check(model, index, false, range.first - 1);
    }
    for (int i = 0; i < 300; ++i) check(model, index, false, random_number(random, false));
  }
}

TEST_CASE("prefix index: more ranges next to each other than any line of the cache holds") {
  std::mt19937_64 random(3);
  for (const bool v6 : {false, true}) {
    for (const unsigned step : {1u, 3u, 700u}) {
      Model model(v6);
      const IpNumber scale = v6 ? IpNumber{1} << 80 : 1, begin = (scale * 0x0b0b'0000)
                                                                 << (v6 ? 16 : 0);
      for (unsigned i = 0; i < 3000; ++i) model.add(begin + scale * i * step, 1 + random() % 3);
      model.add(begin + scale * 3000 * step, 0);
      PrefixIndex index;
      model.enter(index);
      index.finish();
      for (const auto& range : model.cells()) {
        check(model, index, v6, range.first);
        if (range.first > 0) check(model, index, v6, range.first - 1);
        check(model, index, v6, range.first + scale * (random() % step));
      }
    }
  }
}

TEST_CASE("prefix index: IPv6 agrees with a map, and its prefixes are the widest") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 40; ++round) {
    const Model model = random_model(random, true, round % 2 == 1 ? 128 : 64);
    PrefixIndex index;
    model.enter(index);
    index.finish();
    for (const auto& range : model.cells()) {
      check(model, index, true, range.first);
      if (range.first > 0) check(model, index, true, range.first - 1);
    }
    for (int i = 0; i < 300; ++i) check(model, index, true, random_number(random, true));
  }
}

TEST_CASE("prefix index: one that is empty, and one of a single cell") {
  PrefixIndex index;
  index.finish();
  CHECK(index.find(IpPrefix()).cell == 0);
  CHECK_FALSE(index.has(true));
  PrefixIndex single;
  for (const bool v6 : {false, true}) single.add(v6, 0, 7);
  single.finish();
  for (const bool v6 : {false, true}) {
    const PrefixMatch match = single.find(ip_prefix(v6, 12'345, address_bits(v6)));
    CHECK(match.cell == 7);
    CHECK(match.bits == 0);
  }
  CHECK(single.ranges() < 70'000);
}
