// SPDX-License-Identifier: Apache-2.0
// What cannot be continued from: one line on stderr, then abort.
#pragma once

namespace fce {

[[noreturn, gnu::format(printf, 1, 2)]] void fatal(const char* format, ...);

}  // namespace fce
