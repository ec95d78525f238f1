// SPDX-License-Identifier: Apache-2.0
// Header fields that C code gives for an answer.
#pragma once

#include <fcedge/http.h>

#include <string>
#include <utility>
#include <vector>

#include "base/status.h"

namespace fce {

// Copies them, names in lower case. FCE_EINVAL with a sentence for what RFC 9110 forbids, and for
// fields that belong to the connection or that are written by the codec.
Status read_fields(const fce_header* headers, size_t count,
                   std::vector<std::pair<std::string, std::string>>* out);

}  // namespace fce
