// SPDX-License-Identifier: Apache-2.0
// Topologies and what is selected from them, in few words.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/server_selection.h"

namespace fce {

constexpr int64_t kHeartbeatMs = 10'000;

// A server as the cases write it; its tag is that of "data_center".
struct Member {
  const char* address;
  ServerType type;
  int64_t rtt_ms = 5;
  const char* data_center = "";
  int64_t last_write_ms = ServerDescription::kNotTold;
  int64_t last_update_ms = 0;
};

inline Topology topology_of(TopologyType type, const std::vector<Member>& members,
                            int64_t heartbeat_ms = kHeartbeatMs) {
  Topology topology;
  topology.type = type;
  topology.heartbeat_ms = heartbeat_ms;
  for (const Member& member : members) {
    ServerDescription server;
    server.id = static_cast<uint32_t>(topology.servers.size() + 1);
    server.address = member.address;
    server.type = member.type;
    server.rtt_us = member.rtt_ms * 1000;
    if (*member.data_center != '\0') server.tags = {{"data_center", member.data_center}};
    server.last_write_ms = member.last_write_ms;
    server.last_update_ms = member.last_update_ms;
    topology.servers.push_back(server);
  }
  return topology;
}

inline ReadPreference preference_of(const std::string& text) {
  std::optional<ReadPreference> preference;
  REQUIRE_MESSAGE(ReadPreference::parse(text, &preference) == Status::ok, last_error());
  return *preference;
}

// The addresses, as "a b".
inline std::string names(const Selection::Servers& servers) {
  std::string text;
  for (const ServerDescription* server : servers)
    text.append(text.empty() ? "" : " ").append(server->address);
  return text;
}

// "SUITABLE | IN WINDOW", or just one of them where they are the same; or "error".
inline std::string told(Status status, const Selection& selection) {
  if (status != Status::ok) return "error";
  const std::string suitable = names(selection.suitable);
  const std::string in_window = names(selection.in_window);
  return suitable == in_window ? suitable : suitable + " | " + in_window;
}

inline std::string read_from(const Topology& topology, const std::string& preference,
                             std::vector<std::string_view> deprioritized = {}) {
  SelectionOptions options;
  options.deprioritized = deprioritized;
  Selection selection;
  const Status status = select_for_read(topology, preference_of(preference), options, &selection);
  return told(status, selection);
}

inline std::string write_to(const Topology& topology,
                            std::vector<std::string_view> deprioritized = {}) {
  SelectionOptions options;
  options.deprioritized = deprioritized;
  Selection selection;
  select_for_write(topology, options, &selection);
  return told(Status::ok, selection);
}

}  // namespace fce
