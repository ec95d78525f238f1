// SPDX-License-Identifier: Apache-2.0
// NodeLists: lists of nodes, equal ones kept once: most cells have a list that others have, too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace fce {

class NodeLists {
 public:
  NodeLists() = default;
  NodeLists(const NodeLists&) = delete;
  NodeLists& operator=(const NodeLists&) = delete;

  uint32_t number_of(const std::vector<uint16_t>& nodes) {
    const auto [at, is_new] = numbers_.try_emplace(nodes, static_cast<uint32_t>(lists_.size()));
    if (is_new) lists_.push_back(&at->first);
    return at->second;
  }
  std::span<const uint16_t> at(uint32_t number) const { return *lists_[number]; }
  size_t size() const { return lists_.size(); }

 private:
  struct Hash {
    size_t operator()(const std::vector<uint16_t>& nodes) const {
      uint64_t hash = nodes.size();
      for (const uint16_t node : nodes) hash = (hash ^ node) * 0x9e37'79b9'7f4a'7c15;
      return static_cast<size_t>(hash ^ hash >> 32);
    }
  };
  std::unordered_map<std::vector<uint16_t>, uint32_t, Hash> numbers_;
  std::vector<const std::vector<uint16_t>*> lists_;
};

}  // namespace fce
