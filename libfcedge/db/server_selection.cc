// SPDX-License-Identifier: Apache-2.0
#include "db/server_selection.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace fce {
namespace {

constexpr int64_t kNoBound = std::numeric_limits<int64_t>::max();

using Servers = Selection::Servers;

int64_t bound_of(const ReadPreference& preference) {
  return preference.has_max_staleness() ? preference.max_staleness_s() * 1000 : kNoBound;
}

bool is_replica_set(const Topology& topology) {
  return topology.type == TopologyType::replica_set_with_primary ||
         topology.type == TopologyType::replica_set_no_primary;
}

// What is no date is not reckoned with: neither one that was not told, nor nonsense.
bool is_date(int64_t ms) { return ms >= 0 && ms < int64_t{1} << 60; }

bool is_available(const ServerDescription& server) {
  return server.type != ServerType::unknown && server.type != ServerType::possible_primary;
}

Servers of_type(const Servers& servers, ServerType type) {
  Servers found;
  for (const ServerDescription* server : servers)
    if (server->type == type) found.push_back(server);
  return found;
}

bool fits(const ServerDescription& server, const TagSet& set) {
  return std::all_of(set.begin(), set.end(), [&](const Tag& tag) {
    return std::find(server.tags.begin(), server.tags.end(), tag) != server.tags.end();
  });
}

// The first set that fits anybody decides.
Servers with_tags(const Servers& servers, const std::vector<TagSet>& sets) {
  if (sets.empty()) return servers;
  for (const TagSet& set : sets) {
    Servers found;
    for (const ServerDescription* server : servers)
      if (fits(*server, set)) found.push_back(server);
    if (!found.empty()) return found;
  }
  return {};
}

// Staleness before tags: whether the next set is tried depends on who is left.
Servers eligible(const Topology& topology, const Servers& candidates,
                 const ReadPreference& preference, int64_t bound_ms) {
  Servers fresh;
  for (const ServerDescription* server : candidates)
    if (bound_ms == kNoBound || staleness_ms(topology, *server) <= bound_ms)
      fresh.push_back(server);
  return with_tags(fresh, preference.tag_sets());
}

Servers members_for(const Topology& topology, const Servers& servers,
                    const ReadPreference& preference, int64_t bound_ms) {
  const Servers primary = of_type(servers, ServerType::primary);
  const Servers secondaries = of_type(servers, ServerType::secondary);
  switch (preference.mode()) {
    case ReadMode::primary: return primary;
    case ReadMode::primary_preferred:
      return primary.empty() ? eligible(topology, secondaries, preference, bound_ms) : primary;
    case ReadMode::secondary: return eligible(topology, secondaries, preference, bound_ms);
    case ReadMode::secondary_preferred: {
      const Servers found = eligible(topology, secondaries, preference, bound_ms);
      return found.empty() ? primary : found;
    }
    case ReadMode::nearest: break;
  }
  Servers members;
  for (const ServerDescription* server : servers)
    if (server->type == ServerType::primary || server->type == ServerType::secondary)
      members.push_back(server);
  return eligible(topology, members, preference, bound_ms);
}

// Where reads and writes are the same, since the server that we speak to does the rest.
Servers without_members(const Topology& topology, const Servers& servers) {
  switch (topology.type) {
    case TopologyType::single: {
      Servers found;
      for (const ServerDescription* server : servers)
        if (is_available(*server)) found.push_back(server);
      return found;
    }
    case TopologyType::sharded: return of_type(servers, ServerType::mongos);
    case TopologyType::load_balanced: return of_type(servers, ServerType::load_balancer);
    default: return {};
  }
}

// Servers that failed the operation are left out, unless that leaves nobody.
template <typename Find>
Servers find_suitable(const Topology& topology, const SelectionOptions& options, Find find) {
  Servers all, preferred;
  for (const ServerDescription& server : topology.servers) {
    all.push_back(&server);
    const auto& failed = options.deprioritized;
    if (std::find(failed.begin(), failed.end(), server.address) == failed.end())
      preferred.push_back(&server);
  }
  if (preferred.size() < all.size()) {
    const Servers found = find(preferred);
    if (!found.empty()) return found;
  }
  return find(all);
}

void keep(Servers suitable, const SelectionOptions& options, Selection* out) {
  *out = Selection();
  int64_t nearest_us = std::numeric_limits<int64_t>::max();
  for (const ServerDescription* server : suitable)
    nearest_us = std::min(nearest_us, server->rtt_us);
  for (const ServerDescription* server : suitable)
    if (server->rtt_us - nearest_us <= options.local_threshold_ms * 1000)
      out->in_window.push_back(server);
  out->suitable = std::move(suitable);
}

// A server that is alone is suitable for a bound if it is the one that takes the writes.
bool takes_writes(const ServerDescription& server) {
  return server.type == ServerType::standalone || server.type == ServerType::primary ||
         server.type == ServerType::mongos || server.type == ServerType::load_balancer;
}

Servers bounded_without_members(const Topology& topology, const Servers& servers) {
  Servers found = without_members(topology, servers);
  std::erase_if(found, [](const ServerDescription* server) { return !takes_writes(*server); });
  return found;
}

Status check_bound(const Topology& topology, const ReadPreference& preference, int64_t within_ms) {
  if (within_ms < topology.heartbeat_ms)
    return fail(Status::invalid, "a staleness of " + std::to_string(within_ms) +
                                     " ms is less than the heartbeat of " +
                                     std::to_string(topology.heartbeat_ms) + " ms");
  return is_replica_set(topology) ? preference.check_floor(topology.heartbeat_ms) : Status::ok;
}

}  // namespace

