// SPDX-License-Identifier: Apache-2.0
#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace fce {

PeerAddress PeerAddress::from(const sockaddr_storage& address) {
  PeerAddress peer;
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    peer.family = Family::ipv4;
    peer.port = ntohs(v4.sin_port);
    std::memcpy(peer.ip.data(), &v4.sin_addr, 4);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    peer.port = ntohs(v6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      peer.family = Family::ipv4;
      std::memcpy(peer.ip.data(), reinterpret_cast<const uint8_t*>(&v6.sin6_addr) + 12, 4);
    } else {
      peer.family = Family::ipv6;
      std::memcpy(peer.ip.data(), &v6.sin6_addr, 16);
    }
  }
  return peer;
}

bool PeerAddress::local() const {
  constexpr uint8_t kLoopbackNet = 127;
  if (family != Family::ipv6) return family == Family::unix_socket || ip[0] == kLoopbackNet;
  in6_addr v6;
  std::memcpy(&v6, ip.data(), sizeof v6);
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && ip[12] == kLoopbackNet);
}

std::string PeerAddress::text() const {
  char out[INET6_ADDRSTRLEN] = "unix";
  if (family == Family::ipv4) inet_ntop(AF_INET, ip.data(), out, sizeof out);
  if (family == Family::ipv6) inet_ntop(AF_INET6, ip.data(), out, sizeof out);
  return out;
}

Status ListenAddress::parse(std::string_view text, ListenAddress* out) {
  const std::string shown(text);
  *out = {};
  if (text.starts_with("unix:")) {
    out->is_unix = true;
    out->path = text.substr(5);
    if (out->path.empty() || out->path.size() >= sizeof(sockaddr_un{}.sun_path))
      return fail(Status::invalid, "the unix socket's path in \"" + shown +
                                       "\" is empty or longer "
                                       "than 107 bytes");
    return Status::ok;
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return fail(Status::invalid, "the listen address \"" + shown + "\" has no port");
  const std::string_view port = text.substr(colon + 1);
  std::string_view host = text.substr(0, colon);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out->port);
  if (error != std::errc() || end != port.data() + port.size() || port.empty())
    return fail(Status::invalid, "the port in \"" + shown + "\" is not a number from 0 to 65535");
  if (host.empty()) {
    out->any = true;
    return Status::ok;
  }
  const bool bracketed = host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  out->host = host;
  in6_addr parsed;
  if (inet_pton(bracketed ? AF_INET6 : AF_INET, out->host.c_str(), &parsed) != 1)
    return fail(Status::invalid, "the host in \"" + shown +
                                     "\" is not an IP address (IPv6 goes in "
                                     "brackets)");
  return Status::ok;
}

std::string ListenAddress::text() const {
  if (is_unix) return "unix:" + path;
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace fce
