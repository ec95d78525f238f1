// SPDX-License-Identifier: Apache-2.0
// Listeners. TCP addresses have one socket per shard with SO_REUSEPORT, so the kernel spreads
// connections; a unix socket has one, and its shard hands descriptors round.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "net/address.h"
#include "net/net_context.h"
#include "net/proxy_protocol.h"
#include "net/stream.h"

namespace fce {

// The bound sockets of one address. They are closed with it unless a listener took them.
class BoundAddress {
 public:
  BoundAddress() = default;
  ~BoundAddress();
  BoundAddress(BoundAddress&& other) noexcept;
  BoundAddress& operator=(BoundAddress&& other) noexcept;

  struct Options {
    uint32_t shards = 1;
    uint32_t backlog = 4096;
    uint32_t unix_mode = 0660;
  };
  // Probes without SO_REUSEPORT first, so that a port of another process is an error.
  static Status bind(const ListenAddress& address, const Options& options, BoundAddress* out);

  uint16_t port() const { return port_; }
  bool is_unix() const { return !unix_path_.empty(); }
  // The socket of a shard; -1 when this shard has none. The caller owns it from now on.
  int take(uint32_t shard);

 private:
  std::vector<int> sockets_;
  uint16_t port_ = 0;
  std::string unix_path_;  // unlinked when the address goes
};

// Accepts on one socket of one shard.
class Listener {
 public:
  // `certificates` null: clear text.
  Listener(NetContext& net, const CertificateStore* certificates, StreamAcceptor& acceptor);
  ~Listener();

  // Whoever connects has to speak the PROXY protocol first, and has to be trusted to. `policy`
  // outlives the listener.
  void require_proxy(const ProxyPolicy& policy) { proxy_ = &policy; }

  Status open(int fd);
  // For a unix socket: who takes an accepted descriptor (this shard by `adopt`, or another by
  // mail). Only this shard's lane of handshakes holds the listener back, and only its admission is
  // told what accepting cost: another shard may get more handshakes than it has time for, which
  // then wait in its lane.
  void set_hand_out(std::function<void(int fd)> hand_out) { hand_out_ = std::move(hand_out); }
  void adopt(int fd, const PeerAddress& peer);
  // Closes the socket. Connections that wait in the kernel's queue are reset.
  void close();

 private:
  struct Handle;
  void on_readable();
  uint32_t accept_some();
  void set_queue(uint32_t clients);
  uint32_t queue() const;
  void pause();
  void resume();
  void refuse(int fd, Counter why);

  NetContext& net_;
  const CertificateStore* certificates_;
  const ProxyPolicy* proxy_ = nullptr;
  StreamAcceptor& acceptor_;
  Handle* handle_ = nullptr;  // frees itself once libuv has let go of it
  int fd_ = -1;
  uint32_t queued_ = 0;  // clients in the kernel's queue, as told to the shard's admission
  bool held_back_ = false;
  Timer resume_;  // after the process ran out of descriptors
  std::function<void(int fd)> hand_out_;
};

}  // namespace fce
