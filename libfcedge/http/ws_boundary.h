// SPDX-License-Identifier: Apache-2.0
// WsBoundary: follows the frames of a WebSocket (RFC 6455 section 5.2) through raw bytes, in any
// pieces, so that one knows where a frame of one's own may be put in.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace fce {

class WsBoundary {
 public:
  // Takes bytes up to the end of the frame that is under way or begins, or all if it goes on.
  // Returns how many.
  size_t take(Bytes data);
  // Whether no frame is under way.
  bool between() const { return head_bytes_ == 0 && left_ == 0; }

 private:
  size_t head_size() const;
  uint64_t payload_size() const;

  uint8_t head_[14];
  uint8_t head_bytes_ = 0;  // of a header that is not complete
  uint64_t left_ = 0;       // of a payload
};

}  // namespace fce
