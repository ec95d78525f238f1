// SPDX-License-Identifier: Apache-2.0
// Exchanges without sockets, for tests of handlers: a shard that does not listen, and a transport
// that keeps the answer.
#pragma once

#include <doctest/doctest.h>
#include <uv.h>

#include <atomic>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/body.h"
#include "http/context.h"
#include "http/exchange.h"
#include "http/route_table.h"

namespace fce {

// What the exchanges of one shard need.
struct TestShard {
  TestShard() { REQUIRE(loop.open() == Status::ok); }

  // Runs turns of the loop until `done()`.
  template <class Done>
  void run_until(Done&& done) {
    while (!done()) uv_run(loop.uv(), UV_RUN_ONCE);
  }
  uint64_t count(Counter counter) const { return counters.get(counter); }

  Limits limits;
  Counters counters;
  std::atomic<uint64_t> connections{0};
  Loop loop{2000};
  NetContext net{loop, limits, counters, connections};
  HttpContext http{net};
};

class FakeTransport final : public ExchangeTransport, public BodyReader {
 public:
  void on_answer(Exchange& exchange, uint16_t new_status, std::span<const Header> new_headers,
                 Body body) override {
    ++answers;
    status = new_status;
    for (const Header& header : new_headers) headers.emplace_back(header.name, header.value);
    for (const Header& header : exchange.extra_headers)
      headers.emplace_back(header.name, header.value);
    length = body.length;
    text = std::string(as_text(body.bytes.bytes));
    source_ = std::move(body.source);
    if (source_) source_->set_reader(this);
  }
  void on_abort(Exchange&) override { aborted = true; }
  Status on_upgrade(Exchange&, std::span<const Header>, Upgraded*) override {
    return fail(Status::unsupported, "a fake transport has no upgrade");
  }
  void on_continue(Exchange&) override { ++continues; }
  void on_body_ready(BodySource&, Lane) override { ready_ = true; }

  bool has_source() const { return source_ != nullptr; }
  void drop_source() { source_.reset(); }
  // Pulls the body to its end, at most `max` bytes at a time, and turns the loop while it waits.
  // False when the body failed.
  bool pull_all(TestShard& shard, size_t max) {
    if (!source_) return true;
    Gather gather;
    for (;;) {
      gather.begin(Gather::kBytesMax);
      ready_ = false;
      const BodySource::Pull pull = source_->pull(gather, max);
      REQUIRE(gather.bytes() <= max);
      for (size_t i = 0; i < gather.count(); ++i) text += as_text(gather[i].bytes);
      if (pull == BodySource::Pull::wait) {
        ++waits;
        shard.run_until([this] { return ready_; });
      } else if (pull != BodySource::Pull::more) {
        source_.reset();
        return pull == BodySource::Pull::end;
      }
    }
  }

  // The values of a field, joined; "-" when there is none.
  std::string header(std::string_view name) const {
    std::string value = "-";
    for (const auto& field : headers)
      if (field.first == name) value = value == "-" ? field.second : value + ", " + field.second;
    return value;
  }

  int answers = 0;
  uint16_t status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<uint64_t> length;
  std::string text;
  bool aborted = false;
  int continues = 0;
  int waits = 0;

 private:
  std::unique_ptr<BodySource> source_;
  bool ready_ = false;
};

// One request, as a codec would make it. `target` is a path with or without query.
class FakeExchange {
 public:
  FakeExchange(TestShard& shard, std::string_view method, std::string_view target,
               std::initializer_list<Header> headers = {},
               std::string_view authority = "example.com") {
    exchange_ = new Exchange(shard.http, transport, PeerAddress());
    Arena& arena = exchange_->arena;
    auto* fields = arena.allocate_array<Header>(headers.size());
    size_t count = 0;
    for (const Header& header : headers)
      fields[count++] = {arena.copy(header.name), arena.copy(header.value)};
    Request& request = exchange_->request;
    request.headers = {fields, count};
    request.method_text = arena.copy(method);
    request.method = method_from(method);
    const size_t query = target.find('?');
    request.path = arena.copy(target.substr(0, query));
    if (query != target.npos) request.query = arena.copy(target.substr(query + 1));
    request.authority = arena.copy(authority);
    request.host = request.authority.substr(0, request.authority.find(':'));
  }
  ~FakeExchange() { exchange_->unref(); }
  FakeExchange(const FakeExchange&) = delete;
  FakeExchange& operator=(const FakeExchange&) = delete;

  Exchange& operator*() { return *exchange_; }
  Exchange* operator->() { return exchange_; }
  // As the router does for the wildcard of a directory.
  void set_param(std::string_view name, std::string_view value) {
    param_ = {name, exchange_->arena.copy(value)};
    exchange_->params = {&param_, 1};
  }

  FakeTransport transport;

 private:
  Exchange* exchange_;
  PathParam param_;
};

}  // namespace fce
