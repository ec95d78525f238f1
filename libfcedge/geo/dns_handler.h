// SPDX-License-Identifier: Apache-2.0
// DnsHandler: what answers the messages that a server's sockets bring.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "net/address.h"

namespace fce {

enum class DnsTransport : uint8_t { udp, tcp, tls };

struct DnsClient {
  PeerAddress address;
  DnsTransport transport = DnsTransport::udp;
};

// One for each shard, called on its thread.
class DnsHandler {
 public:
  // Writes the answer to one message (without the two bytes of length that TCP has) and returns its
  // size; 0: silence. `out` is as large as the transport lets an answer be: the handler keeps to
  // what the client has room for.
  virtual size_t answer(const DnsClient& client, Bytes query, MutableBytes out) = 0;

 protected:
  ~DnsHandler() = default;
};

}  // namespace fce
