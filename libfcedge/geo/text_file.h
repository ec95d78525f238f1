// SPDX-License-Identifier: Apache-2.0
// Files of zones and keys, read at once: so by a worker, or before there is something to wait for.
#pragma once

#include <string>

#include "base/status.h"

namespace fce {

// The sentence of an error begins with the path. FCE_ETOOBIG for one of more than `bytes_max`.
Status read_text_file(const std::string& path, size_t bytes_max, std::string* out);

}  // namespace fce
