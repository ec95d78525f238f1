// SPDX-License-Identifier: Apache-2.0
// What was asked for, kept: for fetches that may have to ask again.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "http/fetch.h"

namespace fce {

class SavedRequest {
 public:
  // Copies all but the body.
  explicit SavedRequest(const FetchRequest& request);

  // A request without a body, whose views live as long as this object.
  FetchRequest request() const;
  std::string_view method() const { return method_; }

 private:
  Arena arena_;
  std::string_view method_, target_, authority_;
  bool authority_set_;
  std::vector<Header> headers_;
};

}  // namespace fce
