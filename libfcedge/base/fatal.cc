// SPDX-License-Identifier: Apache-2.0
#include "base/fatal.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace fce {

void fatal(const char* format, ...) {
  va_list args;
  va_start(args, format);
  std::fputs("libfcedge: fatal: ", stderr);
  std::vfprintf(stderr, format, args);
  std::fputc('\n', stderr);
  va_end(args);
  std::abort();
}

}  // namespace fce
