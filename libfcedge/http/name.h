// SPDX-License-Identifier: Apache-2.0
// The one rule for names of tenants, users, groups and channels, whether they come in a token, a
// path, a query or a command: what one room takes for a name no other refuses.
#pragma once

#include <cstddef>
#include <string_view>

namespace fce {

constexpr size_t kNameBytesMax = 255;

// 1 to 255 bytes of UTF-8 without control characters (C0, DEL and C1).
bool is_name(std::string_view text);

}  // namespace fce
