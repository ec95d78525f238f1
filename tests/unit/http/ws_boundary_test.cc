// SPDX-License-Identifier: Apache-2.0
#include "http/ws_boundary.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "http/ws_client.h"
#include "http/ws_node.h"

namespace fce {

TEST_CASE("ws boundary: finds the ends of frames of all forms, in any pieces") {
  std::string bytes;
  std::set<size_t> ends = {0};
  for (const size_t size : {0u, 1u, 125u, 126u, 127u, 65'535u, 65'536u, 70'000u}) {
    bytes += server_frame(WsOpcode::binary, std::string(size, 'x'));
    ends.insert(bytes.size());
    bytes += ws_client::frame(ws_client::kFin | ws_client::text, std::string(size, 'y'));
    ends.insert(bytes.size());
  }
  for (const size_t piece : {1u, 2u, 3u, 7u, 1000u, 1'000'000u}) {
    WsBoundary boundary;
    CHECK(boundary.between());
    std::set<size_t> found = {0};
    for (size_t at = 0; at < bytes.size();) {
      const Bytes part = as_bytes(std::string_view(bytes).substr(at, piece));
      const size_t taken = boundary.take(part);
      REQUIRE(taken > 0);
      REQUIRE(taken <= part.size());
      at += taken;
      CHECK(boundary.between() == (ends.count(at) == 1));
      if (boundary.between()) found.insert(at);
    }
    CHECK(found == ends);
  }
}

TEST_CASE("ws boundary: a length beyond everything is a frame without end") {
  WsBoundary boundary;
  const std::string head = "\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff";
  CHECK(boundary.take(as_bytes(head)) == 10);
  CHECK(boundary.take(as_bytes(std::string(100, 'x'))) == 100);
  CHECK_FALSE(boundary.between());
  CHECK(boundary.take({}) == 0);
}

}  // namespace fce
