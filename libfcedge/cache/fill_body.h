// SPDX-License-Identifier: Apache-2.0
// FillBody: a part of what a fill brings, as the body of one client's answer, at that client's
// pace.
#pragma once

#include <cstdint>
#include <memory>

#include "cache/edge_cache.h"
#include "cache/fill.h"
#include "cache/large_body.h"
#include "http/body.h"
#include "http/context.h"

namespace fce {

class FillBody final : public BodySource, private FillVisitor, private BodyReader {
 public:
  // The bytes [begin, end) of the body; `end` is UINT64_MAX when its length is not known. Null when
  // the beginning has gone. Takes over one interest in the fill, in either case.
  static std::unique_ptr<FillBody> join(HttpContext& http, EdgeCache& cache,
                                        std::shared_ptr<Fill> fill, uint64_t begin, uint64_t end);
  ~FillBody() override;

  Pull pull(Gather& out, size_t max) override;

 private:
  FillBody(HttpContext& http, EdgeCache& cache, std::shared_ptr<Fill> fill, uint64_t begin,
           uint64_t end);
  void on_fill() override { wake(Lane::answer); }
  void on_body_ready(BodySource&, Lane lane) override { wake(lane); }
  Pull pull_saved(Gather& out, size_t max);

  HttpContext& http_;
  EdgeCache& cache_;
  const std::shared_ptr<Fill> fill_;
  const std::shared_ptr<FillSide> side_;
  FillBuffer::Reader reader_;
  std::unique_ptr<LargeBody> saved_;  // while it reads what is in the file only
};

}  // namespace fce
