// SPDX-License-Identifier: Apache-2.0
// FailoverFetch: one request on its way through the origins.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "cache/failover.h"
#include "cache/saved_request.h"
#include "http/context.h"

namespace fce {

class FailoverFetch final : public Fetch, private FetchSink {
 public:
  FailoverFetch(std::shared_ptr<const Failover> origins, HttpContext& http, FetchRequest&& request,
                FetchSink& sink);

  void pause() override;
  void resume() override;
  void send(std::unique_ptr<BodySource> bytes) override { inner_->send(std::move(bytes)); }

 private:
  void on_informational(uint16_t status, std::span<const Header> headers) override;
  void on_head(uint16_t status, std::span<const Header> headers,
               std::optional<uint64_t> length) override;
  void on_upgraded(std::span<const Header> headers) override;
  void on_body(Bytes piece) override { sink_.on_body(piece); }
  void on_end(std::span<const Header> trailers) override { sink_.on_end(trailers); }
  void on_fail(FetchError why) override;

  void ask(FetchRequest&& request);
  bool ask_next();
  void count(bool failed);
  uint32_t origin() const { return order_[at_]; }

  const std::shared_ptr<const Failover> origins_;
  HttpContext& http_;
  const SavedRequest saved_;
  FetchSink& sink_;
  const std::vector<uint32_t> order_;
  const bool once_;  // the body went with the first
  size_t at_ = 0;    // in order_
  bool answered_ = false;
  bool paused_ = false;
  std::unique_ptr<Fetch> inner_;
};

}  // namespace fce
