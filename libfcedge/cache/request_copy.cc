// SPDX-License-Identifier: Apache-2.0
#include "cache/request_copy.h"

namespace fce {

std::string_view request_target(const Request& request, Arena& arena) {
  if (request.query.empty()) return request.path;
  return arena.concat(request.path, arena.concat("?", request.query));
}

RequestCopy::RequestCopy(const Request& request, const PolicyOptions& options) {
  request_ = request;
  request_.body = {};
  for (std::string_view* text : {&request_.method_text, &request_.protocol, &request_.host,
                                 &request_.authority, &request_.path, &request_.query})
    *text = arena_.copy(*text);
  headers_.reserve(request.headers.size());
  for (const Header& header : request.headers)
    headers_.push_back({arena_.copy(header.name), arena_.copy(header.value)});
  request_.headers = headers_;
  target_ = request_target(request_, arena_);
  cache_request_ = CacheRequest::from(request_, options, arena_);
}

}  // namespace fce
