// SPDX-License-Identifier: Apache-2.0
// Message: one publication, immutable, encoded once for every way in which it can leave the node.
#pragma once

#include <cstdint>
#include <utility>

#include "base/chunk.h"
#include "pubsub/audience.h"
#include "pubsub/position.h"
#include "pubsub/publication.h"

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
  // `time_us` is when it was published, on the monotonic clock.
  static Message encode(const MessageId& id, std::string_view channel,
                        const Publication& publication, uint64_t time_us);

  explicit operator bool() const { return static_cast<bool>(chunk_); }
  MessageId id() const { return {head()->epoch, head()->n, head()->origin}; }
  uint64_t n() const { return head()->n; }
  uint64_t time_us() const { return head()->time_us; }
  uint64_t time_ms() const { return head()->time_us / 1000; }
  uint64_t key_hash() const { return head()->key_hash; }  // 0: it has no key

  // For whom it is; null: for everybody, and nobody is named as its author.
  const AudienceHashes* audience() const {
    if (head()->raw_at == 0) return nullptr;
    return reinterpret_cast<const AudienceHashes*>(chunk_->data() + sizeof(Head));
  }

  // Whole WebSocket text frames: the payload alone, and the JSON object of pubsub.h.
  Bytes raw_frame() const { return part(head()->raw_at, head()->json_at); }
  Bytes json_frame() const { return part(head()->json_at, head()->sse_at - 1); }
  Bytes json_text() const { return part(head()->line_at, head()->sse_at - 1); }
  // The same object and a line feed.
  Bytes json_line() const { return part(head()->line_at, head()->sse_at); }
  // The event with its `id:` line. It is the chunk's end.
  Bytes sse_event() const { return part(head()->sse_at, head()->end); }
  Bytes payload() const { return part(head()->payload_at, head()->json_at); }

  // What keeps those bytes alive.
  Chunk* chunk() const { return chunk_.get(); }
  // The memory that it takes.
  size_t bytes() const { return sizeof(Chunk) + chunk_->size(); }

 private:
  // At the chunk's beginning, then the audience, then the encodings. Offsets count from behind it.
  struct Head {
    uint64_t epoch;
    uint64_t n;
    uint64_t time_us;
    uint64_t key_hash;
    uint32_t origin;
    uint32_t raw_at;
    uint32_t payload_at;
    uint32_t json_at;
    uint32_t line_at;
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
