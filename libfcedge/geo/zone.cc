// SPDX-License-Identifier: Apache-2.0
#include "geo/zone.h"

#include <algorithm>

#include "geo/dns_name.h"

namespace fce {

const Zone::Node* Zone::node(const DnsKey& key, size_t labels) const {
  const uint64_t hash = key.hash(labels);
  const size_t mask = table_.size() - 1;
  for (size_t slot = hash & mask; table_[slot] != Node::kNone; slot = (slot + 1) & mask) {
    const Node& node = nodes_[table_[slot]];
    if (node.hash == hash && dns_names_equal(name(node), key.suffix(labels))) return &node;
  }
  return nullptr;
}

Zone::Found Zone::find(const DnsKey& key, DnsType type) const {
  size_t labels = std::min(key.labels(), labels_max_);
  const Node* at = nullptr;
  // All names between one that there is and the apex are nodes, too: so this ends at the apex.
  while (!(at = node(key, labels))) --labels;
  const bool exact = labels == key.labels();
  if (at->cut != Node::kNone) {
    const Node& cut = nodes_[at->cut];
    const bool at_cut = exact && at == &cut;
    if (!at_cut || type != DnsType::ds) return {Match::delegated, &cut, nullptr};
  }
  if (exact) return {Match::exact, at, nullptr};
  if (at->wildcard == Node::kNone) return {Match::none, nullptr, at};
  return {Match::wildcard, &nodes_[at->wildcard], at};
}

const RrSet* Zone::set(const Node& node, DnsType type) const {
  for (const RrSet& set : sets(node))
    if (set.type == type) return &set;
  return nullptr;
}

}  // namespace fce
