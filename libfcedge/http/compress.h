// SPDX-License-Identifier: Apache-2.0
// Which answers are compressed on their way out (RFC 9110 sections 8.4 and 12.5.3).
//
// Whoever can put text into an answer and see how long it becomes, learns of the rest of that
// answer, byte by byte (BREACH). So this is not for answers that hold a secret (a token against
// forged requests, a session) beside what a client has sent.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "http/body.h"
#include "http/message.h"

namespace fce {

class Exchange;

// As the fields of fce_route_options. A policy is shared by all answers of its routes.
class CompressPolicy {
 public:
  // Media types separated by blanks, "text/*" among them; "": those that the manual names.
  static Status make(uint32_t level, uint32_t bytes_min, std::string_view types,
                     CompressPolicy* out);

  // Whether answers of this type may be. Parameters of the type do not count.
  bool takes(std::string_view content_type) const;
  uint32_t level() const { return level_; }
  uint32_t bytes_min() const { return bytes_min_; }

 private:
  std::vector<std::string> types_;  // in lower case
  uint32_t level_ = 0;
  uint32_t bytes_min_ = 0;
};

// The fields and the body of an answer, to be changed in place. Views live in the exchange's arena
// or where they did before.
void compress_answer(Exchange& exchange, const CompressPolicy& policy, uint16_t status,
                     std::vector<Header>* headers, Body* body);

}  // namespace fce
