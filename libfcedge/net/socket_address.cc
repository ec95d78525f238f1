// SPDX-License-Identifier: Apache-2.0
#include "net/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace fce {

SocketAddress SocketAddress::of(const ListenAddress& address, uint16_t port) {
  SocketAddress out;
  const bool v6 = address.any || address.host.find(':') != std::string::npos;
  if (v6) {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(out.storage);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    if (!address.any) inet_pton(AF_INET6, address.host.c_str(), &in6.sin6_addr);
    out.length = sizeof in6;
  } else {
    auto& in4 = reinterpret_cast<sockaddr_in&>(out.storage);
    in4.sin_family = AF_INET;
    in4.sin_port = htons(port);
    inet_pton(AF_INET, address.host.c_str(), &in4.sin_addr);
    out.length = sizeof in4;
  }
  return out;
}

SocketAddress SocketAddress::of_socket(int fd) {
  SocketAddress out;
  if (getsockname(fd, out.get(), &out.length) != 0) return {};
  return out;
}

uint16_t SocketAddress::port() const {
  return ntohs(v6() ? reinterpret_cast<const sockaddr_in6&>(storage).sin6_port
                    : reinterpret_cast<const sockaddr_in&>(storage).sin_port);
}

bool SocketAddress::wildcard() const {
  if (v6())
    return IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr);
  return reinterpret_cast<const sockaddr_in&>(storage).sin_addr.s_addr == htonl(INADDR_ANY);
}

void set_socket_option(int fd, int level, int name, int value) {
  (void)setsockopt(fd, level, name, &value, sizeof value);
}

int make_bound_socket(const ListenAddress& address, uint16_t port, int kind,
                      void (*prepare)(int fd, bool v6), bool reuse_port) {
  SocketAddress to = SocketAddress::of(address, port);
  const int fd = socket(to.storage.ss_family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 && errno == EAFNOSUPPORT && address.any) {
    ListenAddress all_v4;
    all_v4.host = "0.0.0.0";
    return make_bound_socket(all_v4, port, kind, prepare, reuse_port);
  }
  if (fd < 0) return -errno;
  if (reuse_port) set_socket_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (to.v6()) set_socket_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, address.any ? 0 : 1);
  prepare(fd, to.v6());
  if (::bind(fd, to.get(), to.length) != 0) {
    const int error = errno;
    ::close(fd);
    return -error;
  }
  return fd;
}

Status cannot_listen(const ListenAddress& address, int error) {
  return fail(status_from_errno(error),
              "cannot listen on " + address.text() + ": " + std::strerror(error));
}

}  // namespace fce
