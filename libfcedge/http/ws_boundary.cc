// SPDX-License-Identifier: Apache-2.0
#include "http/ws_boundary.h"

#include <algorithm>

namespace fce {

// As far as one can tell from what is there: two bytes first, which tell the rest.
size_t WsBoundary::head_size() const {
  if (head_bytes_ < 2) return 2;
  const size_t mask = head_[1] & 0x80 ? 4 : 0;
  switch (head_[1] & 0x7f) {
    case 126: return 4 + mask;
    case 127: return 10 + mask;
    default: return 2 + mask;
  }
}

uint64_t WsBoundary::payload_size() const {
  const uint8_t form = head_[1] & 0x7f;
  if (form < 126) return form;
  uint64_t size = 0;
  for (size_t i = 0; i < (form == 126 ? 2u : 8u); ++i) size = size << 8 | head_[2 + i];
  return size;
}

size_t WsBoundary::take(Bytes data) {
  size_t taken = 0;
  while (left_ == 0 && taken < data.size()) {
    head_[head_bytes_++] = data[taken++];
    if (head_bytes_ < head_size()) continue;
    left_ = payload_size();
    head_bytes_ = 0;
    if (left_ == 0) return taken;
  }
  const auto part = static_cast<size_t>(std::min<uint64_t>(left_, data.size() - taken));
  left_ -= part;
  return taken + part;
}

}  // namespace fce
