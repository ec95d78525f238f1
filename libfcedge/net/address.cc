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
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return from_v4(reinterpret_cast<const uint8_t*>(&v4.sin_addr), ntohs(v4.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    return from_v6(v6.sin6_addr.s6_addr, ntohs(v6.sin6_port));
  }
  return {};
}

PeerAddress PeerAddress::from_v4(const uint8_t* ip, uint16_t port) {
  PeerAddress peer;
  peer.family = Family::ipv4;
  peer.port = port;
  std::memcpy(peer.ip.data(), ip, 4);
  return peer;
}

PeerAddress PeerAddress::from_v6(const uint8_t* ip, uint16_t port) {
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(ip, kMapped, sizeof kMapped) == 0) return from_v4(ip + sizeof kMapped, port);
  PeerAddress peer;
  peer.family = Family::ipv6;
  peer.port = port;
  std::memcpy(peer.ip.data(), ip, 16);
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

Status Network::parse(std::string_view text, Network* out) {
  const std::string shown(text.substr(0, 64));
  const auto bad = [&](const char* why) {
    return fail(Status::invalid, "\"" + shown + "\" is not a network such as 192.0.2.0/24: " + why);
  };
  *out = {};
  const size_t slash = text.find('/');
  const std::string host(text.substr(0, slash));
  const bool v6 = host.find(':') != std::string::npos;
  const uint8_t bits_max = v6 ? 128 : 32;
  out->first.family = v6 ? PeerAddress::Family::ipv6 : PeerAddress::Family::ipv4;
  if (inet_pton(v6 ? AF_INET6 : AF_INET, host.c_str(), out->first.ip.data()) != 1 ||
      host.size() != std::strlen(host.c_str()))
    return bad("no IP address");
  out->bits = bits_max;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, out->bits);
    if (error != std::errc() || stop != end || digits.empty() || out->bits > bits_max)
      return bad("no length of a prefix");
  }
  for (size_t bit = out->bits; bit < bits_max; ++bit)
    if (out->first.ip[bit / 8] >> (7 - bit % 8) & 1) return bad("bits are set beyond its prefix");
  return Status::ok;
}

bool Network::contains(const PeerAddress& peer) const {
  if (peer.family != first.family) return false;
  const size_t whole = bits / 8;
  if (std::memcmp(peer.ip.data(), first.ip.data(), whole) != 0) return false;
  return bits % 8 == 0 || (peer.ip[whole] ^ first.ip[whole]) >> (8 - bits % 8) == 0;
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
