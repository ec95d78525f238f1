// SPDX-License-Identifier: Apache-2.0
// Gives each accepted stream the codec that it speaks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "http/context.h"
#include "loop/timer.h"
#include "net/stream.h"

namespace fce {

class HttpServer final : public StreamAcceptor {
 public:
  explicit HttpServer(HttpContext& http);
  void on_stream(Stream& stream) override;

  // Tells all connections to end, spread evenly over `spread_ms`, so that their clients do not all
  // come back elsewhere at once. What is accepted from now on ends after its first answer.
  void drain(uint32_t spread_ms);

 private:
  void drain_some();

  HttpContext& http_;
  List<Drainable> waiting_;  // to be told
  size_t per_tick_ = 0;
  Timer timer_;
};

}  // namespace fce
