// SPDX-License-Identifier: Apache-2.0
#include "engine/geo_explained.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "engine/options.h"
#include "net/address.h"

namespace fce {
namespace {

// A single address, or a prefix; "0.0.0.0/0" says that a client does not want to be placed.
Status read_client(const char* text, IpPrefix* out) {
  Network network;
  const Status status = Network::parse(text ? text : "", &network);
  if (status != Status::ok) return status;
  const IpPrefix given{network.first.family == PeerAddress::Family::ipv6, network.bits,
                       network.first.ip};
  *out = unmapped(given);
  return Status::ok;
}

void copy_code(std::string_view code, char (&out)[4]) {
  std::copy_n(code.begin(), std::min<size_t>(code.size(), 3), out);
}

std::string addresses_text(const GeoNode& node) {
  std::string text;
  const auto add = [&](int family, const void* ip) {
    char one[INET6_ADDRSTRLEN] = "";
    inet_ntop(family, ip, one, sizeof one);
    text += (text.empty() ? "" : " ") + std::string(one);
  };
  for (const auto& ip : node.v4) add(AF_INET, ip.data());
  for (const auto& ip : node.v6) add(AF_INET6, ip.data());
  return text;
}

}  // namespace

std::string prefix_text(const IpPrefix& prefix) {
  char ip[INET6_ADDRSTRLEN] = "";
  inet_ntop(prefix.v6 ? AF_INET6 : AF_INET, prefix.ip.data(), ip, sizeof ip);
  return std::string(ip) + "/" + std::to_string(prefix.bits);
}

fce_geo_place place_out(const GeoIndex& index, uint32_t cell, const IpPrefix* client) {
  fce_geo_place out;
  init_options(&out);
  const Place& place = index.place(cell);
  out.known = place.known() ? 1 : 0;
  out.eu = place.eu ? 1 : 0;
  out.radius_km = place.radius_km;
  out.latitude = static_cast<double>(place.latitude);
  out.longitude = static_cast<double>(place.longitude);
  out.cell = cell;
  copy_code(place.country_code(), out.country);
  copy_code(place.continent_code(), out.continent);
  if (!client) return out;
  const IpPrefix around = ip_prefix(client->v6, ip_number(*client), index.find(*client).bits);
  const std::string text = prefix_text(around);
  std::copy_n(text.begin(), std::min(text.size(), sizeof out.prefix - 1), out.prefix);
  return out;
}

int find_set(const GeoMap& map, std::string_view name) {
  const auto found = std::find_if(map.sets.begin(), map.sets.end(),
                                  [&](const GeoSet& set) { return set.name == name; });
  return found == map.sets.end() ? -1 : static_cast<int>(found - map.sets.begin());
}

Status GeoExplained::make(const GeoSnapshot& snapshot, const char* set, const char* address,
                          const char* subnet, fce_geo_explanation** out) {
  if (!set || !address || !out)
    return fail(Status::invalid, "the set, the address or where to put the answer is NULL");
  IpPrefix ip;
  if (const Status status = read_client(address, &ip); status != Status::ok) return status;
  std::optional<IpPrefix> client;
  if (subnet) {
    const Status status = read_client(subnet, &client.emplace());
    if (status != Status::ok) return status;
    // As a query with such a one is answered (RFC 7871 section 7.1.2).
    if (client->bits == 0) client.reset();
  }
  const int number = find_set(snapshot.map(), set);
  if (number < 0) return fail(Status::not_found, "there is no set \"" + std::string(set) + "\"");
  const auto which = static_cast<uint16_t>(number);
  auto* made =
      new GeoExplained(snapshot, which, client ? *client : ip, snapshot.explain(which, ip, client));
  *out = &made->plain_;
  return Status::ok;
}

void GeoExplained::free(fce_geo_explanation* explanation) {
  static_assert(offsetof(GeoExplained, plain_) == 0 && std::is_standard_layout_v<GeoExplained>);
  delete reinterpret_cast<GeoExplained*>(explanation);
}

GeoExplained::GeoExplained(const GeoSnapshot& snapshot, uint16_t set, const IpPrefix& client,
                           const GeoExplanation& explanation)
    : place_(place_out(snapshot.index(), explanation.cell, &client)),
      set_(snapshot.map().sets[set].name),
      client_(prefix_text(client)),
      matched_(prefix_text(explanation.matched)) {
  add(snapshot, explanation);
  init_options(&plain_);
  plain_.rule = static_cast<uint32_t>(explanation.rule);
  plain_.set = set_.c_str();
  plain_.client = client_.c_str();
  plain_.matched = matched_.c_str();
  plain_.place = &place_;
  plain_.candidates = listed_.data();
  plain_.candidate_count = listed_.size();
  plain_.answer = answer_.data();
  plain_.answer_count = answer_.size();
}

void GeoExplained::add(const GeoSnapshot& snapshot, const GeoExplanation& explanation) {
  static_assert(static_cast<int>(GeoExplanation::Rule::distance) == FCE_GEO_BY_DISTANCE);
  // Neither moves any more: they are pointed into.
  texts_.reserve(3 * explanation.candidates.size());
  candidates_.reserve(explanation.candidates.size());
  const auto keep = [&](const std::string& text) { return texts_.emplace_back(text).c_str(); };
  for (const GeoExplanation::Candidate& from : explanation.candidates) {
    fce_geo_candidate& to = candidates_.emplace_back();
    init_options(&to);
    to.state = static_cast<uint32_t>(from.state);
    to.name = keep(from.name);
    to.region = keep(from.region);
    to.addresses = keep(addresses_text(snapshot.map().nodes[from.node]));
    to.distance_km = static_cast<double>(from.distance_km);
    to.score = static_cast<double>(from.score);
    to.load_percent = from.load * 100;
    to.spilled = from.spilled ? 1 : 0;
    listed_.push_back(&to);
  }
  for (const uint16_t node : explanation.answer)
    for (size_t i = 0; i < candidates_.size(); ++i)
      if (explanation.candidates[i].node == node) answer_.push_back(&candidates_[i]);
}

}  // namespace fce
