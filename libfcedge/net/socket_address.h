// SPDX-License-Identifier: Apache-2.0
// Addresses as system calls take them, for sockets that are bound.
#pragma once

#include <sys/socket.h>

#include <cstdint>

#include "net/address.h"

namespace fce {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;

  // All addresses (`any`) are those of IPv6, whose socket takes IPv4 too.
  static SocketAddress of(const ListenAddress& address, uint16_t port);
  // What a socket is bound to.
  static SocketAddress of_socket(int fd);

  bool v6() const { return storage.ss_family == AF_INET6; }
  uint16_t port() const;
  bool wildcard() const;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

// Makes a socket of a kind (SOCK_STREAM or SOCK_DGRAM) and binds it, with what `prepare` sets
// between the two; a negative result is -errno. On a machine without IPv6, all addresses are those
// of IPv4.
int make_bound_socket(const ListenAddress& address, uint16_t port, int kind,
                      void (*prepare)(int fd, bool v6), bool reuse_port);

void set_socket_option(int fd, int level, int name, int value);

// A failed call on the way to a bound socket as a sentence.
Status cannot_listen(const ListenAddress& address, int error);

}  // namespace fce
