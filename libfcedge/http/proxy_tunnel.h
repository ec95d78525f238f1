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
#include "http/ws_channel.h"
#include "loop/timer.h"

namespace fce {

class ProxyCall;

class ProxyTunnel final : public StreamOwner, public Drainable, public Upload::Owner {
 public:
  // What waits for a slow client: beyond it the upstream is paused.
  static constexpr size_t kWindowBytes = 64 * 1024;

  // Owns itself, and `call`, whose fetch is `fetch`, until the client's side has closed.
  static ProxyTunnel* open(HttpContext& http, Upgraded&& upgraded, Fetch& fetch,
                           std::unique_ptr<ProxyCall> call, uint32_t idle_ms);

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
              uint32_t idle_ms);
  ~ProxyTunnel();
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
  const uint32_t idle_ms_;
  bool paused_ = false;  // the upstream
  bool held_ = false;    // the client
  bool upstream_ended_ = false;
};

}  // namespace fce
