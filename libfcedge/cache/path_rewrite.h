// SPDX-License-Identifier: Apache-2.0
// PathRewrite: an origin whose paths differ from those of the route that leads to it. What is
// stored keeps the name that clients know it by.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "http/fetch.h"

namespace fce {

class PathRewrite final : public Fetcher {
 public:
  // `strip` ("/media" or "") is taken off a path that has it in whole segments.
  PathRewrite(std::shared_ptr<const Fetcher> origin, std::string strip)
      : origin_(std::move(origin)), strip_(std::move(strip)) {}

  std::unique_ptr<Fetch> start(HttpContext& http, FetchRequest&& request,
                               FetchSink& sink) const override;

 private:
  const std::shared_ptr<const Fetcher> origin_;
  const std::string strip_;
};

}  // namespace fce
