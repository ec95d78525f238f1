// SPDX-License-Identifier: Apache-2.0
#include "listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace edge {
namespace {

bool is_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size();
}

bool is_host(std::string_view text) {
  if (text.empty() || text == "localhost") return true;
  const bool bracketed = text.front() == '[' && text.back() == ']';
  if (bracketed) text = text.substr(1, text.size() - 2);
  in6_addr parsed{};
  return inet_pton(bracketed ? AF_INET6 : AF_INET, std::string(text).c_str(), &parsed) == 1;
}

bool is_network(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string host(text.substr(0, slash));
  const bool v6 = host.find(':') != std::string::npos;
  const int bits_max = v6 ? 128 : 32;
  unsigned char ip[16] = {};
  if (inet_pton(v6 ? AF_INET6 : AF_INET, host.c_str(), ip) != 1) return false;
  if (slash == std::string_view::npos) return true;
  const std::string_view digits = text.substr(slash + 1);
  uint8_t bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc() || end != digits.data() + digits.size() || bits > bits_max) return false;
  for (int bit = bits; bit < bits_max; ++bit) {
    if ((ip[bit / 8] >> (7 - bit % 8)) & 1) return false;
  }
  return true;
}

}  // namespace

std::string listen_address_fault(const std::string& address) {
  const std::string shown = "\"" + address + "\"";
  constexpr std::string_view kUnix = "unix:";
  if (address.starts_with(kUnix)) {
    const size_t length = address.size() - kUnix.size();
    if (length > 0 && length < sizeof(sockaddr_un{}.sun_path)) return "";
    return "expected a path of 1 to 107 bytes, got " + shown;
  }
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return "expected ADDRESS:PORT, got " + shown;
  if (!is_port(std::string_view(address).substr(colon + 1))) {
    return "expected a port from 0 to 65535, got " + shown;
  }
  if (!is_host(std::string_view(address).substr(0, colon))) {
    return "expected an IP address (IPv6 in brackets) before the port, got " + shown;
  }
  return "";
}

std::string networks_fault(const std::string& networks) {
  std::string_view rest = networks;
  while (!rest.empty()) {
    const std::string word(rest.substr(0, rest.find(' ')));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    if (!is_network(word)) {
      return "expected networks such as 10.0.0.0/8, without bits beyond the prefix, got \"" + word +
             "\"";
    }
  }
  return "";
}

}  // namespace edge
