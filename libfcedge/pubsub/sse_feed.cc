// SPDX-License-Identifier: Apache-2.0
#include "pubsub/sse_feed.h"

#include <algorithm>
#include <string>

#include "pubsub/hub.h"

namespace fce {
namespace {

// What a hundred thousand idle ones of these cost is a target of the design.
static_assert(sizeof(SseFeed) <= 144);

uint16_t ticks_from_ms(uint32_t ms) {
  const uint64_t ticks = ms / TimerWheel::kTickMs;
  return static_cast<uint16_t>(std::clamp<uint64_t>(ticks, 1, UINT16_MAX));
}

std::string retry_text(uint32_t ms) { return "retry: " + std::to_string(ms) + "\n\n"; }

// Both carry the position that was reached, so that a client that reconnects goes on from there.
std::string gap_event(GapReason reason, const MessageId& reached) {
  const std::string id = id_text(reached);
  return "event: gap\nid: " + id + "\ndata: {\"reason\":\"" + std::string(gap_reason_text(reason)) +
         "\",\"id\":\"" + id + "\"}\n\n";
}

std::string ready_event(const MessageId& reached) {
  const std::string id = id_text(reached);
  return "event: ready\nid: " + id + "\ndata: {\"id\":\"" + id + "\"}\n\n";
}

// The client takes the position and dispatches nothing, since there is no data.
std::string id_event(const MessageId& reached) { return "id: " + id_text(reached) + "\n\n"; }

std::string end_event(EndReason reason) {
  return "event: end\ndata: {\"code\":" + std::to_string(end_code(reason)) + ",\"reason\":\"" +
         std::string(end_reason_text(reason)) + "\"}\n\n";
}

}  // namespace

SseFeed::SseFeed(Hub& hub, const ChannelKey& key, const Position& position, const Options& options)
    : hub_(hub), ping_ticks_(ticks_from_ms(options.ping_ms)), ping_timer_(&on_ping_time, this) {
  hub_.counters().add(Counter::sse_opened);
  set_rest(retry_text(options.retry_ms));
  subscribe(hub, key, position);
  arm_ping();
}

SseFeed::~SseFeed() { hub_.counters().add(Counter::sse_closed); }

void SseFeed::arm_ping() {
  ping_timer_.arm(hub_.loop().timers(), ping_ticks_ * TimerWheel::kTickMs);
}

void SseFeed::on_ping_time(void* self) {
  auto* feed = static_cast<SseFeed*>(self);
  feed->ping_due_ = true;
  feed->arm_ping();
  feed->BodySource::wake(Lane::fanout);
}

void SseFeed::on_drain() {
  if (state_ != State::open) return;
  state_ = State::draining;
  BodySource::wake(Lane::answer);
}

BodySource::Pull SseFeed::pull(Gather& out, size_t max) {
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
  return rest_ || ping_due_ || state_ != State::open || pending() ? Pull::more : Pull::wait;
}

bool SseFeed::add_next(Gather& out, size_t* left) {
  const Item item = take();
  switch (item.kind) {
    case Item::Kind::message: {
      const Bytes event = item.message->sse_event();
      if (event.size() <= *left) {
        // Borrowed: the log holds the message until the flush is over.
        out.add(event, item.message->chunk());
        *left -= event.size();
      } else {
        Chunk* chunk = item.message->chunk();
        chunk->ref();
        rest_ = ChunkRef::adopt(chunk);
        rest_offset_ = static_cast<uint32_t>(event.data() - chunk->data());
      }
      return true;
    }
    case Item::Kind::gap: set_rest(gap_event(item.reason, reached())); return true;
    case Item::Kind::ready: set_rest(ready_event(reached())); return true;
    case Item::Kind::at: set_rest(id_event(reached())); return true;
    case Item::Kind::end:
      state_ = State::ended;
      set_rest(end_event(item.end));
      return true;
    case Item::Kind::none: break;
  }
  if (state_ == State::draining) {
    state_ = State::ended;
    set_rest(retry_text(hub_.reconnect_ms()));
    return true;
  }
  if (!std::exchange(ping_due_, false)) return false;
  if (moved()) {
    set_rest(id_event(reached()));
    told_position();
  } else {
    set_rest(":\n\n");
  }
  return true;
}

void SseFeed::add_rest(Gather& out, size_t* left) {
  const Bytes rest = rest_.bytes().subspan(rest_offset_);
  if (rest.size() <= *left) {
    *left -= rest.size();
    out.add(Slice{std::move(rest_), rest});
    return;
  }
  // With a reference of its own: this feed may be gone before the bytes are.
  out.add(Slice{rest_, rest.first(*left)});
  rest_offset_ += static_cast<uint32_t>(*left);
  *left = 0;
}

void SseFeed::set_rest(std::string_view text) {
  rest_ = ChunkRef::copy_of(as_bytes(text));
  rest_offset_ = 0;
}

}  // namespace fce
