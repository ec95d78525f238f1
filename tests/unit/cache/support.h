// SPDX-License-Identifier: Apache-2.0
// Requests and answers for tests of the policy.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/time.h"
#include "cache/cache_request.h"
#include "cache/policy.h"

namespace fce::test {

using Headers = std::vector<Header>;

// "Sun, 06 Nov 1994 08:49:37 GMT"
constexpr int64_t kThen = 784111777;
constexpr int64_t kThenMs = kThen * 1000;
constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

// A request and the arena that it lives in.
class Asked {
 public:
  explicit Asked(Headers headers = {}, std::string_view method = "GET",
                 const PolicyOptions& options = {})
      : headers_(std::move(headers)) {
    request_.method = method_from(method);
    request_.method_text = method;
    request_.authority = "example.com";
    request_.host = "example.com";
    request_.path = "/a/b";
    request_.headers = headers_;
    cache_ = CacheRequest::from(request_, options, arena);
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  const CacheRequest& operator*() const { return cache_; }
  const CacheRequest* operator->() const { return &cache_; }

  Arena arena;

 private:
  Headers headers_;
  Request request_;
  CacheRequest cache_;
};

// An answer that came at `kThen` without delay.
inline OriginAnswer came(const Headers& headers, uint16_t status = 200) {
  return {status, headers, kThenMs, kThenMs};
}

inline std::string_view value_of(std::span<const Header> headers, std::string_view name) {
  for (const Header& header : headers)
    if (header.name == name) return header.value;
  return "(none)";
}

inline size_t count_of(std::span<const Header> headers, std::string_view name) {
  size_t count = 0;
  for (const Header& header : headers) count += header.name == name;
  return count;
}

}  // namespace fce::test
