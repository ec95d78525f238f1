// SPDX-License-Identifier: Apache-2.0
#include "cache/path_rewrite.h"

#include <algorithm>

#include "http/path_prefix.h"

namespace fce {

std::unique_ptr<Fetch> PathRewrite::start(HttpContext& http, FetchRequest&& request,
                                          FetchSink& sink) const {
  std::string target;
  const size_t path_bytes = std::min(request.target.find('?'), request.target.size());
  const std::string_view path = request.target.substr(0, path_bytes);
  const std::string_view left = without_prefix(path, strip_);
  if (left.size() != path.size()) {
    target.append(left.empty() ? "/" : left).append(request.target.substr(path_bytes));
    request.target = target;
  }
  return origin_->start(http, std::move(request), sink);
}

}  // namespace fce
