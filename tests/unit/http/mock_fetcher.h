// SPDX-License-Identifier: Apache-2.0
// A Fetcher whose answers the test gives by hand, and which remembers what it was asked.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/body_reader.h"
#include "http/fetch.h"

namespace fce {

class MockFetcher final : public Fetcher {
 public:
  struct Call {
    std::string method;
    std::string target;
    std::string authority;
    std::vector<std::pair<std::string, std::string>> headers;
    bool upgrade = false;
    TestBodyReader body;  // that was given
    TestBodyReader sent;  // by `send`
    FetchSink* sink = nullptr;
    bool alive = true;
    bool paused = false;
    int pauses = 0;

    // The values of a field, each in brackets.
    std::string field(std::string_view name) const {
      std::string out;
      for (const auto& [key, value] : headers)
        if (key == name) out += "[" + value + "]";
      return out;
    }
    void head(uint16_t status, std::vector<Header> fields = {},
              std::optional<uint64_t> length = std::nullopt) {
      REQUIRE(alive);
      sink->on_head(status, fields, length);
    }
    void piece(std::string_view text) {
      REQUIRE(alive);
      sink->on_body(as_bytes(text));
    }
    void end() {
      REQUIRE(alive);
      const Header trailer[] = {{"x-trailer", "t"}};
      sink->on_end(trailer);
    }
    void fail(FetchError why) {
      REQUIRE(alive);
      sink->on_fail(why);
    }
  };

  std::unique_ptr<Fetch> start(HttpContext&, FetchRequest&& request,
                               FetchSink& sink) const override {
    auto call = std::make_unique<Call>();
    call->method = request.method;
    call->target = request.target;
    call->authority = request.authority;
    for (const Header& header : request.headers)
      call->headers.emplace_back(header.name, header.value);
    call->upgrade = request.upgrade;
    call->body.take(std::move(request.body));
    call->sink = &sink;
    auto fetch = std::make_unique<One>(*call);
    calls.push_back(std::move(call));
    return fetch;
  }

  Call& last() const {
    REQUIRE_FALSE(calls.empty());
    return *calls.back();
  }

  mutable std::vector<std::unique_ptr<Call>> calls;

 private:
  struct One final : Fetch {
    explicit One(Call& a_call) : call(a_call) {}
    ~One() override {
      call.alive = false;
      call.body.drop();
      call.sent.drop();
    }
    void pause() override {
      CHECK_FALSE(call.paused);
      call.paused = true;
      ++call.pauses;
    }
    void resume() override {
      CHECK(call.paused);
      call.paused = false;
    }
    void send(std::unique_ptr<BodySource> bytes) override {
      call.sent.take(Body::pulled(std::move(bytes), std::nullopt));
    }
    Call& call;
  };
};

}  // namespace fce
