// SPDX-License-Identifier: Apache-2.0
// Zone: the records of one zone, immutable, made by ZoneBuilder. A search in it is a few looks into
// a table and allocates nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "geo/dns_key.h"
#include "geo/dns_types.h"

namespace fce {

// All records of one type that a name has.
struct RrSet {
  DnsType type{};
  uint16_t geo_set = 0;  // of DnsType::geo, which has no records
  uint32_t ttl = 0;
  uint32_t first = 0;  // record
  uint32_t count = 0;
};

class Zone {
 public:
  // A name that has records, or has names below it that do (an empty non-terminal).
  struct Node {
    static constexpr uint32_t kNone = UINT32_MAX;
    uint64_t hash = 0;
    uint32_t name_at = 0;
    uint8_t name_bytes = 0;
    uint8_t labels = 0;
    uint32_t first_set = 0;
    uint32_t sets = 0;
    uint32_t cut = kNone;       // the uppermost delegation at or above it
    uint32_t wildcard = kNone;  // the name "*" directly below it
  };

  enum class Match : uint8_t {
    exact,      // `node` is the name itself; it may have nothing of the type
    wildcard,   // `node` is the wildcard that stands for it (RFC 4592)
    none,       // there is no such name
    delegated,  // `node` is where another zone begins
  };
  struct Found {
    Match match = Match::none;
    const Node* node = nullptr;
    // Of `none`, and of `wildcard` above that: the longest name above it that there is.
    const Node* encloser = nullptr;
  };

  Bytes apex() const { return name(nodes_[0]); }
  const Node& apex_node() const { return nodes_[0]; }
  const RrSet& soa() const { return *set(nodes_[0], DnsType::soa); }
  // How long it may be remembered that something is not there (RFC 2308 section 5).
  uint32_t negative_ttl() const { return negative_ttl_; }

  // The key's name is the apex or below it. DS of a delegation belongs to this side of it.
  Found find(const DnsKey& key, DnsType type) const;
  // The node of the key's last `labels` labels, also below a delegation; null if there is none.
  const Node* node(const DnsKey& key, size_t labels) const;

  Bytes name(const Node& node) const {
    return Bytes(bytes_).subspan(node.name_at, node.name_bytes);
  }
  std::span<const RrSet> sets(const Node& node) const {
    return std::span(sets_).subspan(node.first_set, node.sets);
  }
  const RrSet* set(const Node& node, DnsType type) const;
  // Data of the wire, names uncompressed; `i` is less than the set's count.
  Bytes data(const RrSet& set, size_t i) const {
    const Record& record = records_[set.first + i];
    return Bytes(bytes_).subspan(record.at, record.bytes);
  }
  std::span<const Node> nodes() const { return nodes_; }

 private:
  friend class ZoneBuilder;  // fills it, before anybody else has it
  struct Record {
    uint32_t at;
    uint16_t bytes;
  };

  Zone() = default;

  std::vector<Node> nodes_;      // the apex first
  std::vector<uint32_t> table_;  // of nodes by their hash, a power of two
  std::vector<RrSet> sets_;
  std::vector<Record> records_;
  std::vector<uint8_t> bytes_;
  size_t labels_max_ = 0;  // of the longest name: longer ones need not be looked for
  uint32_t negative_ttl_ = 0;
};

}  // namespace fce
