// SPDX-License-Identifier: Apache-2.0
#include "geo/geo_director.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "auth/temp_files.h"
#include "snapshot_setup.h"

using namespace fce;

namespace {

std::string first_of(const GeoDirector& director, std::string_view client) {
  const std::shared_ptr<const GeoSnapshot> now = director.current();
  const GeoPick pick = now->pick(0, prefix_of(client));
  return pick.nodes.empty() ? "" : now->map().nodes[pick.nodes[0]].name;
}

}  // namespace

TEST_CASE("geo director: maps come into force, wrong ones do not") {
  const TempFiles files;
  MmdbWriter writer(false);
  writer.add("192.0.2.0/24", mmdb::flat("JP", 35.7f, 139.7f));
  files.write("city.mmdb", writer.finish());
  GeoDirector director({files.at("city.mmdb")});
  CHECK(director.set_map(three_nodes()) == Status::ok);
  director.settle();
  CHECK(first_of(director, "192.0.2.1") == "tyo");
  const std::shared_ptr<const GeoSnapshot> before = director.current();
  const uint64_t version = director.version();
  GeoMap map = three_nodes();
  map.nodes[2].state = NodeState::down;
  CHECK(director.set_map(map) == Status::ok);
  director.settle();
  CHECK(first_of(director, "192.0.2.1") == "fra");
  CHECK(director.version() > version);
  CHECK(before->pick(0, prefix_of("192.0.2.1")).nodes[0] == 2);  // who holds it may go on
  map.nodes[1].latitude = 1000;
  CHECK(director.set_map(map) == Status::invalid);
  director.settle();
  CHECK(first_of(director, "192.0.2.1") == "fra");
}

TEST_CASE("geo director: observations count once there are enough of them, and outlive a map") {
  GeoDirector director({});
  const NodeWatch::Seen down{NodeState::down, std::nullopt}, up{NodeState::up, std::nullopt};
  CHECK(director.observe("tyo", down) == Status::not_found);
  GeoMap map = three_nodes();
  map.nodes[2].worse_after = 2;
  map.nodes[2].better_after = 1;
  CHECK(director.set_map(map) == Status::ok);
  director.settle();
  const auto state = [&] { return director.current()->map().nodes[2].state; };
  const uint64_t version = director.version();
  CHECK(director.observe("tyo", down) == Status::ok);
  CHECK(director.observe("tyo", up) == Status::ok);
  CHECK(director.observe("tyo", down) == Status::ok);
  director.settle();
  CHECK(director.version() == version);
  CHECK(director.observe("tyo", down) == Status::ok);
  director.settle();
  CHECK(state() == NodeState::down);
  CHECK(director.set_map(map) == Status::ok);
  director.settle();
  CHECK(state() == NodeState::down);
  CHECK(director.observe("tyo", up) == Status::ok);
  director.settle();
  CHECK(state() == NodeState::up);
  // What an operator says is worse holds.
  map.nodes[2].state = NodeState::draining;
  CHECK(director.set_map(map) == Status::ok);
  director.settle();
  CHECK(state() == NodeState::draining);
  CHECK(director.observe("none", up) == Status::not_found);
}

TEST_CASE("geo director: a load that was seen takes the place of the map's, if it makes a change") {
  GeoDirector director({});
  CHECK(director.set_map(three_nodes()) == Status::ok);
  director.settle();
  const uint64_t version = director.version();
  const auto see = [&](double load) {
    CHECK(director.observe("tyo", {NodeState::up, load}) == Status::ok);
    director.settle();
  };
  see(0.04);
  CHECK(director.version() == version);
  see(0.5);
  CHECK(director.current()->map().nodes[2].load == 0.5);
  see(0.52);
  CHECK(director.version() == version + 1);
  CHECK(director.observe("tyo", {NodeState::up, -1.0}) == Status::invalid);
  // A map that has it no longer forgets what was seen of it.
  GeoMap map = three_nodes();
  const GeoNode tyo = map.nodes.back();
  map.nodes.pop_back();
  CHECK(director.set_map(map) == Status::ok);
  map.nodes.push_back(tyo);
  CHECK(director.set_map(map) == Status::ok);
  director.settle();
  CHECK(director.current()->map().nodes[2].load == tyo.load);
}

TEST_CASE("geo director: without files, and asked while maps change") {
  GeoDirector director({});
  CHECK(director.current() == nullptr);
  CHECK(director.set_map(three_nodes()) == Status::ok);
  director.settle();
  std::thread asker([&] {
    for (int i = 0; i < 2000; ++i) CHECK(first_of(director, "192.0.2.1") != "");
  });
  for (int i = 0; i < 50; ++i) {
    GeoMap map = three_nodes();
    map.nodes[static_cast<size_t>(i) % 3].state = NodeState::down;
    CHECK(director.set_map(std::move(map)) == Status::ok);
  }
  director.settle();
  asker.join();
  CHECK(director.current()->map().nodes[1].state == NodeState::down);
}
