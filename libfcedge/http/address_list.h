// SPDX-License-Identifier: Apache-2.0
// AddressList: peers that are treated in another way than the rest, as networks in CIDR form.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "net/address.h"

namespace fce {

class AddressList {
 public:
  // "192.0.2.0/24", "2001:db8::/32", one address, or "unix" for who comes by a unix socket. IPv4 in
  // IPv6 is IPv4. Bits behind the prefix are refused, since somebody meant something else.
  Status add(std::string_view text);
  bool contains(const PeerAddress& peer) const;
  bool empty() const { return networks_.empty() && !unix_; }

 private:
  struct Network {
    PeerAddress::Family family;
    std::array<uint8_t, 16> ip;
    uint32_t prefix_bits;
  };
  std::vector<Network> networks_;
  bool unix_ = false;
};

}  // namespace fce
