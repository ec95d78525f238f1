// SPDX-License-Identifier: Apache-2.0
//
// Options of the DNS server, and the map of nodes. Members mean what they mean in the structs
// of the C ABI that these become.
#ifndef FCEDGE_CPP_OPTIONS_GEO_HPP_
#define FCEDGE_CPP_OPTIONS_GEO_HPP_

#include <fcedge/geo.h>

#include "options.hpp"

FCEDGE_BEGIN

enum class GeoState : uint32_t {
  up = FCE_GEO_UP,
  draining = FCE_GEO_DRAINING,
  down = FCE_GEO_DOWN
};

// `distance` is what an explanation may say, and no override.
enum class GeoBy : uint32_t {
  prefix = FCE_GEO_BY_PREFIX,
  country = FCE_GEO_BY_COUNTRY,
  continent = FCE_GEO_BY_CONTINENT,
  distance = FCE_GEO_BY_DISTANCE
};

enum class GeoAllDown : uint32_t {
  nearest = FCE_GEO_NEAREST,
  all = FCE_GEO_ALL,
  none = FCE_GEO_NONE
};

struct DnsOptions {
  uint32_t size = sizeof(fce_dns_options);
  Field nsid;
  Field cookie_secret;
  uint32_t require_cookies = 0;
  uint32_t udp_bytes_max = 0;
  uint32_t connections_max = 0;
  uint32_t idle_ms = 0;
  uint32_t answers_per_s = 0;
  uint32_t errors_per_s = 0;
  uint32_t all_per_s = 0;
  uint32_t slip = 0;
  uint32_t no_rate_limit = 0;
  uint32_t signatures_per_s = 0;

  FCEDGE_OPTIONS_(fce_dns_options)
};

struct DnsZone {
  uint32_t size = sizeof(fce_dns_zone);
  Field name;
  Field file;
  Field text;
  Field dnssec_key;
  Field dnssec_other_key;

  FCEDGE_OPTIONS_(fce_dns_zone)
};

struct GeoNode {
  uint32_t size = sizeof(fce_geo_node);
  Field name;
  Field region;
  Field addresses;
  double latitude = 0;
  double longitude = 0;
  uint32_t weight = 0;
  uint32_t load_percent = 0;
  GeoState state{};
  uint32_t worse_after = 0;
  uint32_t better_after = 0;

  FCEDGE_OPTIONS_(fce_geo_node)
};

struct GeoOverride {
  uint32_t size = sizeof(fce_geo_override);
  GeoBy by{};
  Field value;
  Field nodes;

  FCEDGE_OPTIONS_(fce_geo_override)
};

struct GeoSet {
  uint32_t size = sizeof(fce_geo_set);
  Field name;
  Field regions;
  uint32_t answers_max = 0;
  GeoAllDown all_down{};
  List<fce_geo_override> overrides;

  FCEDGE_OPTIONS_(fce_geo_set)
};

FCEDGE_END

#endif  // FCEDGE_CPP_OPTIONS_GEO_HPP_
