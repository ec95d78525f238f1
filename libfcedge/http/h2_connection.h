// SPDX-License-Identifier: Apache-2.0
// One HTTP/2 connection (RFC 9113) on nghttp2: frames in, frames out, floods, time limits, drain.
#pragma once

#include <cstdint>
#include <optional>

#include "http/context.h"
#include "http/h2_budget.h"
#include "http/h2_session.h"
#include "http/h2_stream.h"
#include "loop/timer.h"
#include "net/stream.h"

struct nghttp2_session_callbacks;

namespace fce {

class H2Connection final : public StreamOwner, public Drainable {
 public:
  // Becomes the stream's owner. The client's preface comes through `on_data`.
  static void start(HttpContext& http, Stream& stream);

  // StreamOwner
  void on_data(Bytes data) override;
  void on_eof() override;
  bool on_flush(Gather& out) override;
  void on_closed(Status why) override;
  // Drainable
  void drain() override;

 private:
  struct Callbacks;  // what nghttp2 calls, in h2_callbacks.cc
  enum class Drain : uint8_t { none, announced, final };

  H2Connection(HttpContext& http, Stream& stream);
  ~H2Connection();
  static const nghttp2_session_callbacks* callbacks();

  // Events from nghttp2. False: the connection is cut off.
  bool on_frame_begins(uint8_t type, uint8_t flags);
  void on_head_begins(int32_t id);
  bool on_field(int32_t id, std::string_view name, std::string_view value, bool name_is_static);
  void on_head(H2Stream& stream, bool request_ends);
  void on_body(int32_t id, Bytes piece);
  void on_invalid_frame(bool opens_stream, int error);
  void on_data_sent(const uint8_t* frame_head);
  bool on_reset_sent(uint32_t error);
  void on_goaway_sent();
  void on_ping_answered();
  void on_settings() { greeted_ = true; }
  void on_stream_closed(H2Stream* stream);
  H2Stream* find(int32_t id);

  bool spend(H2Budget& budget, uint32_t per_s, uint32_t burst, Counter counter);
  bool spend_control();
  bool spend_reset();
  bool cut_off(Counter counter);
  void fail_session(int64_t error);
  void leave(uint32_t error, std::string_view why = {});
  void finish_drain();
  void close_if_done();

  void set_timer();
  uint64_t next_deadline_ms();
  void on_timer();

  H2Link link_;
  H2Memory memory_;
  Timer timer_;
  uint64_t timer_at_ms_ = 0;  // when the timer was armed for
  uint64_t since_ms_;         // start, or the end of the last stream
  uint64_t head_since_ms_ = 0;
  uint64_t drain_since_ms_ = 0;
  H2Stream* heading_ = nullptr;  // its head is incomplete; at most one is (RFC 9113 section 4.3)
  H2Budget resets_;
  H2Budget controls_;
  H2WindowCredit window_credit_;
  uint32_t streams_ = 0;
  uint32_t continuations_ = 0;  // of the header block that comes in
  Drain drain_ = Drain::none;
  bool greeted_ = false;           // the client's first SETTINGS have come
  bool leaving_ = false;           // GOAWAY with an error was queued
  std::optional<Counter> calmed_;  // the budget for whose sake it was
  bool cut_ = false;
};

}  // namespace fce
