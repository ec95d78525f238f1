// SPDX-License-Identifier: Apache-2.0
// Options structs of the C ABI: a caller may be older (its struct is shorter) or newer than the
// library. What is missing is zero, what we do not know is left alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/status.h"

namespace fce {

template <class Options>
void init_options(Options* options) {
  if (!options) return;
  std::memset(static_cast<void*>(options), 0, sizeof *options);
  options->size = sizeof *options;
}

// Copies what both sides know of. FCE_EINVAL for NULL and for a struct that was not initialised.
template <class Options>
Status take_options(const Options* given, Options* out) {
  init_options(out);
  if (!given) return fail(Status::invalid, "the options are NULL");
  if (given->size < sizeof(uint32_t) || given->size > 65'536)
    return fail(Status::invalid, "the options were not filled by their _init function");
  std::memcpy(static_cast<void*>(out), given, std::min<size_t>(given->size, sizeof *out));
  out->size = sizeof *out;
  return Status::ok;
}

inline std::string text_of(const char* text) { return text ? text : ""; }

}  // namespace fce
