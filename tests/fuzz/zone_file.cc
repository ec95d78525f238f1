// SPDX-License-Identifier: Apache-2.0
// A master file. What is taken is a zone in which each name is found, with data of its type.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "geo/dns_name.h"
#include "geo/rdata.h"
#include "geo/zone_file.h"

using namespace fce;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_node(const Zone& zone, const Zone::Node& node) {
  const Bytes wire = zone.name(node);
  DnsName name, again;
  require(DnsName::from_wire(wire, &name));
  require(DnsName::parse(name.text(), DnsName(), &again) == Status::ok);
  require(as_text(again.wire()) == as_text(wire));
  const DnsKey key(wire);
  require(zone.node(key, key.labels()) == &node);
  const Zone::Found found = zone.find(key, DnsType::a);
  require(found.match == Zone::Match::delegated || found.node == &node);
  for (const RrSet& set : zone.sets(node))
    for (size_t i = 0; i < set.count; ++i) require(valid_rdata(set.type, zone.data(set, i)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<std::string> kSets = {"all", "eu"};
  DnsName apex;
  require(DnsName::parse("example.", DnsName(), &apex) == Status::ok);
  std::shared_ptr<const Zone> zone;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (parse_zone(text, "zone", apex, kSets, &zone) != Status::ok) {
    require(std::string_view(last_error()).substr(0, 5) == "zone:");
    return 0;
  }
  require(dns_names_equal(zone->apex(), apex.wire()));
  require(zone->soa().count == 1);
  for (const Zone::Node& node : zone->nodes()) check_node(*zone, node);
  return 0;
}
