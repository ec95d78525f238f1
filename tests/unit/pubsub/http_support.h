// SPDX-License-Identifier: Apache-2.0
// Exchanges without a connection: the codec's side writes down what a handler answers.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "http/context.h"
#include "http/exchange.h"
#include "http/handler.h"
#include "http/route_table.h"
#include "http/ws_deflate.h"
#include "net/net_context.h"
#include "support.h"

namespace fce::test {

// What the HTTP connections of a shard share, for one shard of a test node.
struct TestHttp {
  TestHttp(TestNode& node, uint32_t shard)
      : net(node.loop(shard), limits, counters, connections), http(net) {
    http.shard = shard;
  }
  Limits limits;
  Counters counters;
  std::atomic<uint64_t> connections{0};
  NetContext net;
  HttpContext http;
};

// What tests write for a compressed message: "z:" and what it says.
inline std::string inflated(std::string_view compressed) {
  Bytes out;
  const WsInflated result = ws_inflate_message(as_bytes(compressed), 1 << 20, &out);
  return result == WsInflated::done ? "z:" + std::string(as_text(out)) : "z broken";
}

// One request. Names of fields are in lower case.
class TestRequest final : public ExchangeTransport {
 public:
  explicit TestRequest(TestHttp& http) : exchange_(new Exchange(http.http, *this, peer_)) {
    exchange_->request.method = Method::get;
    exchange_->request.path = "/";
  }
  ~TestRequest() {
    if (exchange_) leave();
  }
  TestRequest& method(Method method) {
    exchange_->request.method = method;
    return *this;
  }
  TestRequest& field(std::string_view name, std::string_view value) {
    fields_.push_back({name, value});
    exchange_->request.headers = fields_;
    return *this;
  }
  TestRequest& query(std::string_view query) {
    exchange_->request.query = query;
    return *this;
  }
  TestRequest& param(std::string_view name, std::string_view value) {
    params_.push_back({name, value});
    exchange_->params = params_;
    return *this;
  }
  TestRequest& body(std::string_view body) {
    exchange_->request.body = as_bytes(body);
    return *this;
  }
  TestRequest& run(const Handler& handler) {
    handler.handle(*exchange_);
    return *this;
  }
  // The client goes, and the codec gives its reference up.
  void leave() {
    exchange_->detach();
    exchange_->unref();
    exchange_ = nullptr;
  }
  Exchange& exchange() { return *exchange_; }

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (equals_ignoring_case(key, name)) return value;
    return "";
  }

  uint16_t status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string text;
  std::unique_ptr<BodySource> source;
  std::optional<uint64_t> length;
  Stream* stream = nullptr;  // what an upgrade gets

 private:
  void on_answer(Exchange&, uint16_t code, std::span<const Header> fields, Body body) override {
    status = code;
    for (const Header& header : fields) headers.emplace_back(header.name, header.value);
    text = as_text(body.bytes.bytes);
    source = std::move(body.source);
    length = body.length;
  }
  void on_abort(Exchange&) override {}
  Status on_upgrade(Exchange&, std::span<const Header> fields, Upgraded* upgraded) override {
    if (!stream) return Status::unsupported;
    status = 101;
    for (const Header& header : fields) headers.emplace_back(header.name, header.value);
    upgraded->channel = WsChannel(*stream);
    return Status::ok;
  }
  void on_continue(Exchange&) override {}

  PeerAddress peer_;
  std::vector<Header> fields_;
  std::vector<PathParam> params_;
  Exchange* exchange_;
};

}  // namespace fce::test
