// SPDX-License-Identifier: Apache-2.0
// What is known of a database's servers at a moment: plain values, as the driver's monitors found
// them (specification "Server Discovery and Monitoring").
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "db/read_preference.h"

namespace fce {

enum class TopologyType : uint8_t {
  unknown,
  single,
  replica_set_no_primary,
  replica_set_with_primary,
  sharded,
  load_balanced,
};

enum class ServerType : uint8_t {
  unknown,
  possible_primary,
  standalone,
  mongos,
  primary,
  secondary,
  arbiter,
  other,  // hidden, or starting up
  ghost,  // of a set that is not set up
  load_balancer,
};

// A BSON timestamp: a place in the log of a replica set.
struct OperationTime {
  uint32_t seconds = 0;
  uint32_t increment = 0;

  auto operator<=>(const OperationTime&) const = default;
};

struct ServerDescription {
  static constexpr int64_t kNotTold = -1;

  uint32_t id = 0;  // the driver's; what a read is pinned by
  std::string address;
  ServerType type = ServerType::unknown;
  TagSet tags;
  int64_t rtt_us = 0;  // the moving average
  // When the server was last heard of. Of two servers only the difference is used, and it is a time
  // of ours: so of a monotonic clock, which nobody sets.
  int64_t last_update_ms = 0;
  // When the primary, by its own clock, wrote what this member has last; and where in the log that
  // is.
  int64_t last_write_ms = kNotTold;
  OperationTime last_operation;
  uint32_t operations = 0;  // that it has to do for us just now
};

struct Topology {
  TopologyType type = TopologyType::unknown;
  std::vector<ServerDescription> servers;
  int64_t heartbeat_ms = 10'000;  // how often each is asked how it is

  // Null when none is known.
  const ServerDescription* primary() const;
};

}  // namespace fce
