// SPDX-License-Identifier: Apache-2.0
// BoundUdp: the UDP sockets of one address, one per shard with SO_REUSEPORT, so that the kernel
// spreads the clients.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "net/address.h"

namespace fce {

// The sockets are closed with it unless somebody took them.
class BoundUdp {
 public:
  BoundUdp() = default;
  ~BoundUdp();
  BoundUdp(BoundUdp&& other) noexcept;
  BoundUdp& operator=(BoundUdp&& other) noexcept;

  // Probes without SO_REUSEPORT first, so that a port of another process is an error.
  static Status bind(const ListenAddress& address, uint32_t shards, BoundUdp* out);

  uint16_t port() const { return port_; }
  // The socket of a shard; -1 when this shard has none. The caller owns it from now on.
  int take(uint32_t shard);

 private:
  std::vector<int> sockets_;
  uint16_t port_ = 0;
};

}  // namespace fce
