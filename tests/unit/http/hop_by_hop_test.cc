// SPDX-License-Identifier: Apache-2.0
#include "http/hop_by_hop.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace fce {

TEST_CASE("hop by hop: fields that are, by name or by Connection") {
  std::vector<Header> headers = {{"a", "1"},       {"connection", "b, Upgrade ,close"},
                                 {"b", "2"},       {"keep-alive", "timeout=1"},
                                 {"c", "3"},       {"upgrade", "websocket"},
                                 {"te", "gzip"},   {"transfer-encoding", "chunked"},
                                 {"close", "odd"}, {"connection", ""}};
  const auto left = [&](bool keep_upgrade) {
    std::vector<Header> copy = headers;
    std::string out;
    const size_t count = take_out_hop_by_hop(copy, keep_upgrade);
    for (size_t i = 0; i < count; ++i) out += std::string(copy[i].name) + " ";
    return out;
  };
  CHECK(left(false) == "a c ");
  CHECK(left(true) == "a c upgrade ");
  CHECK(is_named_by_connection(headers, "b"));
  CHECK_FALSE(is_named_by_connection(headers, "a"));
  CHECK(is_hop_by_hop("trailer"));
  CHECK_FALSE(is_hop_by_hop("content-length"));
  CHECK(take_out_hop_by_hop({}, false) == 0);
}

}  // namespace fce
