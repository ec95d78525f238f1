// SPDX-License-Identifier: Apache-2.0
// LiveSession: a WebSocket with many channels. It reads commands, answers them, and drains its
// subscriptions in turn. It owns itself until the socket closes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/rate.h"
#include "http/websocket.h"
#include "loop/timer.h"
#include "pubsub/command.h"
#include "pubsub/doorkeeper.h"
#include "pubsub/hub.h"
#include "pubsub/live_subscription.h"

namespace fce {

class PubSub;

// What the sessions of a route have in common. A session outlives its route.
struct LiveSettings {
  static constexpr uint32_t kCommandsPerSMax = 1'000'000;

  explicit LiveSettings(PubSub& the_pubsub) : pubsub(the_pubsub) {}
  PubSub& pubsub;
  std::shared_ptr<const Doorkeeper> doorkeeper;  // null: everybody may come, as nobody
  uint32_t ping_ms = 25'000;
  uint32_t dead_ms = 60'000;
  uint32_t channels_max = 100;
  uint32_t commands_per_s = 50;
  bool deflate = false;  // compress for clients that offer it
};

class LiveSession final : public WebSocketOwner, private RevocationWatcher {
 public:
  static constexpr std::string_view kProtocol = "fcedge.v1.json";
  // Close codes of our own.
  static constexpr uint16_t kUnauthorized = 4401, kForbidden = 4403, kTooMany = 4429;
  // How long a client that has to bring a token may take.
  static constexpr uint64_t kTokenMs = 10'000;

  // Does the handshake, or refuses it; the exchange is answered either way. A client whose token is
  // bad is told so by the close code, since browsers hide the status of a refused handshake from
  // the code in a page.
  static void open(Exchange& exchange, Hub& hub, std::string_view tenant,
                   std::shared_ptr<const LiveSettings> settings);

  void on_message(WebSocket& socket, std::string_view data, bool text) override;
  bool on_flush(WebSocket& socket, Gather& out) override;
  void on_drain(WebSocket& socket) override;
  void on_closed(WebSocket& socket, uint16_t code) override;

  // For subscriptions: it has something to add to the flush.
  void on_news(LiveSubscription& subscription) {
    pending_.push_back(&subscription);
    socket_->want_flush(Lane::fanout);
  }
  int deflate_bits() const { return socket_->deflate_bits(); }

 private:
  // Answers that come from elsewhere find the session by this, if it is still there. Only the
  // session's thread looks inside; any thread may let go of it.
  struct Anchor {
    LiveSession* session;
  };
  struct Start;
  class Asked;
  class PublishAnswer;
  class PresenceAnswer;
  struct PublishRate {
    const Namespace* of;
    RateLimit rate;
  };

  LiveSession(Hub& hub, const PeerAddress& peer, std::string_view tenant,
              std::shared_ptr<const LiveSettings> settings);
  ~LiveSession();

  // Its life.
  void begin(Doorkeeper::Admission admission);
  void take_identity(std::shared_ptr<const Identity> identity);
  void make_filter(std::span<const uint64_t> blocked);
  void arm_expiry();
  std::string about(std::string_view session) const;
  void close(uint16_t code, std::string_view reason);
  void let_go();
  static void on_expiry(void* self);
  void on_revoked(const Revocation& what, uint64_t user) override;
  // Who it is.
  bool must_identify() const;
  bool may(Right right, std::string_view channel) const;
  bool may_publish(const Namespace& policy, const ChannelKey& key) const;
  bool hook_agrees(Right right, const ChannelKey& key) const;
  void end_forbidden();
  std::string_view user() const {
    return identity_ ? std::string_view(identity_->user) : std::string_view();
  }

  // What it has to send.
  void serve(LiveSubscription& subscription, Gather& out);
  void drop(LiveSubscription& subscription);

  // Commands.
  using Error = Command::Error;
  Error run(const Command& command);
  void answer_ok(CommandRef ref, std::string_view ok = "{}");
  void answer_error(CommandRef ref, CommandRefusal refusal, std::string_view message);
  Error subscribe(const Command& command);
  Error check_subscribe(const Start& start);
  void begin_subscription(const Start& start);
  void on_verdict(Asked& asked, const HookVerdict& verdict);
  std::vector<std::unique_ptr<Asked>>::iterator find_asked(const ChannelKey& key);
  Error unsubscribe(const Command& command);
  Error publish(const Command& command);
  Error begin_publish(const Command& command);
  bool take_publish_rate(const Namespace& policy);
  void on_published(CommandRef ref, Status status, std::string_view id);
  Error presence(const Command& command);
  Error authenticate(const Command& command);
  Error block(const Command& command);
  const std::shared_ptr<Anchor>& anchor();

  Hub& hub_;
  WebSocket* socket_ = nullptr;
  const std::shared_ptr<const LiveSettings> settings_;
  const std::string tenant_;
  std::shared_ptr<const Identity> identity_;
  FilterRef filter_;  // it alone knows whom the client has blocked
  std::unordered_map<ChannelKey, LiveSubscription, ChannelKeyHash> subscriptions_;
  List<LiveSubscription, LivePending> pending_;  // those that have something to add
  std::vector<std::unique_ptr<Asked>> asked_;
  std::vector<PublishRate> publish_rates_;
  std::shared_ptr<Anchor> anchor_;  // made when first needed
  RateLimit command_rate_;
  const PeerAddress peer_;
  Timer expiry_;  // of the identity, or of the time to bring one
  bool closing_ = false;
};

}  // namespace fce
