// SPDX-License-Identifier: Apache-2.0
// ZoneBuilder: makes a zone record by record, and refuses what could not be served.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "geo/dns_name.h"
#include "geo/dns_types.h"
#include "geo/zone.h"

namespace fce {

class ZoneBuilder {
 public:
  static constexpr uint32_t kTtlMax = INT32_MAX;  // RFC 2181 section 8

  // `geo_sets` are the names of the sets of nodes, by their numbers. They outlive the builder.
  ZoneBuilder(const DnsName& apex, std::span<const std::string> geo_sets);
  ~ZoneBuilder();

  // What fails leaves the zone as it was. `data` is of the wire, its names uncompressed. A record
  // that is there already is not added twice; of different TTLs of a set the lowest counts.
  Status add(const DnsName& owner, DnsType type, uint32_t ttl, std::string_view data);
  // The data as in a zone file, which may be "\# SIZE HEX" (RFC 3597); names are relative to the
  // apex. Of GEO it is the name of a set, with or without quotes.
  Status add_text(std::string_view owner, std::string_view type, uint32_t ttl,
                  std::string_view text);
  Status add_geo(const DnsName& owner, uint32_t ttl, std::string_view set);

  // Looks at the zone as a whole, too. The builder stays as it is.
  Status build(std::shared_ptr<const Zone>* out) const;

  const DnsName& apex() const { return apex_; }

 private:
  struct SetDraft;
  struct NodeDraft;
  using Nodes = std::map<std::string, NodeDraft, std::less<>>;

  // Finds or makes the set that a record goes to.
  Status set_for(const DnsName& owner, DnsType type, uint32_t ttl, SetDraft** out);
  Status check_owner(const DnsName& owner, DnsType type) const;
  void fill(Zone* zone) const;
  void fill_node(std::string_view key, const NodeDraft& draft, Zone* zone) const;
  static void make_table(Zone* zone);
  // What it needs to know of names above it; they are found by the table.
  static void link_node(Zone* zone, Zone::Node* node);

  const DnsName apex_;
  const std::span<const std::string> geo_sets_;
  Nodes nodes_;  // by their names in lower case
};

}  // namespace fce
