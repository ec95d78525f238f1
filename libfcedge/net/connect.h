// SPDX-License-Identifier: Apache-2.0
// Connector: makes one connection to a server that has several addresses. They are tried in order,
// IPv6 and IPv4 by turns; the next one as soon as one has failed, or after a short while without
// waiting for it to fail (RFC 8305). Who answers first is taken.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "loop/loop.h"
#include "loop/timer.h"
#include "net/address.h"
#include "net/net_context.h"

struct sockaddr;

namespace fce {

class Connector final : private Flushable {
 public:
  class Owner {
   public:
    // Takes over `fd`, which is connected and non-blocking. May destroy the connector.
    virtual void on_connected(int fd, const PeerAddress& peer) = 0;
    // No address answered; `late`: one at least was given up for its time. May destroy it, too.
    virtual void on_connect_failed(bool late, int error) = 0;

   protected:
    ~Owner() = default;
  };

  static constexpr size_t kAddressesMax = 8;
  static constexpr uint64_t kNextMs = 250;

  Connector(NetContext& net, Owner& owner);
  // Gives up whatever is under way.
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // Begins; once. The owner is told later. Each address has `each_ms`.
  void start(std::span<const PeerAddress> addresses, uint32_t each_ms);
  void start_unix(const std::string& path, uint32_t each_ms);

 private:
  class Attempt;

  void flush() override;
  void next();
  void begin(int fd, const PeerAddress& peer, const sockaddr* to, uint32_t size);
  void ended(Attempt* attempt, int error);
  void connected(Attempt* attempt);
  void drop_all();

  NetContext& net_;
  Owner& owner_;
  Timer timer_;  // until the next address is tried
  std::vector<PeerAddress> addresses_;
  size_t tried_ = 0;
  std::vector<Attempt*> attempts_;  // under way
  uint32_t each_ms_ = 0;
  int error_ = 0;
  bool late_ = false;
};

// The order in which addresses are tried: as given, but the families by turns (RFC 8305 section 4).
std::vector<PeerAddress> by_turns(std::span<const PeerAddress> addresses);

}  // namespace fce
