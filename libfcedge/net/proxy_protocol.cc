// SPDX-License-Identifier: Apache-2.0
#include "net/proxy_protocol.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>

namespace fce {
namespace {

constexpr std::string_view kLineStart = "PROXY ";
constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr size_t kFixedBytes = 16;
constexpr uint8_t kVersion = 2, kLocal = 0, kProxy = 1;
constexpr uint8_t kChecksumType = 3;

// --- Version 1 ---------------------------------------------------------------------------------

// Takes what is before the next blank off the line, or all that is left of it.
std::string_view take_word(std::string_view* line) {
  const size_t end = std::min(line->find(' '), line->size());
  const std::string_view word = line->substr(0, end);
  line->remove_prefix(std::min(end + 1, line->size()));
  return word;
}

bool parse_ip(std::string_view text, bool v6, PeerAddress* out) {
  char terminated[INET6_ADDRSTRLEN] = {};
  if (text.size() >= sizeof terminated || text.find('\0') != text.npos) return false;
  std::memcpy(terminated, text.data(), text.size());
  uint8_t ip[16];
  if (inet_pton(v6 ? AF_INET6 : AF_INET, terminated, ip) != 1) return false;
  *out = v6 ? PeerAddress::from_v6(ip, 0) : PeerAddress::from_v4(ip, 0);
  return true;
}

bool parse_port(std::string_view text, uint16_t* out) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

ProxyParse parse_line(std::string_view text, ProxyHeader* out) {
  const size_t end = text.substr(0, kProxyLineBytesMax).find('\n');
  if (end == std::string_view::npos)
    return text.size() < kProxyLineBytesMax ? ProxyParse::more : ProxyParse::malformed;
  if (text[end - 1] != '\r') return ProxyParse::malformed;
  out->bytes = end + 1;
  std::string_view line = text.substr(0, end - 1);
  if (line.find('\r') != std::string_view::npos) return ProxyParse::malformed;
  line.remove_prefix(kLineStart.size());
  const bool ends_blank = line.ends_with(' ');
  const std::string_view protocol = take_word(&line);
  if (protocol == "UNKNOWN") return ProxyParse::done;  // whatever else the line says
  if (protocol != "TCP4" && protocol != "TCP6") return ProxyParse::malformed;
  const bool v6 = protocol == "TCP6";
  PeerAddress proxy;
  const bool valid = parse_ip(take_word(&line), v6, &out->client) &&
                     parse_ip(take_word(&line), v6, &proxy) &&
                     parse_port(take_word(&line), &out->client.port) &&
                     parse_port(take_word(&line), &proxy.port) && line.empty() && !ends_blank;
  out->named = valid;
  return valid ? ProxyParse::done : ProxyParse::malformed;
}

// --- Version 2 ---------------------------------------------------------------------------------

uint32_t read_number(const uint8_t* at, size_t bytes) {
  uint32_t number = 0;
  for (size_t i = 0; i < bytes; ++i) number = number << 8 | at[i];
  return number;
}

// Castagnoli's, bit by bit turned round, as in RFC 3720 appendix B.4.
constexpr auto kCrc32cTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
    table[i] = crc;
  }
  return table;
}();

// Of a header whose own checksum, at `hole`, counts as zeros.
uint32_t crc32c(Bytes header, size_t hole) {
  uint32_t crc = ~uint32_t{0};
  for (size_t i = 0; i < header.size(); ++i) {
    const uint8_t byte = i >= hole && i < hole + 4 ? 0 : header[i];
    crc = crc >> 8 ^ kCrc32cTable[(crc ^ byte) & 0xff];
  }
  return ~crc;
}

// Whether the fields after the addresses are whole, and a checksum among them is right.
bool check_fields(Bytes header, size_t at) {
  while (at < header.size()) {
    if (header.size() - at < 3) return false;
    const uint8_t type = header[at];
    const size_t size = read_number(&header[at + 1], 2);
    at += 3;
    if (size > header.size() - at) return false;
    if (type == kChecksumType && (size != 4 || crc32c(header, at) != read_number(&header[at], 4)))
      return false;
    at += size;
  }
  return true;
}

ProxyParse parse_binary(Bytes data, ProxyHeader* out) {
  if (data.size() > 12 && data[12] != (kVersion << 4 | kLocal) &&
      data[12] != (kVersion << 4 | kProxy))
    return ProxyParse::malformed;
  if (data.size() < kFixedBytes) return ProxyParse::more;
  const size_t size = kFixedBytes + read_number(&data[14], 2);
  if (size > kProxyHeaderBytesMax) return ProxyParse::malformed;
  const uint8_t family = data[13] >> 4, transport = data[13] & 0xf;
  if (family > 3 || transport > 2) return ProxyParse::malformed;
  if (data.size() < size) return ProxyParse::more;
  out->bytes = size;
  const Bytes header = data.first(size);
  // What is said of a client that is not on a connection like this one says nothing of it.
  if ((data[12] & 0xf) == kLocal || family == 0 || transport != 1) return ProxyParse::done;
  constexpr size_t kAddressBytes[] = {0, 12, 36, 216};
  if (size - kFixedBytes < kAddressBytes[family] ||
      !check_fields(header, kFixedBytes + kAddressBytes[family]))
    return ProxyParse::malformed;
  out->named = true;
  const uint8_t* const addresses = &header[kFixedBytes];
  const auto port = [&](size_t at) {
    return static_cast<uint16_t>(read_number(addresses + at, 2));
  };
  if (family == 1) out->client = PeerAddress::from_v4(addresses, port(8));
  if (family == 2) out->client = PeerAddress::from_v6(addresses, port(32));
  return ProxyParse::done;
}

bool may_become(Bytes data, std::string_view start) {
  const std::string_view text = as_text(data).substr(0, start.size());
  return text == start.substr(0, text.size());
}

}  // namespace

ProxyParse parse_proxy_header(Bytes data, ProxyHeader* out) {
  *out = {};
  if (may_become(data, kSignature))
    return data.size() < kSignature.size() ? ProxyParse::more : parse_binary(data, out);
  if (!may_become(data, kLineStart)) return ProxyParse::malformed;
  return data.size() < kLineStart.size() ? ProxyParse::more : parse_line(as_text(data), out);
}

Status ProxyPolicy::parse(std::string_view text, ProxyPolicy* out) {
  out->from.clear();
  while (!text.empty()) {
    const std::string_view word = take_word(&text);
    if (word.empty()) continue;
    Network network;
    if (const Status status = Network::parse(word, &network); status != Status::ok) return status;
    out->from.push_back(network);
  }
  return Status::ok;
}

bool ProxyPolicy::trusts(const PeerAddress& peer) const {
  if (from.empty() || peer.family == PeerAddress::Family::unix_socket) return true;
  return std::any_of(from.begin(), from.end(),
                     [&](const Network& network) { return network.contains(peer); });
}

}  // namespace fce
