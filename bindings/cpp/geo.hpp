// SPDX-License-Identifier: Apache-2.0
//
// Looking at where clients would be sent, without a node; see fcedge/geo.h.
#ifndef FCEDGE_CPP_GEO_HPP_
#define FCEDGE_CPP_GEO_HPP_

#include "options_geo.hpp"

FCEDGE_BEGIN

// Why a client gets what he gets: `why->rule`, `why.answer()`. All of it lives as long as this.
class GeoExplanation : public Handle<fce_geo_explanation, fce_geo_explanation_free> {
 public:
  using Handle::Handle;
  const fce_geo_explanation* operator->() const noexcept { return get(); }
  GeoBy rule() const noexcept { return static_cast<GeoBy>(get()->rule); }
  List<const fce_geo_candidate*> candidates() const noexcept {
    return {get()->candidates, get()->candidate_count};
  }
  List<const fce_geo_candidate*> answer() const noexcept {
    return {get()->answer, get()->answer_count};
  }
};

// Databases of MaxMind's format. Any number of threads may look things up at the same time.
class GeoIndex : public Handle<fce_geo_index, fce_geo_index_close> {
 public:
  using Handle::Handle;

  static Result<GeoIndex> open(Items<const char*> files) {
    fce_geo_index* made = nullptr;
    const int code = fce_geo_index_open(files.data(), files.size(), &made);
    if (code != FCE_OK) return detail::check(code);
    return GeoIndex(made);
  }

  Result<fce_geo_place> lookup(Text address) const {
    fce_geo_place place;
    fce_geo_place_init(&place);
    const int code = fce_geo_index_lookup(get(), address.c_str(), &place);
    if (code != FCE_OK) return detail::check(code);
    return place;
  }

  Result<fce_geo_index_info> info() const {
    fce_geo_index_info info;
    fce_geo_index_info_init(&info);
    const int code = fce_geo_index_get_info(get(), &info);
    if (code != FCE_OK) return detail::check(code);
    return info;
  }
};

// What a map of nodes does. It may outlive the index.
class GeoRanking : public Handle<fce_geo_ranking, fce_geo_ranking_destroy> {
 public:
  using Handle::Handle;

  // An empty index: no place is known.
  static Result<GeoRanking> create(const GeoIndex& index, Items<fce_geo_node> nodes,
                                   Items<fce_geo_set> sets) {
    fce_geo_ranking* made = nullptr;
    const int code = fce_geo_ranking_create(index.get(), nodes.data(), nodes.size(), sets.data(),
                                            sets.size(), &made);
    if (code != FCE_OK) return detail::check(code);
    return GeoRanking(made);
  }

  Result<GeoExplanation> explain(Text set, Text address, Text subnet = {}) const {
    fce_geo_explanation* made = nullptr;
    const int code =
        fce_geo_ranking_explain(get(), set.c_str(), address.c_str(), subnet.c_str(), &made);
    if (code != FCE_OK) return detail::check(code);
    return GeoExplanation(made);
  }

  // Calls `each(const fce_geo_place&, uint32_t node)` before it returns.
  template <class F>
  Status each_cell(Text set, F&& each) const {
    using G = std::remove_reference_t<F>;
    return detail::check(fce_geo_ranking_each_cell(
        get(), set.c_str(),
        [](const fce_geo_place* place, uint32_t node, void* user) noexcept {
          (*static_cast<G*>(user))(*place, node);
        },
        detail::address(each)));
  }
};

// Writes the DS record of a zone to `out`, which is of 2 KiB or more; gives back what it wrote.
inline Result<std::string_view> dns_zone_ds(const DnsZone& zone, char* out, std::size_t size) {
  const fce_dns_zone c = zone;
  const int code = fce_dns_zone_ds(&c, out, size);
  if (code != FCE_OK) return detail::check(code);
  return std::string_view(out);
}

FCEDGE_END

#endif  // FCEDGE_CPP_GEO_HPP_
