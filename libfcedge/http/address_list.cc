// SPDX-License-Identifier: Apache-2.0
#include "http/address_list.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace fce {
namespace {

constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};  // ::ffff:0:0/96

// The first `bits` of both are the same.
bool same_bits(const uint8_t* a, const uint8_t* b, uint32_t bits) {
  const uint32_t whole = bits / 8;
  if (std::memcmp(a, b, whole) != 0) return false;
  const auto mask = static_cast<uint8_t>(0xff00 >> bits % 8);
  return bits % 8 == 0 || ((a[whole] ^ b[whole]) & mask) == 0;
}

}  // namespace

Status AddressList::add(std::string_view text) {
  if (text == "unix") {
    unix_ = true;
    return Status::ok;
  }
  const std::string shown = "\"" + std::string(text) + "\"";
  const size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  Network network{PeerAddress::Family::ipv4, {}, 0};
  uint32_t most = 32;
  if (inet_pton(AF_INET, address.c_str(), network.ip.data()) != 1) {
    if (inet_pton(AF_INET6, address.c_str(), network.ip.data()) != 1)
      return fail(Status::invalid, shown + " is no address or network, like 192.0.2.0/24");
    network.family = PeerAddress::Family::ipv6;
    most = 128;
  }
  network.prefix_bits = most;
  if (slash != std::string_view::npos) {
    const std::string_view bits = text.substr(slash + 1);
    const char* end = bits.data() + bits.size();
    const auto parsed = std::from_chars(bits.data(), end, network.prefix_bits);
    if (parsed.ec != std::errc() || parsed.ptr != end || network.prefix_bits > most)
      return fail(Status::invalid, shown + " has no prefix length of at most " +
                                       std::to_string(most) + " behind its slash");
  }
  for (uint32_t bit = network.prefix_bits; bit < most; ++bit)
    if (network.ip[bit / 8] & 0x80 >> bit % 8)
      return fail(Status::invalid, shown + " has bits behind its prefix");
  // A peer's address is never in the mapped form.
  if (most == 128 && network.prefix_bits >= 96 &&
      std::equal(kMapped, kMapped + 12, &network.ip[0])) {
    std::copy_n(&network.ip[12], 4, &network.ip[0]);
    network.family = PeerAddress::Family::ipv4;
    network.prefix_bits -= 96;
  }
  networks_.push_back(network);
  return Status::ok;
}

bool AddressList::contains(const PeerAddress& peer) const {
  if (peer.family == PeerAddress::Family::unix_socket) return unix_;
  return std::any_of(networks_.begin(), networks_.end(), [&peer](const Network& network) {
    return network.family == peer.family &&
           same_bits(network.ip.data(), peer.ip.data(), network.prefix_bits);
  });
}

}  // namespace fce
