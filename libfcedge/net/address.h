// SPDX-License-Identifier: Apache-2.0
// Addresses: where a peer comes from and where a listener binds.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

struct sockaddr_storage;

namespace fce {

// The address of a connected peer, small enough to stand in each connection.
struct PeerAddress {
  enum class Family : uint8_t { unix_socket, ipv4, ipv6 };
  Family family = Family::unix_socket;
  uint16_t port = 0;
  std::array<uint8_t, 16> ip{};

  static PeerAddress from(const sockaddr_storage& address);
  // Of 4 or 16 bytes in the order of the network.
  static PeerAddress from_v4(const uint8_t* ip, uint16_t port);
  static PeerAddress from_v6(const uint8_t* ip, uint16_t port);
  // Whether what is sent there stays on this machine: a unix socket, 127.0.0.0/8, ::1, and what the
  // kernel takes for them (::ffff:127.0.0.0/104).
  bool local() const;
  // "192.0.2.1", "2001:db8::1" or "unix". IPv4 in IPv6 (::ffff:0:0/96) reads as IPv4.
  std::string text() const;
};

// All addresses whose first `bits` bits are those of `first`: "192.0.2.0/24", or a single address.
struct Network {
  PeerAddress first;
  uint8_t bits = 0;

  // FCE_EINVAL with a sentence; also for bits of `first` beyond the prefix, which are a mistake.
  static Status parse(std::string_view text, Network* out);
  bool contains(const PeerAddress& peer) const;
};

// Where to listen: "HOST:PORT", "[V6]:PORT", ":PORT" (all addresses) or "unix:PATH".
struct ListenAddress {
  bool is_unix = false;
  bool any = false;  // ":PORT": one socket for IPv6 and IPv4
  std::string host;
  uint16_t port = 0;
  std::string path;

  static Status parse(std::string_view text, ListenAddress* out);
  std::string text() const;
};

}  // namespace fce
