// SPDX-License-Identifier: Apache-2.0
// Message: one publication, immutable, encoded once for every way in which it can leave the node.
#pragma once

#include <cstdint>
#include <utility>

#include "base/chunk.h"
#include "pubsub/position.h"

namespace fce {

// A reference to a publication; copies share it, also between threads.
//
// All encodings stand one after the other in one chunk: a delivery is then a single piece of
// memory without a branch, and one allocation serves a herd on all shards. It costs up to three
// times the payload (more for text that is all quotes or line ends), so the bounds of a ring count
// the whole chunk: large payloads shorten a channel's history, they do not grow its memory.
class Message {
 public:
  Message() = default;
  // `payload` is UTF-8.
  static Message encode(const MessageId& id, Bytes payload);

  explicit operator bool() const { return static_cast<bool>(chunk_); }
  MessageId id() const { return {head()->epoch, head()->n}; }
  uint64_t n() const { return head()->n; }

  // Whole WebSocket text frames: the payload alone, and {"id":"7-42","data":"..."}.
  Bytes raw_frame() const { return part(0, head()->json_at); }
  Bytes json_frame() const { return part(head()->json_at, head()->sse_at); }
  // The event with its `id:` line. It is the chunk's end.
  Bytes sse_event() const { return part(head()->sse_at, head()->end); }
  Bytes payload() const { return part(head()->payload_at, head()->json_at); }

  // What keeps those bytes alive.
  Chunk* chunk() const { return chunk_.get(); }
  // The memory that it takes.
  size_t bytes() const { return sizeof(Chunk) + chunk_->size(); }

 private:
  // At the chunk's beginning; offsets count from behind it. The raw frame is at 0.
  struct Head {
    uint64_t epoch;
    uint64_t n;
    uint32_t payload_at;
    uint32_t json_at;
    uint32_t sse_at;
    uint32_t end;
  };

  const Head* head() const { return reinterpret_cast<const Head*>(chunk_->data()); }
  Bytes part(uint32_t from, uint32_t to) const {
    return {chunk_->data() + sizeof(Head) + from, to - from};
  }

  ChunkRef chunk_;
};

}  // namespace fce
