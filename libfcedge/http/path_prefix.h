// SPDX-License-Identifier: Apache-2.0
// Prefixes of paths that are taken off or put on, on the way to an origin.
#pragma once

#include <string_view>

#include "base/status.h"

namespace fce {

// FCE_EINVAL with a sentence unless it is "" or begins with a slash and ends without one.
Status check_path_prefix(std::string_view prefix);

// The path without its prefix, if it has that in whole segments: what is left may be "".
std::string_view without_prefix(std::string_view path, std::string_view prefix);

}  // namespace fce
