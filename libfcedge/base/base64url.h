// SPDX-License-Identifier: Apache-2.0
// base64url without padding (RFC 4648 section 5, as RFC 7515 uses it). Pure code.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace fce {

std::string base64url(Bytes data);

// Strict: exactly one text stands for given bytes. False for padding, foreign characters, a length
// that cannot be, and bits at the end that no byte takes; `out` is empty then.
bool base64url_decode(std::string_view text, std::string* out);

}  // namespace fce
