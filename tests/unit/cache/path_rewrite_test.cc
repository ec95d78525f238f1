// SPDX-License-Identifier: Apache-2.0
#include "cache/path_rewrite.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "../http/fake_transport.h"
#include "fetch_record.h"

namespace fce {

TEST_CASE("the origin gets the path without its prefix, and the query as it came") {
  TestShard shard;
  const auto origin = std::make_shared<FakeFetcher>();
  const PathRewrite rewrite(origin, "/media");
  const auto reaches = [&](std::string_view target) {
    RecordSink sink;
    const std::unique_ptr<Fetch> fetch = rewrite.start(shard.http, request_for(target), sink);
    return origin->requests.back().target;
  };
  CHECK(reaches("/media/a.png") == "/a.png");
  CHECK(reaches("/media/a.png?b=/media/c") == "/a.png?b=/media/c");
  CHECK(reaches("/media") == "/");
  CHECK(reaches("/media?a") == "/?a");
  CHECK(reaches("/media/?a") == "/?a");
  CHECK(reaches("/mediawiki/a") == "/mediawiki/a");
  CHECK(reaches("*") == "*");
  CHECK(origin->requests.back().authority == "client.example");
}

}  // namespace fce
