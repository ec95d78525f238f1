// SPDX-License-Identifier: Apache-2.0
#include "pubsub/stream_feed.h"

#include <algorithm>
#include <utility>

#include "pubsub/hub.h"

namespace fce {
namespace {

// What a hundred thousand idle ones of these cost is a target of the design.
static_assert(sizeof(StreamFeed) <= 160);

uint16_t ticks_from_ms(uint32_t ms) {
  const uint64_t ticks = ms / TimerWheel::kTickMs;
  return static_cast<uint16_t>(std::clamp<uint64_t>(ticks, 1, UINT16_MAX));
}

}  // namespace

StreamFeed::StreamFeed(Hub& hub, uint32_t silence_ms)
    : hub_(hub), silence_ticks_(ticks_from_ms(silence_ms)), timer_(&on_time, this) {
  arm();
}

void StreamFeed::arm() { timer_.arm(hub_.loop().timers(), silence_ticks_ * TimerWheel::kTickMs); }

void StreamFeed::on_time(void* self) {
  auto* feed = static_cast<StreamFeed*>(self);
  feed->silence_due_ = true;
  feed->arm();
  feed->BodySource::wake(Lane::fanout);
}

void StreamFeed::on_drain() {
  if (state_ != State::open) return;
  state_ = State::draining;
  BodySource::wake(Lane::answer);
}

BodySource::Pull StreamFeed::pull(Gather& out, size_t max) {
  size_t left = max;
  while (left > 0 && !out.full()) {
    if (rest_) {
      add_rest(out, &left);
    } else if (state_ == State::ended) {
      return Pull::end;
    } else if (!add_next(out, &left)) {
      return Pull::wait;
    }
  }
  return rest_ || silence_due_ || state_ != State::open || pending() ? Pull::more : Pull::wait;
}

bool StreamFeed::add_next(Gather& out, size_t* left) {
  const Item item = take();
  if (item.kind == Item::Kind::message) add_message(*item.message, out, left);
  if (item.kind != Item::Kind::none) {
    on_item(item);
  } else if (state_ == State::draining) {
    finish();
    on_farewell(hub_.reconnect_ms());
  } else if (std::exchange(silence_due_, false)) {
    on_silence();
  } else {
    return false;
  }
  return true;
}

void StreamFeed::add_message(const Message& message, Gather& out, size_t* left) {
  const Bytes bytes = encoding(message);
  Chunk* chunk = message.chunk();
  if (bytes.size() <= *left) {
    // Borrowed: the log holds the message until the flush is over.
    out.add(bytes, chunk);
    *left -= bytes.size();
    return;
  }
  chunk->ref();
  rest_ = ChunkRef::adopt(chunk);
  rest_begin_ = static_cast<uint32_t>(bytes.data() - chunk->data());
  rest_end_ = static_cast<uint32_t>(rest_begin_ + bytes.size());
}

void StreamFeed::add_rest(Gather& out, size_t* left) {
  const Bytes rest = rest_.bytes().subspan(rest_begin_, rest_end_ - rest_begin_);
  if (rest.size() <= *left) {
    *left -= rest.size();
    out.add(Slice{std::move(rest_), rest});
    return;
  }
  // With a reference of its own: this feed may be gone before the bytes are.
  out.add(Slice{rest_, rest.first(*left)});
  rest_begin_ += static_cast<uint32_t>(*left);
  *left = 0;
}

void StreamFeed::say(std::string_view text) {
  if (text.empty()) return;
  rest_ = ChunkRef::copy_of(as_bytes(text));
  rest_begin_ = 0;
  rest_end_ = static_cast<uint32_t>(text.size());
}

}  // namespace fce
