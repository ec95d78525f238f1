// SPDX-License-Identifier: Apache-2.0
// A cache without sockets: shards that all run on the test's thread, a real store in a directory of
// its own, and an origin that answers what the test says, when it says so.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "cache/cache_handler.h"
#include "cache/edge_cache.h"
#include "http/fake_transport.h"
#include "loop/workers.h"

namespace fce {

// A directory that goes with the test; what is logged meanwhile is not shown.
struct CacheDirectory {
  CacheDirectory() {
    log_set(LogLevel::off, nullptr, nullptr, nullptr);
    char name[] = "/tmp/fce-cache-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~CacheDirectory() {
    std::filesystem::remove_all(path);
    log_set(LogLevel::info, nullptr, nullptr, nullptr);
  }
  std::string path;
};

class ScriptedOrigin final : public Fetcher {
 public:
  struct Asked final : Fetch {
    Asked(ScriptedOrigin& of, const FetchRequest& request, FetchSink& its_sink)
        : origin(of),
          sink(&its_sink),
          method(request.method),
          target(request.target),
          authority(request.authority) {
      for (const Header& header : request.headers) headers.emplace_back(header.name, header.value);
    }
    ~Asked() override { *slot = nullptr; }
    void pause() override { paused = true; }
    void resume() override { paused = false; }
    std::string header(std::string_view name) const {
      for (const auto& field : headers)
        if (field.first == name) return field.second;
      return "-";
    }

    ScriptedOrigin& origin;
    FetchSink* sink;
    Asked** slot = nullptr;
    std::string method, target, authority;
    std::vector<std::pair<std::string, std::string>> headers;
    bool paused = false;
  };

  std::unique_ptr<Fetch> start(HttpContext&, FetchRequest&& request,
                               FetchSink& sink) const override {
    auto* self = const_cast<ScriptedOrigin*>(this);
    auto fetch = std::make_unique<Asked>(*self, request, sink);
    self->slots_.push_back(std::make_unique<Asked*>(fetch.get()));
    fetch->slot = self->slots_.back().get();
    self->targets.push_back(std::string(request.method) + " " + std::string(request.target));
    return fetch;
  }

  size_t count() const { return slots_.size(); }
  // Null once it has ended or was given up.
  Asked* at(size_t i) { return i < slots_.size() ? *slots_[i] : nullptr; }
  Asked* last() { return at(slots_.size() - 1); }

  void head(size_t i, uint16_t status, std::initializer_list<Header> headers,
            std::optional<uint64_t> length = std::nullopt) {
    REQUIRE(at(i));
    at(i)->sink->on_head(status, {headers.begin(), headers.size()}, length);
  }
  void body(size_t i, std::string_view text) {
    REQUIRE(at(i));
    at(i)->sink->on_body(as_bytes(text));
  }
  void end(size_t i) {
    REQUIRE(at(i));
    at(i)->sink->on_end({});
  }
  void fail(size_t i, FetchError why) {
    REQUIRE(at(i));
    at(i)->sink->on_fail(why);
  }
  // All at once; of known length.
  void answer(size_t i, uint16_t status, std::initializer_list<Header> headers,
              std::string_view text) {
    head(i, status, headers, text.size());
    if (at(i) && !text.empty()) body(i, text);
    if (at(i)) end(i);
  }

  std::vector<std::string> targets;  // of all that was asked

 private:
  std::vector<std::unique_ptr<Asked*>> slots_;
};

class TestCache {
 public:
  explicit TestCache(uint32_t shards = 1, PolicyOptions policy = {}, StoreOptions store = {})
      : workers_(2, 1000) {
    for (uint32_t i = 0; i < shards; ++i) {
      shards_.push_back(std::make_unique<TestShard>());
      shards_.back()->http.shard = i;
    }
    store_options_ = store;
    store_options_.directory = directory_.path + "/cache";
    policy_ = policy;
    open();
  }
  ~TestCache() { close(); }

  void open() {
    REQUIRE(EdgeCache::open(store_options_, static_cast<uint32_t>(shards_.size()), workers_,
                            &cache_) == Status::ok);
    cache_->store().flush();
    origin = std::make_shared<ScriptedOrigin>();
    route_ = make_route("acme");
  }
  void close() {
    if (!cache_) return;
    for (uint32_t i = 0; i < shards_.size(); ++i) cache_->stop_shard(i);
    settle();
    route_.reset();
    cache_.reset();
  }
  // As after a restart of the node.
  void reopen() {
    cache_->store().flush();
    close();
    open();
  }
  std::shared_ptr<CachedRoute> make_route(const std::string& tenant) {
    return std::make_shared<CachedRoute>(CachedRoute{*cache_, tenant, policy_, origin, 10'000});
  }

  EdgeCache& cache() { return *cache_; }
  TestShard& shard(uint32_t i = 0) { return *shards_[i]; }
  void handle(Exchange& exchange) { CacheHandler(route_).handle(exchange); }
  void handle(Exchange& exchange, const std::string& tenant) {
    CacheHandler(make_route(tenant)).handle(exchange);
  }
  // Runs all loops until their mail is delivered.
  void settle() {
    for (int i = 0; i < 6; ++i)
      for (auto& shard : shards_) uv_run(shard->loop.uv(), UV_RUN_NOWAIT);
  }
  // The same, when workers or the store's thread have to do something first.
  template <class Done>
  void run_until(Done&& done) {
    while (!done())
      for (auto& shard : shards_) uv_run(shard->loop.uv(), UV_RUN_NOWAIT);
  }
  uint64_t count(Counter counter) const {
    uint64_t sum = 0;
    for (const auto& shard : shards_) sum += shard->count(counter);
    return sum;
  }

  std::shared_ptr<ScriptedOrigin> origin;

 private:
  CacheDirectory directory_;
  Workers workers_;
  std::vector<std::unique_ptr<TestShard>> shards_;
  StoreOptions store_options_;
  PolicyOptions policy_;
  std::unique_ptr<EdgeCache> cache_;
  std::shared_ptr<const CachedRoute> route_;
};

// One request and what it was answered.
struct Client {
  Client(TestCache& of, std::string_view method, std::string_view target,
         std::initializer_list<Header> headers = {}, uint32_t shard = 0,
         const std::string& tenant = "acme")
      : cache(of), on(of.shard(shard)), exchange(on, method, target, headers) {
    cache.handle(*exchange, tenant);
  }
  // Who still waits leaves.
  ~Client() { exchange->detach(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool answered() const { return exchange.transport.answers > 0; }
  uint16_t status() const { return exchange.transport.status; }
  std::string header(std::string_view name) const { return exchange.transport.header(name); }
  // Waits for the answer if need be, and reads its body to the end.
  std::string text() {
    cache.run_until([this] { return answered(); });
    ended = exchange.transport.pull_all(on, 64 * 1024);
    return exchange.transport.text;
  }
  void leave() {
    exchange.transport.drop_source();
    exchange->detach();
  }

  TestCache& cache;
  TestShard& on;
  FakeExchange exchange;
  bool ended = false;
};

inline std::string get(TestCache& cache, std::string_view target,
                       std::initializer_list<Header> headers = {}) {
  return Client(cache, "GET", target, headers).text();
}

}  // namespace fce
