// SPDX-License-Identifier: Apache-2.0
// WsFeed: a subscriber whose messages leave by a WebSocket. It owns itself until the socket closes.
#pragma once

#include "http/websocket.h"
#include "pubsub/subscriber.h"

namespace fce {

class WsFeed final : public WebSocketOwner, private Subscriber {
 public:
  // The subprotocol of JSON envelopes; without it messages are the bare payloads.
  static constexpr std::string_view kJsonProtocol = "fcedge.v1.json";
  // What ends a bare feed that has a gap, since it has no other way to tell.
  static constexpr uint16_t kGapCode = 4410;

  struct Options {
    uint32_t ping_ms;
    uint32_t dead_ms;
    uint64_t expires_ms = 0;  // from now; 0: never
    bool deflate = false;     // compress for clients that offer it
  };
  // Does the handshake, or refuses it; the exchange is answered either way.
  static void open(Exchange& exchange, Hub& hub, const ChannelKey& key, const Position& position,
                   const Options& options, FilterRef filter = {});

  void on_message(WebSocket& socket, std::string_view data, bool text) override;
  bool on_flush(WebSocket& socket, Gather& out) override;
  void on_drain(WebSocket& socket) override;
  void on_closed(WebSocket& socket, uint16_t code) override;

 private:
  WsFeed(Hub& hub, bool json) : hub_(hub), json_(json) {}
  ~WsFeed() override = default;
  void on_messages() override { socket_->want_flush(Lane::fanout); }
  void add(const Message& message, Gather& out);
  void tell_gap(GapReason reason, Gather& out);
  void tell(std::string_view what, std::string_view more, Gather& out);
  void close(uint16_t code, std::string_view reason);

  Hub& hub_;
  WebSocket* socket_ = nullptr;
  const bool json_;
  bool closing_ = false;
};

}  // namespace fce
