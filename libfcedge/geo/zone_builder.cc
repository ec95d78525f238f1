// SPDX-License-Identifier: Apache-2.0
#include "geo/zone_builder.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <set>
#include <unordered_set>
#include <utility>

#include "geo/rdata.h"
#include "geo/rdata_text.h"
#include "geo/zone_check.h"
#include "geo/zone_lexer.h"

namespace fce {

struct ZoneBuilder::SetDraft {
  DnsType type;
  uint32_t ttl;
  uint16_t geo_set = 0;
  std::vector<std::string> data;
  std::unordered_set<std::string> known;  // the data as they are compared
  size_t bytes = 0;                       // of its records in a message
};

struct ZoneBuilder::NodeDraft {
  std::string name;  // as it was written first
  std::vector<SetDraft> sets;
};

namespace {

std::string lower(std::string_view name) {
  std::string out(name);
  for (char& c : out) c = ascii_lower(c);
  return out;
}

// What would have to be obeyed and is not, or is obsolete: SIG, KEY, NXT, A6 and DNAME.
bool is_left_out(DnsType type) {
  constexpr uint16_t kNumbers[] = {24, 25, 30, 38, 39};
  return std::find(std::begin(kNumbers), std::end(kNumbers), static_cast<uint16_t>(type)) !=
         std::end(kNumbers);
}

// What is made when it is asked for, or is no record at all.
bool is_ours(DnsType type) {
  const auto number = static_cast<uint16_t>(type);
  const bool question_only = number == 0 || (number >= 128 && number <= 255);
  return question_only || type == DnsType::opt || type == DnsType::rrsig || type == DnsType::nsec ||
         type == DnsType::dnskey || number == 50 || number == 51;
}

bool is_address(DnsType type) { return type == DnsType::a || type == DnsType::aaaa; }

// Whether records of both types may have one name (RFC 1034 section 3.6.2): besides an alias there
// is nothing, and nodes of a set are addresses.
bool may_stand_together(DnsType a, DnsType b) {
  if (a == DnsType::cname || b == DnsType::cname) return a == b;
  const bool geo = a == DnsType::geo || b == DnsType::geo;
  return !geo || !(is_address(a) || is_address(b));
}

// Of a record in a message besides its data, its owner being a pointer to the question.
constexpr size_t kRecordBytes = 12;

// What a message over TCP has for records besides its header and the question.
size_t answer_room(const DnsName& owner) {
  constexpr size_t kHeaderBytes = 12, kQuestionBytes = 4;
  return UINT16_MAX - kHeaderBytes - kQuestionBytes - owner.wire().size();
}

Status refuse(const DnsName& owner, const std::string& sentence) {
  return fail(Status::invalid, owner.text() + ": " + sentence);
}

}  // namespace

ZoneBuilder::ZoneBuilder(const DnsName& apex, std::span<const std::string> geo_sets)
    : apex_(apex), geo_sets_(geo_sets) {}

ZoneBuilder::~ZoneBuilder() = default;

Status ZoneBuilder::check_owner(const DnsName& owner, DnsType type) const {
  if (!dns_name_within(owner.wire(), apex_.wire()))
    return refuse(owner, "it is not in the zone " + apex_.text());
  if (is_ours(type) || is_left_out(type))
    return refuse(owner, dns_type_text(type) + " cannot be in a zone");
  if (type == DnsType::soa && !dns_names_equal(owner.wire(), apex_.wire()))
    return refuse(owner, "SOA belongs to the zone's own name");
  if (type == DnsType::ds && dns_names_equal(owner.wire(), apex_.wire()))
    return refuse(owner, "DS of a zone belongs to the zone above it");
  if (type == DnsType::ns && is_dns_wildcard(owner.wire()))
    return refuse(owner, "a wildcard cannot be delegated (RFC 4592 section 4.2)");
  return Status::ok;
}

Status ZoneBuilder::set_for(const DnsName& owner, DnsType type, uint32_t ttl, SetDraft** out) {
  if (const Status status = check_owner(owner, type); status != Status::ok) return status;
  if (ttl > kTtlMax) return refuse(owner, "the TTL is more than 2147483647");
  const std::string_view name = as_text(owner.wire());
  NodeDraft& node = nodes_[lower(name)];
  for (const SetDraft& other : node.sets)
    if (!may_stand_together(type, other.type))
      return refuse(owner,
                    dns_type_text(type) + " cannot stand beside " + dns_type_text(other.type));
  if (node.sets.empty()) node.name = name;
  auto set = std::find_if(node.sets.begin(), node.sets.end(),
                          [&](const SetDraft& one) { return one.type == type; });
  if (set == node.sets.end()) {
    node.sets.push_back({type, ttl, 0, {}, {}, 0});
    set = node.sets.end() - 1;
  }
  *out = &*set;
  return Status::ok;
}

Status ZoneBuilder::add(const DnsName& owner, DnsType type, uint32_t ttl, std::string_view data) {
  if (type == DnsType::geo) return add_geo(owner, ttl, data);
  if (!valid_rdata(type, as_bytes(data)))
    return refuse(owner, "this is no data of " + dns_type_text(type));
  SetDraft* set = nullptr;
  if (const Status status = set_for(owner, type, ttl, &set); status != Status::ok) return status;
  const bool single = type == DnsType::soa || type == DnsType::cname;
  std::string canonical = canonical_rdata(type, as_bytes(data));
  const bool known = set->known.count(canonical) > 0;
  if (single && !set->data.empty() && !known)
    return refuse(owner, "there is another " + dns_type_text(type));
  if (!known && set->bytes + kRecordBytes + data.size() > answer_room(owner))
    return refuse(owner, "its " + dns_type_text(type) + " are more than a message can hold");
  set->ttl = std::min(set->ttl, ttl);
  if (known) return Status::ok;
  set->bytes += kRecordBytes + data.size();
  set->known.insert(std::move(canonical));
  set->data.emplace_back(data);
  return Status::ok;
}

Status ZoneBuilder::add_geo(const DnsName& owner, uint32_t ttl, std::string_view set) {
  const auto found = std::find(geo_sets_.begin(), geo_sets_.end(), set);
  if (found == geo_sets_.end())
    return refuse(owner, "there is no set of nodes \"" + std::string(set) + "\"");
  const auto number = static_cast<uint16_t>(found - geo_sets_.begin());
  SetDraft* draft = nullptr;
  if (const Status status = set_for(owner, DnsType::geo, ttl, &draft); status != Status::ok)
    return status;
  // The draft keeps the name as its data, so that a second one is seen.
  if (!draft->data.empty() && draft->data[0] != set) return refuse(owner, "there is another GEO");
  draft->ttl = std::min(draft->ttl, ttl);
  draft->geo_set = number;
  draft->data.assign(1, std::string(set));
  return Status::ok;
}

Status ZoneBuilder::add_text(std::string_view owner, std::string_view type, uint32_t ttl,
                             std::string_view text) {
  DnsName name;
  if (const Status status = DnsName::parse(owner, apex_, &name); status != Status::ok)
    return status;
  DnsType of{};
  if (!parse_dns_type(type, &of))
    return refuse(name, "there is no type \"" + std::string(type) + "\"");
  ZoneLexer lexer(text);
  if (lexer.next() != ZoneLexer::Next::entry) return refuse(name, "there is no data");
  std::string data;
  if (const Status status = parse_rdata(of, lexer.tokens(), apex_, &data); status != Status::ok)
    return refuse(name, last_error());
  if (lexer.next() != ZoneLexer::Next::end) return refuse(name, "there are several lines of data");
  return add(name, of, ttl, data);
}

void ZoneBuilder::fill_node(std::string_view key, const NodeDraft& draft, Zone* zone) const {
  const std::string_view name = draft.sets.empty() ? key : draft.name;
  const DnsKey hashed(as_bytes(name));
  Zone::Node node;
  node.hash = hashed.hash(hashed.labels());
  node.labels = static_cast<uint8_t>(hashed.labels());
  node.name_at = static_cast<uint32_t>(zone->bytes_.size());
  node.name_bytes = static_cast<uint8_t>(name.size());
  node.first_set = static_cast<uint32_t>(zone->sets_.size());
  node.sets = static_cast<uint32_t>(draft.sets.size());
  const auto append = [&](std::string_view text) {
    const Bytes bytes = as_bytes(text);
    zone->bytes_.insert(zone->bytes_.end(), bytes.begin(), bytes.end());
  };
  append(name);
  for (const SetDraft& set : draft.sets) {
    const bool geo = set.type == DnsType::geo;
    zone->sets_.push_back({set.type, set.geo_set, set.ttl,
                           static_cast<uint32_t>(zone->records_.size()),
                           geo ? 0 : static_cast<uint32_t>(set.data.size())});
    for (size_t i = 0; i < set.data.size() && !geo; ++i) {
      zone->records_.push_back(
          {static_cast<uint32_t>(zone->bytes_.size()), static_cast<uint16_t>(set.data[i].size())});
      append(set.data[i]);
    }
  }
  zone->labels_max_ = std::max<size_t>(zone->labels_max_, node.labels);
  zone->nodes_.push_back(node);
}

void ZoneBuilder::fill(Zone* zone) const {
  static const NodeDraft kEmpty;
  const std::string apex = lower(as_text(apex_.wire()));
  fill_node(apex, nodes_.at(apex), zone);
  std::set<std::string_view> above;  // empty non-terminals
  for (const auto& [key, draft] : nodes_) {
    if (key == apex) continue;
    fill_node(key, draft, zone);
    Bytes name = dns_parent(as_bytes(key));
    for (; name.size() > apex.size(); name = dns_parent(name))
      if (nodes_.find(as_text(name)) == nodes_.end() && above.insert(as_text(name)).second)
        fill_node(as_text(name), kEmpty, zone);
  }
}

void ZoneBuilder::make_table(Zone* zone) {
  zone->table_.assign(std::bit_ceil(2 * zone->nodes_.size()), Zone::Node::kNone);
  const size_t mask = zone->table_.size() - 1;
  for (uint32_t i = 0; i < zone->nodes_.size(); ++i) {
    size_t slot = zone->nodes_[i].hash & mask;
    while (zone->table_[slot] != Zone::Node::kNone) slot = (slot + 1) & mask;
    zone->table_[slot] = i;
  }
}

void ZoneBuilder::link_node(Zone* zone, Zone::Node* node) {
  const Zone::Node* first = zone->nodes_.data();
  const DnsKey key(zone->name(*node));
  for (size_t labels = first->labels + size_t{1}; labels <= node->labels; ++labels) {
    const Zone::Node* at = zone->node(key, labels);
    if (!zone->set(*at, DnsType::ns)) continue;
    node->cut = static_cast<uint32_t>(at - first);
    break;
  }
  if (!is_dns_wildcard(zone->name(*node)) || node == first) return;
  const Zone::Node* parent = zone->node(key, node->labels - size_t{1});
  zone->nodes_[static_cast<size_t>(parent - first)].wildcard = static_cast<uint32_t>(node - first);
}

Status ZoneBuilder::build(std::shared_ptr<const Zone>* out) const {
  const auto apex = nodes_.find(lower(as_text(apex_.wire())));
  const auto has = [&](DnsType type) {
    return apex != nodes_.end() &&
           std::any_of(apex->second.sets.begin(), apex->second.sets.end(),
                       [&](const SetDraft& set) { return set.type == type; });
  };
  if (!has(DnsType::soa)) return refuse(apex_, "the zone has no SOA");
  if (!has(DnsType::ns)) return refuse(apex_, "the zone has no NS");
  std::shared_ptr<Zone> zone(new Zone());
  fill(zone.get());
  make_table(zone.get());
  for (Zone::Node& node : zone->nodes_) link_node(zone.get(), &node);
  const RrSet& soa = zone->soa();
  const Bytes data = zone->data(soa, 0);
  zone->negative_ttl_ = std::min(soa.ttl, read_u32(data.data() + data.size() - 4));
  if (const Status status = check_zone(*zone); status != Status::ok) return status;
  *out = std::move(zone);
  return Status::ok;
}

}  // namespace fce