const ServerDescription* Topology::primary() const {
  if (type != TopologyType::replica_set_with_primary) return nullptr;
  for (const ServerDescription& server : servers)
    if (server.type == ServerType::primary) return &server;
  return nullptr;
}

int64_t staleness_ms(const Topology& topology, const ServerDescription& server) {
  if (server.type != ServerType::secondary) return 0;
  if (!is_date(server.last_write_ms)) return kUnknownStalenessMs;
  if (const ServerDescription* primary = topology.primary()) {
    if (!is_date(primary->last_write_ms)) return kUnknownStalenessMs;
    return (server.last_update_ms - server.last_write_ms) -
           (primary->last_update_ms - primary->last_write_ms) + topology.heartbeat_ms;
  }
  int64_t latest_ms = server.last_write_ms;
  for (const ServerDescription& other : topology.servers)
    if (other.type == ServerType::secondary && is_date(other.last_write_ms))
      latest_ms = std::max(latest_ms, other.last_write_ms);
  return latest_ms - server.last_write_ms + topology.heartbeat_ms;
}

Status select_for_read(const Topology& topology, const ReadPreference& preference,
                       const SelectionOptions& options, Selection* out) {
  if (!is_replica_set(topology)) {
    select_for_write(topology, options, out);
    return Status::ok;
  }
  const Status status = preference.check_floor(topology.heartbeat_ms);
  if (status != Status::ok) return status;
  const auto find = [&](const Servers& servers) {
    return members_for(topology, servers, preference, bound_of(preference));
  };
  keep(find_suitable(topology, options, find), options, out);
  return Status::ok;
}

void select_for_write(const Topology& topology, const SelectionOptions& options, Selection* out) {
  const auto find = [&](const Servers& servers) {
    if (topology.type == TopologyType::replica_set_with_primary)
      return of_type(servers, ServerType::primary);
    return without_members(topology, servers);
  };
  keep(find_suitable(topology, options, find), options, out);
}

Status select_within(const Topology& topology, const ReadPreference& preference, int64_t within_ms,
                     const SelectionOptions& options, BoundedSelection* out) {
  const Status status = check_bound(topology, preference, within_ms);
  if (status != Status::ok) return status;
  *out = BoundedSelection();
  if (!is_replica_set(topology)) {
    const auto find = [&](const Servers& servers) {
      return bounded_without_members(topology, servers);
    };
    keep(find_suitable(topology, options, find), options, &out->selection);
    out->by_primary = !out->selection.empty();
    return Status::ok;
  }
  const ServerDescription* primary = topology.primary();
  if (primary == nullptr) return Status::ok;
  const int64_t bound_ms = std::min(within_ms, bound_of(preference));
  const auto find = [&](const Servers& servers) {
    const Servers found = members_for(topology, servers, preference, bound_ms);
    return found.empty() ? of_type(servers, ServerType::primary) : found;
  };
  keep(find_suitable(topology, options, find), options, &out->selection);
  out->by_primary = out->selection.suitable == Servers{primary};
  return Status::ok;
}

const ServerDescription* choose(const Selection& selection, uint64_t random) {
  const Servers& servers = selection.in_window;
  if (servers.empty()) return nullptr;
  const size_t count = servers.size();
  const size_t first = (random & UINT32_MAX) % count;
  // One of the others, each as likely.
  const size_t second = count == 1 ? 0 : (first + 1 + (random >> 32) % (count - 1)) % count;
  return servers[second]->operations < servers[first]->operations ? servers[second]
                                                                  : servers[first];
}

}  // namespace fce
