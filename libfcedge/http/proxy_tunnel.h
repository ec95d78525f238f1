// SPDX-License-Identifier: Apache-2.0
// ProxyTunnel: a connection (or a stream of HTTP/2) that has left HTTP, joined with an upstream's:
// raw bytes both ways, each held back by the other side.
#pragma once

#include <cstdint>
#include <memory>

#include "http/byte_queue.h"
#include "http/context.h"
#include "http/exchange.h"
#include "http/fetch.h"
#include "http/upload.h"
#include "http/ws_boundary.h"
#include "http/ws_channel.h"
#include "loop/timer.h"

namespace fce {

class ProxyCall;

class ProxyTunnel final : public StreamOwner, public Drainable, public Upload::Owner {
 public:
  // What waits for a slow client: beyond it the upstream is paused.
  static constexpr size_t kWindowBytes = 64 * 1024;
  // An upstream's connection ends on both sides at once. So when a client has ended its side, the
  // upstream has this long to answer what came before and to end by itself.
  static constexpr uint64_t kLastWordMs = 2000;
  // How long both sides of a WebSocket have for their goodbyes, once the client was told to leave.
  static constexpr uint64_t kCloseMs = 5000;

  // Owns itself, and `call`, whose fetch is `fetch`, until the client's side has closed.
  struct Options {
    uint32_t idle_ms;
    bool websocket;  // what goes through are its frames
  };
  static ProxyTunnel* open(HttpContext& http, Upgraded&& upgraded, Fetch& fetch,
                           std::unique_ptr<ProxyCall> call, const Options& options);

  // From the call.
  void on_upstream_data(Bytes data);
  void on_upstream_end();

  // StreamOwner, Drainable
  void on_data(Bytes data) override;
  void on_eof() override;
  bool on_flush(Gather& out) override;
  void on_closed(Status why) override;
  void drain() override;
  // Upload::Owner
  void on_upload_wanted() override {}
  void on_upload_taken(size_t bytes) override;
  void on_upload_dropped() override {}

 private:
  ProxyTunnel(HttpContext& http, Upgraded&& upgraded, Fetch& fetch, std::unique_ptr<ProxyCall> call,
              const Options& options);
  ~ProxyTunnel();
  void pass_on(Bytes data);
  void say_goodbye();
  void set_timer();
  void on_time();

  HttpContext& http_;
  WsChannel channel_;
  Fetch& fetch_;
  std::unique_ptr<ProxyCall> call_;
  Upload to_upstream_;
  Slice head_;  // goes first
  ByteQueue to_client_;
  Timer timer_;
  const Options options_;
  WsBoundary boundary_;  // towards the client
  // draining: the client is told as soon as no frame is under way. told: its own goodbye goes to
  // the upstream, and nothing comes back.
  enum class Leaving : uint8_t { no, draining, told };
  Leaving leaving_ = Leaving::no;
  bool eof_ = false;     // the client has ended its side
  bool paused_ = false;  // the upstream
  bool held_ = false;    // the client
  bool upstream_ended_ = false;
};

}  // namespace fce
