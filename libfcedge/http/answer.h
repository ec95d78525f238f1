// SPDX-License-Identifier: Apache-2.0
// Rules of an answer that do not depend on the version that carries it (RFC 9110 section 6.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/body.h"
#include "http/message.h"
#include "metrics/counters.h"

namespace fce {

struct AnswerPlan {
  bool send_body;                          // false: HEAD, 204, 304, 1xx, or nothing to send
  std::optional<uint64_t> content_length;  // the field's value, when it is to be sent
};

AnswerPlan plan_answer(Method method, uint16_t status, const Body& body);

void count_answer(Counters& counters, uint16_t status);

// "Not Found"; "" for a status that has no registered phrase.
std::string_view reason_phrase(uint16_t status);

}  // namespace fce
