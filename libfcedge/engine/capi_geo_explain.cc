// SPDX-License-Identifier: Apache-2.0
// include/fcedge/geo.h: looking at it.
#include <fcedge/geo.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/geo_explained.h"
#include "engine/geo_map_in.h"
#include "engine/handles.h"
#include "engine/options.h"
#include "geo/ip_number.h"
#include "net/resolver.h"

using namespace fce;

struct fce_geo_index {
  std::shared_ptr<const GeoIndex> index;
};

struct fce_geo_ranking {
  GeoSnapshot snapshot;
};

namespace {

// Fills what both sides know of; `size` stays what the caller has.
template <class Struct>
Status give(const Struct& from, Struct* to) {
  if (!to || to->size < sizeof(uint32_t) || to->size > 65'536)
    return fail(Status::invalid, "the struct to fill was not made by its _init function");
  const uint32_t size = to->size;
  std::memcpy(static_cast<void*>(to), &from, std::min<size_t>(size, sizeof from));
  to->size = size;
  return Status::ok;
}

Status look_up(const fce_geo_index* index, const char* address, fce_geo_place* place) {
  if (!index || !address) return fail(Status::invalid, "the index or the address is NULL");
  PeerAddress parsed;
  if (!parse_ip(address, &parsed))
    return fail(Status::invalid, "\"" + std::string(address) + "\" is no address");
  IpPrefix client;
  client.v6 = parsed.family == PeerAddress::Family::ipv6;
  client.bits = address_bits(client.v6);
  client.ip = parsed.ip;
  return give(place_out(*index->index, index->index->find(client).cell, &client), place);
}

}  // namespace

extern "C" {

void fce_geo_place_init(fce_geo_place* place) { init_options(place); }
void fce_geo_index_info_init(fce_geo_index_info* info) { init_options(info); }

int fce_geo_index_open(const char* const* files, size_t count, fce_geo_index** index) {
  if (!index || !files || count == 0)
    return to_c(fail(Status::invalid, "there is no file, or nowhere to put the index"));
  std::vector<std::string> paths;
  for (size_t i = 0; i < count; ++i) paths.push_back(text_of(files[i]));
  std::shared_ptr<const GeoIndex> read;
  const Status status = GeoIndex::read(paths, &read);
  if (status == Status::ok) *index = new fce_geo_index{std::move(read)};
  return to_c(status);
}

void fce_geo_index_close(fce_geo_index* index) { delete index; }

int fce_geo_index_lookup(const fce_geo_index* index, const char* address, fce_geo_place* place) {
  return to_c(look_up(index, address, place));
}

int fce_geo_index_get_info(const fce_geo_index* index, fce_geo_index_info* info) {
  if (!index) return to_c(fail(Status::invalid, "the index is NULL"));
  fce_geo_index_info out;
  init_options(&out);
  out.cells = static_cast<uint32_t>(index->index->cells());
  out.type = index->index->type().c_str();
  out.built_s = index->index->built_s();
  out.ranges = index->index->ranges();
  out.bytes = index->index->memory_bytes();
  return to_c(give(out, info));
}

void fce_geo_explanation_free(fce_geo_explanation* explanation) { GeoExplained::free(explanation); }

int fce_node_geo_explain(const fce_node* node, const char* set, const char* address,
                         const char* subnet, fce_geo_explanation** explanation) {
  if (!node) return to_c(fail(Status::invalid, "the node is NULL"));
  const std::shared_ptr<const GeoSnapshot> snapshot = node->node.geo_snapshot();
  if (!snapshot) return to_c(fail(Status::bad_state, "the node has no map in force"));
  return to_c(GeoExplained::make(*snapshot, set, address, subnet, explanation));
}

int fce_geo_ranking_create(const fce_geo_index* index, const fce_geo_node* nodes, size_t node_count,
                           const fce_geo_set* sets, size_t set_count, fce_geo_ranking** ranking) {
  if (!ranking || (!nodes && node_count > 0) || (!sets && set_count > 0))
    return to_c(fail(Status::invalid, "a list of the map, or where to put the ranking, is NULL"));
  auto map = std::make_shared<GeoMap>();
  Status status = read_geo_map({nodes, node_count}, {sets, set_count}, map.get());
  if (status == Status::ok) status = map->check();
  if (status == Status::ok)
    *ranking = new fce_geo_ranking{GeoSnapshot(index ? index->index : nullptr, std::move(map))};
  return to_c(status);
}

void fce_geo_ranking_destroy(fce_geo_ranking* ranking) { delete ranking; }

int fce_geo_ranking_explain(const fce_geo_ranking* ranking, const char* set, const char* address,
                            const char* subnet, fce_geo_explanation** explanation) {
  if (!ranking) return to_c(fail(Status::invalid, "the ranking is NULL"));
  return to_c(GeoExplained::make(ranking->snapshot, set, address, subnet, explanation));
}

int fce_geo_ranking_each_cell(const fce_geo_ranking* ranking, const char* set, fce_geo_cell_fn each,
                              void* user) {
  if (!ranking || !set || !each)
    return to_c(fail(Status::invalid, "the ranking, the set or the function is NULL"));
  const GeoSnapshot& snapshot = ranking->snapshot;
  const int number = find_set(snapshot.map(), set);
  if (number < 0)
    return to_c(fail(Status::not_found, "there is no set \"" + std::string(set) + "\""));
  for (uint32_t cell = 0; cell < snapshot.index().cells(); ++cell) {
    if (!snapshot.index().place(cell).known()) continue;
    const fce_geo_place place = place_out(snapshot.index(), cell, nullptr);
    const auto nodes = snapshot.nodes_of_cell(static_cast<uint16_t>(number), cell);
    each(&place, nodes.empty() ? UINT32_MAX : nodes.front(), user);
  }
  return FCE_OK;
}

}  // extern "C"
