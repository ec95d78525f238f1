// SPDX-License-Identifier: Apache-2.0
#include "net/bound_udp.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "net/socket_address.h"

namespace fce {
namespace {

// The kernel takes less where the system's limits say so.
constexpr int kReceiveQueueBytes = 4 << 20, kSendQueueBytes = 1 << 20;

void prepare(int fd, bool v6) {
  set_socket_option(fd, SOL_SOCKET, SO_RCVBUF, kReceiveQueueBytes);
  set_socket_option(fd, SOL_SOCKET, SO_SNDBUF, kSendQueueBytes);
  // Whoever forges ICMP must not have us split answers into fragments, which can be forged too:
  // what is said of a path's width is not heard.
  set_socket_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
  if (v6) set_socket_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
}

// A negative result is -errno.
int make_udp(const ListenAddress& address, uint16_t port, bool reuse_port) {
  const int fd = make_bound_socket(address, port, SOCK_DGRAM, prepare, reuse_port);
  if (fd < 0 || !SocketAddress::of_socket(fd).wildcard()) return fd;
  // Answers have to leave from the address that was asked, which only each datagram knows.
  const bool v6 = SocketAddress::of_socket(fd).v6();
  if (v6) set_socket_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  if (!v6) set_socket_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
  return fd;
}

}  // namespace

BoundUdp::~BoundUdp() {
  for (const int fd : sockets_)
    if (fd >= 0) ::close(fd);
}

BoundUdp::BoundUdp(BoundUdp&& other) noexcept
    : sockets_(std::move(other.sockets_)), port_(other.port_) {}

BoundUdp& BoundUdp::operator=(BoundUdp&& other) noexcept {
  std::swap(sockets_, other.sockets_);
  std::swap(port_, other.port_);
  return *this;
}

Status BoundUdp::bind(const ListenAddress& address, uint32_t shards, BoundUdp* out) {
  if (address.is_unix) return fail(Status::invalid, "UDP needs an IP address to listen on");
  const int probe = make_udp(address, address.port, false);
  if (probe < 0) return cannot_listen(address, -probe);
  BoundUdp bound;
  bound.port_ = SocketAddress::of_socket(probe).port();
  ::close(probe);  // a socket without the flag keeps others with it away
  bound.sockets_.assign(shards, -1);
  for (int& fd : bound.sockets_) {
    fd = make_udp(address, bound.port_, true);
    if (fd < 0) return cannot_listen(address, -std::exchange(fd, -1));
  }
  *out = std::move(bound);
  return Status::ok;
}

int BoundUdp::take(uint32_t shard) {
  return shard < sockets_.size() ? std::exchange(sockets_[shard], -1) : -1;
}

}  // namespace fce
