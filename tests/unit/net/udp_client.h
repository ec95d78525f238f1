// SPDX-License-Identifier: Apache-2.0
// A UDP client of the tests: a socket connected to the server, so that only what comes from where
// it has sent to reaches it.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "net/socket_address.h"

namespace fce {

inline ListenAddress udp_address(const std::string& text) {
  ListenAddress address;
  REQUIRE(ListenAddress::parse(text, &address) == Status::ok);
  return address;
}

class UdpClient {
 public:
  UdpClient(const std::string& host, uint16_t port) {
    SocketAddress to = SocketAddress::of(udp_address(host + ":0"), port);
    fd_ = ::socket(to.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    REQUIRE(fd_ >= 0);
    REQUIRE(::connect(fd_, to.get(), to.length) == 0);
  }
  ~UdpClient() { ::close(fd_); }
  UdpClient(const UdpClient&) = delete;
  UdpClient& operator=(const UdpClient&) = delete;

  void send(std::string_view data) {
    REQUIRE(::send(fd_, data.data(), data.size(), 0) == static_cast<ssize_t>(data.size()));
  }
  // What has come; "" when there is nothing.
  std::string receive() {
    char buffer[65'536];
    const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
    return got < 0 ? std::string() : std::string(buffer, static_cast<size_t>(got));
  }
  uint16_t port() const { return SocketAddress::of_socket(fd_).port(); }

 private:
  int fd_;
};

// Whether this machine can bind to an address of IPv6.
inline bool has_ipv6() {
  const int fd = make_bound_socket(
      udp_address("[::1]:0"), 0, SOCK_DGRAM, [](int, bool) {}, false);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

}  // namespace fce
