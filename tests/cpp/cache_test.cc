// SPDX-License-Identifier: Apache-2.0
//
// Origins and the cache: an origin in C++, what is fetched, put and purged.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fcedge.hpp>
#include <filesystem>

#include "client.h"

using namespace fcedge;

namespace {

// A directory that goes with its test.
struct Scratch {
  std::string path = "/tmp/fcedge-cpp-XXXXXX";
  Scratch() { REQUIRE(mkdtemp(path.data()) != nullptr); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(path); }
};

// All is its own target and may be kept, but for /drop, which is forgotten.
void serve(Fetch fetch) {
  if (fetch.target() == "/drop") return;
  CHECK(fetch.method() == "GET");
  CHECK(fetch.host() == "example.com");
  CHECK_FALSE(fetch.header("x-none").present());
  const View target = fetch.target();
  CHECK(fetch
            .head(200, {Header{"Cache-Control", "max-age=60"}, Header{"Surrogate-Key", "news"}},
                  static_cast<int64_t>(target.size()))
            .ok());
  CHECK(fetch.write(target).ok());
  CHECK(fetch.pending() <= target.size());
  CHECK(fetch.end().ok());
  CHECK_FALSE(fetch);
}

struct Got {
  uint32_t status = 0;
  std::string body;
  std::string how;
};

Got get(Node& node, Text target) {
  std::promise<Got> told;
  REQUIRE(node.cache_fetch("example.com", target, {}, 0, [&told](const CacheAnswer& answer) {
    Got got{answer.status(), std::string(answer.body().text()), {}};
    for (const fce_header& header : answer.headers())
      if (View(header.name) == "cache-status") got.how = View(header.value).text();
    told.set_value(std::move(got));
  }));
  return await(told.get_future());
}

Node make_cache(const Scratch& scratch) {
  Node node = Node::create({.shards = 2}).value();
  CHECK(node.cache_stats().status() == FCE_ESTATE);
  REQUIRE(node.set_cache({.directory = scratch.path, .disk_bytes_max = 64 << 20}));
  CHECK(node.set_cache({.directory = scratch.path}) == FCE_EEXIST);
  return node;
}

}  // namespace

TEST_CASE("what an origin in C++ answers is kept, and purged") {
  std::atomic<int> gone{0}, fetched{0};
  Scratch scratch;
  Node node = make_cache(scratch);
  {
    const Origin origin = Origin::callback([&fetched, w = Witness(gone)](Fetch fetch) {
                            ++fetched;
                            serve(std::move(fetch));
                          }).value();
    Routes routes = Routes::create().value();
    REQUIRE(routes.add_cached({.pattern = "/{path...}"}, {.tenant = "acme"}, origin));
    CHECK(routes.add_purge({.pattern = "/purge", .methods = "POST"}, "acme", "x") == FCE_EINVAL);
    REQUIRE(routes.add_purge({.pattern = "/purge", .methods = "POST"}, "acme", "0123456789abcdef"));
    REQUIRE(node.set_routes(routes));
  }
  REQUIRE(node.start());
  CHECK(get(node, "/a").body == "/a");
  const Got again = get(node, std::string("/a"));
  CHECK(again.status == 200);
  CHECK(has(again.how, "hit"));
  CHECK(fetched == 1);
  REQUIRE(node.cache_purge("acme", Purge::tag, "news"));
  CHECK(get(node, "/a").status == 200);
  CHECK(fetched == 2);
  CHECK(get(node, "/drop").status == 502);
  REQUIRE(node.cache_put("acme", "example.com/put", 200, {Header{"Cache-Control", "max-age=60"}},
                         "was put"));
  CHECK(get(node, "/put").body == "was put");
  CHECK(node.cache_put("acme", "example.com/put", 200, {}, "no lifetime") == FCE_EINVAL);
  CHECK(node.cache_stats().value().disk_bytes_max == 64 << 20);
  CHECK(gone == 0);
  node.reset();
  CHECK(gone == 1);
}

TEST_CASE("origins of all kinds") {
  Scratch scratch;
  const std::string url = "http://127.0.0.1:9";
  const fce_server servers[] = {Server{.url = url}, Server{.url = "unix:/tmp/none", .backup = 1}};
  const fce_upstream_options upstream = UpstreamOptions{.connect_ms = 100};
  Result<Origin> first = Origin::servers({.servers = servers}, nullptr, "/v1", {Header{"x", "y"}});
  REQUIRE(first);
  const fce_server far[] = {Server{.url = "http://192.0.2.1"}};
  CHECK(Origin::servers({.servers = far}).status() == FCE_EINVAL);
  CHECK(Origin::servers({}).status() == FCE_EINVAL);
  CHECK(Origin::s3({.bucket = "media",
                    .endpoint = "https://127.0.0.1",
                    .path_style = 1,
                    .credentials = S3Credentials::none,
                    .upstream = &upstream}));
  Result<Origin> files = Origin::directory(scratch.path);
  REQUIRE(files);
  // It keeps those that it was made of.
  Origin both = Origin::failover({first->get(), files->get()}, {404, 502}).value();
  first->reset();
  Routes routes = Routes::create().value();
  REQUIRE(routes.add_proxy({.pattern = "/p/{path...}"}, {.strip_prefix = "/p"}, both));
  REQUIRE(routes.add_directory({.pattern = "/d/{path...}"}, {.root = scratch.path}));
  REQUIRE(routes.add_metrics({.pattern = "/metrics"}));
  REQUIRE(routes.add_widget({.pattern = "/w"}, {.tenant = "t"}));
  both.reset();
  files->reset();
  Node node = Node::create({.shards = 1}).value();
  const uint16_t port = node.listen({.address = "127.0.0.1:0"}).value();
  REQUIRE(node.set_routes(routes));
  REQUIRE(node.start());
  std::fclose(std::fopen((scratch.path + "/page.txt").c_str(), "w"));
  CHECK(has(ask(port, "GET /p/page.txt"), "HTTP/1.1 200 "));
  CHECK(has(ask(port, "GET /d/page.txt"), "HTTP/1.1 200 "));
  CHECK(has(ask(port, "GET /metrics"), "fcedge_connections"));
}
