// SPDX-License-Identifier: Apache-2.0
// DeflatedFrame: a message's compressed WebSocket frame, kept beside it in the ring of one shard.
// All subscribers of that shard who agreed on the same window get the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/chunk.h"
#include "metrics/counters.h"
#include "pubsub/message.h"

namespace fce {

// How a message stands in a WebSocket frame: the payload alone, or in its JSON object.
enum class FrameForm : uint8_t { raw, json };

inline Bytes plain_frame(const Message& message, FrameForm form) {
  return form == FrameForm::json ? message.json_frame() : message.raw_frame();
}

// One of a list, which has an entry per form and window size that was asked for. Shard's thread.
struct DeflatedFrame {
  std::unique_ptr<DeflatedFrame> next;
  ChunkRef frame;  // null: it did not shrink, and is not tried again
  FrameForm form;
  uint8_t window_bits;

  // The memory that the entry takes.
  size_t bytes() const;

  // The list's entry, made when it is not there yet: `*made_bytes` is what it takes then, else 0.
  // Null, which costs no entry: the message is too short to be compressed, or the entries of others
  // take as much as the message itself.
  static const DeflatedFrame* get(std::unique_ptr<DeflatedFrame>* list, const Message& message,
                                  FrameForm form, int window_bits, Counters& counters,
                                  size_t* made_bytes);
};

}  // namespace fce
