// SPDX-License-Identifier: Apache-2.0
// Both ends of a fetch for tests of what stands between them: a sink that keeps what it is told,
// and a fetcher that answers as the test says.
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/context.h"
#include "http/fetch.h"

namespace fce {

using Fields = std::vector<std::pair<std::string, std::string>>;

inline Fields fields_of(std::span<const Header> headers) {
  Fields fields;
  for (const Header& header : headers) fields.emplace_back(header.name, header.value);
  return fields;
}

// The values of a field, joined; "-" when there is none.
inline std::string field(const Fields& fields, std::string_view name) {
  std::string value = "-";
  for (const auto& each : fields)
    if (each.first == name) value = value == "-" ? each.second : value + ", " + each.second;
  return value;
}

class RecordSink final : public FetchSink {
 public:
  void on_informational(uint16_t status, std::span<const Header>) override {
    informational.push_back(status);
  }
  void on_head(uint16_t new_status, std::span<const Header> new_headers,
               std::optional<uint64_t> new_length) override {
    ++heads;
    CHECK(!over());
    status = new_status;
    headers = fields_of(new_headers);
    length = new_length;
    if (at_head) at_head();
  }
  void on_upgraded(std::span<const Header>) override { ++upgrades; }
  void on_body(Bytes piece) override {
    CHECK(heads + upgrades == 1);
    CHECK(!over());
    ++pieces;
    body += as_text(piece);
    if (at_body) at_body();
  }
  void on_end(std::span<const Header>) override {
    CHECK(!over());
    CHECK(heads == 1);
    ended = true;
  }
  void on_fail(FetchError why) override {
    CHECK(!over());
    failed = why;
  }

  bool over() const { return ended || failed.has_value(); }
  std::string header(std::string_view name) const { return field(headers, name); }

  int heads = 0;
  int upgrades = 0;
  int pieces = 0;
  uint16_t status = 0;
  Fields headers;
  std::optional<uint64_t> length;
  std::string body;
  bool ended = false;
  std::optional<FetchError> failed;
  std::vector<uint16_t> informational;
  std::function<void()> at_head, at_body;  // may destroy the fetch
};

// One request as it reached the fetcher, and the way to answer it.
struct AskedFor {
  std::string method, target, authority;
  Fields headers;
  std::string body;
  bool upgrade = false;
  FetchSink* sink = nullptr;  // null once the fetch is gone
  int pauses = 0, resumes = 0, sends = 0;

  std::string header(std::string_view name) const { return field(headers, name); }

  void head(uint16_t status, std::vector<Header> answer = {},
            std::optional<uint64_t> length = std::nullopt) const {
    REQUIRE(sink);
    sink->on_head(status, answer, length);
  }
  // The rest of an answer, as far as somebody is still there to hear it.
  void rest(std::string_view text) const {
    if (sink && !text.empty()) sink->on_body(as_bytes(text));
    if (sink) sink->on_end({});
  }
  void answer(uint16_t status, std::vector<Header> headers_of_answer = {},
              std::string_view text = {}) const {
    head(status, std::move(headers_of_answer), text.size());
    rest(text);
  }
  void fail(FetchError why) const {
    REQUIRE(sink);
    sink->on_fail(why);
  }
};

class FakeFetcher final : public Fetcher {
 public:
  std::unique_ptr<Fetch> start(HttpContext&, FetchRequest&& request,
                               FetchSink& sink) const override {
    AskedFor& asked = requests.emplace_back();
    asked.method = request.method;
    asked.target = request.target;
    asked.authority = request.authority;
    asked.headers = fields_of(request.headers);
    asked.body = as_text(request.body.bytes.bytes);
    asked.upgrade = request.upgrade;
    asked.sink = &sink;
    return std::make_unique<One>(asked);
  }

  // All that came, in order. References stay valid.
  mutable std::deque<AskedFor> requests;

 private:
  class One final : public Fetch {
   public:
    explicit One(AskedFor& asked) : asked_(asked) {}
    ~One() override { asked_.sink = nullptr; }
    void pause() override { ++asked_.pauses; }
    void resume() override { ++asked_.resumes; }
    void send(std::unique_ptr<BodySource>) override { ++asked_.sends; }

   private:
    AskedFor& asked_;
  };
};

inline FetchRequest request_for(std::string_view target, std::span<const Header> headers = {},
                                std::string_view method = "GET") {
  FetchRequest request;
  request.method = method;
  request.target = target;
  request.authority = "client.example";
  request.headers = headers;
  return request;
}

}  // namespace fce
