// SPDX-License-Identifier: Apache-2.0
#include "cache/saved_request.h"

namespace fce {

SavedRequest::SavedRequest(const FetchRequest& request)
    : method_(arena_.copy(request.method)),
      target_(arena_.copy(request.target)),
      authority_(arena_.copy(request.authority)),
      authority_set_(request.authority_set) {
  headers_.reserve(request.headers.size());
  for (const Header& header : request.headers)
    headers_.push_back({arena_.copy(header.name), arena_.copy(header.value)});
}

FetchRequest SavedRequest::request() const {
  FetchRequest request;
  request.method = method_;
  request.target = target_;
  request.authority = authority_;
  request.authority_set = authority_set_;
  request.headers = headers_;
  return request;
}

}  // namespace fce
