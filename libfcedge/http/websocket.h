// SPDX-License-Identifier: Apache-2.0
// WebSocket (RFC 6455; over HTTP/2: RFC 8441), server side: handshake, frames, fragments, UTF-8,
// pings, close.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/rate.h"
#include "http/context.h"
#include "http/exchange.h"
#include "http/ws_channel.h"
#include "http/ws_frame.h"
#include "http/ws_handshake.h"
#include "loop/timer.h"
#include "net/stream.h"

namespace fce {

class WebSocket;

// Who uses a WebSocket. Calls come on the shard's thread, and never from within a call of the
// socket's own functions. After `close` there is only `on_closed`.
class WebSocketOwner {
 public:
  // A whole message, borrowed until return.
  virtual void on_message(WebSocket& socket, std::string_view data, bool text) = 0;
  // The socket has room: add whole frames (see `ws_frame_header`). True: there is more.
  virtual bool on_flush(WebSocket& socket, Gather& out) = 0;
  // The node drains: say goodbye, e.g. by close(1012).
  virtual void on_drain(WebSocket& socket) = 0;
  // The last call, exactly once; `code` is the peer's, or what this side found. The socket is gone
  // when it returns.
  virtual void on_closed(WebSocket& socket, uint16_t code) = 0;

 protected:
  ~WebSocketOwner() = default;
};

struct WebSocketOptions {
  std::string_view subprotocol;  // the one that the handshake agreed on; "" none
  uint32_t ping_ms = 25'000;     // after so long a silence the peer is asked
  uint32_t dead_ms = 60'000;     // nothing heard for so long (at least two pings): it is dead
  bool deflate = false;          // agree to permessage-deflate when the client offers it
};

class WebSocket final : public StreamOwner, public Drainable {
 public:
  // What `send_text` may queue while the peer does not read: beyond it the socket closes with 1008.
  static constexpr size_t kQueueBytesMax = 1 << 20;
  // How long the peer has for its part of the close handshake.
  static constexpr uint32_t kCloseMs = 5000;

  // Checks the handshake (400, 426 with Sec-WebSocket-Version) and takes the connection, or the
  // stream of HTTP/2, over.
  // Returns null when it was refused; the exchange is answered either way. What the client sent
  // right behind its request is delivered at the end of the turn.
  static WebSocket* accept(Exchange& exchange, const WebSocketOptions& options,
                           WebSocketOwner& owner);

  // Asks for `on_flush` at the end of the turn.
  void want_flush(Lane lane) {
    if (state_ == State::open) channel_.want_flush(lane);
  }
  // Sends one message of its own, before what `on_flush` adds: a copy, for what is rare.
  void send_text(std::string_view text);
  // Starts the close handshake: nothing is sent after the close frame, and what `on_flush` would
  // still add is not sent. Again is harmless. For codes and reasons see `ws_close_payload`.
  void close(uint16_t code, std::string_view reason);

  // The window size for `ws_deflate_message`; 0: compression was not agreed on.
  int deflate_bits() const { return deflate_bits_; }

  // Who stops its reading for longer than `dead_ms` takes its peer for dead.
  WsChannel& channel() { return channel_; }

  // StreamOwner, Drainable
  void on_data(Bytes data) override;
  void on_eof() override;
  bool on_flush(Gather& out) override;
  void on_closed(Status why) override;
  void drain() override;

 private:
  // closing: our close frame is sent or queued, the peer's is awaited. done: both sides have said
  // goodbye or never will; the stream closes once it has sent what is queued.
  enum class State : uint8_t { open, closing, done };

  struct Output;     // there only while something of our own is to be sent
  struct FirstTurn;  // there only until what came with the handshake is processed

  WebSocket(HttpContext& http, Upgraded&& upgraded, const WebSocketOptions& options,
            int deflate_bits, WebSocketOwner& owner);
  ~WebSocket();

  static void on_time(void* self);
  void watch_silence();
  uint32_t now_ms() const { return static_cast<uint32_t>(http_.net.loop.now_ms()); }
  void take_first_turn();
  void read(Bytes data);
  void on_message(const WsParser::Item& item);
  bool may_inflate(size_t bytes);
  void on_control(const WsParser::Item& item);
  void on_broken();
  void fail(uint16_t code, Counter counter);
  void finish(bool linger);
  Output& output();
  void queue_pong(Bytes payload);
  void queue_close(uint16_t code, std::string_view reason);
  bool flush_output(Gather& out);

  HttpContext& http_;
  WebSocketOwner& owner_;
  WsChannel channel_;
  Timer timer_;  // of silence while open, then of the close handshake
  WsParser parser_;
  std::unique_ptr<Output> output_;
  std::unique_ptr<FirstTurn> first_turn_;
  RateLimit control_rate_;
  RateLimit inflate_rate_;
  uint32_t ping_ms_;
  uint32_t dead_ms_;
  uint32_t heard_ms_;  // low half of the loop's time; silences are far shorter than it lasts
  uint16_t code_ = WsClose::abnormal;
  State state_ = State::open;
  const uint8_t deflate_bits_;
  bool ping_due_ = false;
};

}  // namespace fce
