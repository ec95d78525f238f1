// SPDX-License-Identifier: Apache-2.0
// A fetch whose outcome is known at once; it is told at the end of the turn, since no fetch calls
// its sink from within `start`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "http/context.h"
#include "http/fetch.h"
#include "loop/loop.h"

namespace fce {

class KnownFetch final : public Fetch, public Flushable {
 public:
  // Fails for the reason `why`.
  KnownFetch(HttpContext& http, FetchSink& sink, FetchError why);
  // Answers `status` with these fields and no body.
  KnownFetch(HttpContext& http, FetchSink& sink, uint16_t status,
             std::span<const Header> headers = {});
  ~KnownFetch() override;

  void pause() override {}
  void resume() override {}

 private:
  void flush() override;

  FetchSink& sink_;
  const uint16_t status_;  // 0: it fails
  const FetchError why_ = FetchError::refused;
  std::vector<std::pair<std::string, std::string>> fields_;
  bool* gone_ = nullptr;  // set where it is watched whether a sink destroyed this
};

}  // namespace fce
