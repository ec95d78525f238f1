// SPDX-License-Identifier: Apache-2.0
// include/fcedge/geo.h: where clients are sent.
#include <fcedge/geo.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/geo_map_in.h"
#include "engine/handles.h"
#include "engine/node_dns.h"
#include "engine/options.h"
#include "net/resolver.h"

using namespace fce;

namespace {

std::vector<std::string> words(const char* text) {
  std::vector<std::string> out;
  std::string_view rest = text ? text : "";
  for (;;) {
    const size_t begin = rest.find_first_not_of(" \t\n");
    if (begin == rest.npos) return out;
    const size_t end = std::min(rest.find_first_of(" \t\n", begin), rest.size());
    out.emplace_back(rest.substr(begin, end - begin));
    rest.remove_prefix(end);
  }
}

Status wrong(const char* what, const char* name, const std::string& why) {
  return fail(Status::invalid, std::string(what) + " \"" + text_of(name) + "\": " + why);
}

Status read_addresses(const fce_geo_node& known, GeoNode* out) {
  for (const std::string& text : words(known.addresses)) {
    PeerAddress address;
    if (!parse_ip(text, &address)) return wrong("geo node", known.name, text + " is no address");
    if (address.family == PeerAddress::Family::ipv6) {
      out->v6.push_back(address.ip);
    } else {
      auto& ip = out->v4.emplace_back();
      std::copy_n(address.ip.begin(), ip.size(), ip.begin());
    }
  }
  if (out->v4.empty() && out->v6.empty())
    return wrong("geo node", known.name, "it has no address to send anybody to");
  return Status::ok;
}

Status read_node(const fce_geo_node& given, GeoNode* out) {
  fce_geo_node known;
  if (const Status status = take_options(&given, &known); status != Status::ok) return status;
  if (known.state > FCE_GEO_DOWN) return wrong("geo node", known.name, "its state is 0, 1 or 2");
  out->name = text_of(known.name);
  out->region = text_of(known.region);
  out->latitude = known.latitude;
  out->longitude = known.longitude;
  if (known.weight) out->weight = known.weight;
  out->load = known.load_percent / 100.0;
  out->state = static_cast<NodeState>(known.state);
  return read_addresses(known, out);
}

Status read_override(const fce_geo_override& given, const char* set, GeoOverride* out) {
  fce_geo_override known;
  if (const Status status = take_options(&given, &known); status != Status::ok) return status;
  if (known.by > FCE_GEO_BY_CONTINENT) return wrong("geo set", set, "an override is by 0, 1 or 2");
  out->by = static_cast<GeoOverride::By>(known.by);
  out->code = text_of(known.value);
  out->nodes = words(known.nodes);
  if (known.by != FCE_GEO_BY_PREFIX) return Status::ok;
  Network network;
  const Status status = Network::parse(out->code, &network);
  if (status != Status::ok) return status;
  out->prefix.v6 = network.first.family == PeerAddress::Family::ipv6;
  out->prefix.bits = network.bits;
  std::copy_n(network.first.ip.begin(), out->prefix.v6 ? 16 : 4, out->prefix.ip.begin());
  return Status::ok;
}

Status read_set(const fce_geo_set& given, GeoSet* out) {
  fce_geo_set known;
  if (const Status status = take_options(&given, &known); status != Status::ok) return status;
  if (known.all_down > FCE_GEO_NONE) return wrong("geo set", known.name, "all_down is 0, 1 or 2");
  out->name = text_of(known.name);
  out->regions = words(known.regions);
  // A fence that lets everybody in because its text is blank would be none.
  if (known.regions && out->regions.empty())
    return wrong("geo set", known.name, "its fence names no region");
  if (known.answers_max) out->answers_max = known.answers_max;
  out->all_down = static_cast<AllDown>(known.all_down);
  out->overrides.resize(known.override_count);
  for (size_t i = 0; i < known.override_count; ++i) {
    const Status status = read_override(known.overrides[i], known.name, &out->overrides[i]);
    if (status != Status::ok) return status;
  }
  return Status::ok;
}

}  // namespace

Status fce::read_geo_map(std::span<const fce_geo_node> nodes, std::span<const fce_geo_set> sets,
                         GeoMap* out) {
  out->nodes.resize(nodes.size());
  out->sets.resize(sets.size());
  Status status = Status::ok;
  for (size_t i = 0; i < nodes.size() && status == Status::ok; ++i)
    status = read_node(nodes[i], &out->nodes[i]);
  for (size_t i = 0; i < sets.size() && status == Status::ok; ++i)
    status = read_set(sets[i], &out->sets[i]);
  return status;
}

extern "C" {

void fce_geo_node_init(fce_geo_node* node) { init_options(node); }
void fce_geo_override_init(fce_geo_override* one) { init_options(one); }
void fce_geo_set_init(fce_geo_set* set) { init_options(set); }

int fce_node_set_geo(fce_node* node, const char* const* files, size_t count) {
  if (!node || (!files && count > 0))
    return to_c(fail(Status::invalid, "the node or the list of files is NULL"));
  std::vector<std::string> paths;
  for (size_t i = 0; i < count; ++i) paths.push_back(text_of(files[i]));
  return to_c(node->node.set_geo(std::move(paths)));
}

int fce_node_set_geo_map(fce_node* node, const fce_geo_node* nodes, size_t node_count,
                         const fce_geo_set* sets, size_t set_count) {
  if (!node || (!nodes && node_count > 0) || (!sets && set_count > 0))
    return to_c(fail(Status::invalid, "the node or a list of the map is NULL"));
  GeoMap map;
  const Status status = read_geo_map({nodes, node_count}, {sets, set_count}, &map);
  return to_c(status == Status::ok ? node->node.set_geo_map(std::move(map)) : status);
}

int fce_node_geo_answers(const fce_node* node, fce_geo_answers_fn each, void* user) {
  if (!node || !each) return to_c(fail(Status::invalid, "the node or the function is NULL"));
  if (!node->node.dns()) return to_c(fail(Status::bad_state, "the node has no DNS"));
  for (const auto& [who, count] : node->node.dns()->node_answers())
    each(who.first.c_str(), who.second.c_str(), count, user);
  return to_c(Status::ok);
}

}  // extern "C"
