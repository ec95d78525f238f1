// SPDX-License-Identifier: Apache-2.0
#include "net/proxy_protocol.h"

#include <doctest/doctest.h>

#include <string>

#include "net/proxy_header.h"

namespace fce {
namespace {

struct Parsed {
  explicit Parsed(const std::string& text) : result(parse_proxy_header(as_bytes(text), &header)) {}
  std::string client() const {
    if (result != ProxyParse::done) return result == ProxyParse::more ? "more" : "malformed";
    if (!header.named) return "unnamed";
    return header.client.text() + " " + std::to_string(header.client.port);
  }
  ProxyHeader header;
  ProxyParse result;
};

std::string v4() {
  return proxy_v2(0x21, 0x11, std::string("\xc0\0\2\1\xc0\0\2\2\x30\x39\0\x50", 12));
}

}  // namespace

TEST_CASE("proxy: lines of version 1") {
  const struct {
    const char* line;
    const char* client;
  } table[] = {
      {"PROXY TCP4 192.0.2.1 198.51.100.2 12345 80\r\n", "192.0.2.1 12345"},
      {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255 65535"},
      {"PROXY TCP6 2001:db8::1 ::1 0 443\r\n", "2001:db8::1 0"},
      {"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 443\r\n", "192.0.2.1 1"},
      {"PROXY UNKNOWN\r\n", "unnamed"},
      {"PROXY UNKNOWN what ever it says\r\n", "unnamed"},
      {"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
       "unnamed"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 12345 80\n", "malformed"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 12345 80\r\r\n", "malformed"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 12345 80 \r\n", "malformed"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 12345 80 1\r\n", "malformed"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 12345\r\n", "malformed"},
      {"PROXY TCP4  192.0.2.1 198.51.100.2 12345 80\r\n", "malformed"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 65536 80\r\n", "malformed"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 -1 80\r\n", "malformed"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 01 80\r\n", "malformed"},
      {"PROXY TCP4 192.0.2.256 198.51.100.2 1 80\r\n", "malformed"},
      {"PROXY TCP4 ::1 ::1 1 80\r\n", "malformed"},
      {"PROXY TCP6 192.0.2.1 198.51.100.2 1 80\r\n", "malformed"},
      {"PROXY UDP4 192.0.2.1 198.51.100.2 1 80\r\n", "malformed"},
      {"PROXY \r\n", "malformed"},
      {"PROXY UNKNOWNX\r\n", "malformed"},
      {"PROXZ", "malformed"},
      {"GET / HTTP/1.1\r\n", "malformed"},
      {"\x16\x03\x01", "malformed"},
  };
  for (const auto& entry : table) {
    CAPTURE(entry.line);
    CHECK(Parsed(entry.line).client() == entry.client);
  }
  const std::string nul("PROXY TCP4 192.0.2.1\0 198.51.100.2 1 80\r\n", 41);
  CHECK(Parsed(nul).client() == "malformed");
  // 107 bytes are the most, and the end of the line is one of them.
  const std::string longest = "PROXY UNKNOWN " + std::string(91, 'x') + "\r\n";
  CHECK(longest.size() == kProxyLineBytesMax);
  CHECK(Parsed(longest).client() == "unnamed");
  CHECK(Parsed("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n").client() == "malformed");
  CHECK(Parsed("PROXY UNKNOWN " + std::string(92, 'x')).client() == "more");
  CHECK(Parsed("PROXY UNKNOWN " + std::string(93, 'x')).client() == "malformed");
}

TEST_CASE("proxy: what follows is the client's, and a part of a header waits for the rest") {
  for (const std::string& header :
       {std::string("PROXY TCP4 192.0.2.1 198.51.100.2 12345 80\r\n"), v4(), proxy_v2(0x20, 0, ""),
        proxy_v2_checked(0x21, 0x11, std::string(12, '\1'))}) {
    for (size_t size = 0; size < header.size(); ++size)
      CHECK(Parsed(header.substr(0, size)).client() == "more");
    for (const char* after : {"", "GET", "PROXY TCP4", "\r\n\r\n"}) {
      const Parsed parsed(header + after);
      CHECK(parsed.result == ProxyParse::done);
      CHECK(parsed.header.bytes == header.size());
    }
  }
}

TEST_CASE("proxy: headers of version 2") {
  const std::string ip6 = std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + "\1";
  const std::string addresses6 = ip6 + ip6 + std::string("\0\7\0\x50", 4);
  const std::string addresses4 = std::string("\xc0\0\2\1\xc0\0\2\2\x30\x39\0\x50", 12);
  CHECK(Parsed(v4()).client() == "192.0.2.1 12345");
  CHECK(Parsed(proxy_v2(0x21, 0x21, addresses6)).client() == "2001:db8::1 7");
  CHECK(Parsed(proxy_v2(0x21, 0x31, std::string(216, 'u'))).client() == "unix 0");
  // The proxy's own, clients that it cannot name, and what is on no stream.
  CHECK(Parsed(proxy_v2(0x20, 0x11, addresses4)).client() == "unnamed");
  CHECK(Parsed(proxy_v2(0x20, 0, "")).client() == "unnamed");
  CHECK(Parsed(proxy_v2(0x21, 0, "what ever")).client() == "unnamed");
  CHECK(Parsed(proxy_v2(0x21, 0x12, addresses4)).client() == "unnamed");
  CHECK(Parsed(proxy_v2(0x21, 0x10, addresses4)).client() == "unnamed");
  // Too short, other versions, commands, families and transports.
  CHECK(Parsed(proxy_v2(0x21, 0x11, addresses4.substr(1))).client() == "malformed");
  CHECK(Parsed(proxy_v2(0x21, 0x21, addresses6.substr(1))).client() == "malformed");
  CHECK(Parsed(proxy_v2(0x21, 0x31, std::string(215, 'u'))).client() == "malformed");
  for (const uint8_t command : {0x11, 0x31, 0x22, 0x2f, 0x01})
    CHECK(Parsed(proxy_v2(command, 0x11, addresses4)).client() == "malformed");
  for (const uint8_t family : {0x13, 0x41, 0xf1, 0x1f})
    CHECK(Parsed(proxy_v2(0x21, family, addresses4)).client() == "malformed");
  // The longest, and one more.
  const std::string noop = std::string("\4", 1);
  const auto filled = [&](size_t size) {
    const size_t value = size - 16 - 12 - 3;
    return proxy_v2(0x21, 0x11,
                    addresses4 + noop + static_cast<char>(value >> 8) + static_cast<char>(value) +
                        std::string(value, 'x'));
  };
  CHECK(Parsed(filled(kProxyHeaderBytesMax)).client() == "192.0.2.1 12345");
  CHECK(Parsed(filled(kProxyHeaderBytesMax + 1)).client() == "malformed");
  CHECK(Parsed(filled(kProxyHeaderBytesMax + 1).substr(0, 16)).client() == "malformed");
}

TEST_CASE(
    "proxy: further fields are skipped, unless they are cut short or their checksum is wrong") {
  const std::string addresses(12, '\1');
  const std::string host = std::string("\2\0\5", 3) + "a.com";
  CHECK(Parsed(proxy_v2(0x21, 0x11, addresses + host)).client() == "1.1.1.1 257");
  CHECK(Parsed(proxy_v2(0x21, 0x11, addresses + host + host.substr(0, 2))).client() == "malformed");
  CHECK(Parsed(proxy_v2(0x21, 0x11, addresses + host + host.substr(0, 7))).client() == "malformed");
  std::string checked = proxy_v2_checked(0x21, 0x11, addresses + host);
  CHECK(Parsed(checked).client() == "1.1.1.1 257");
  for (size_t at = 16; at < checked.size(); ++at) {
    if (at == checked.size() - 7) continue;  // its type: then it is none
    std::string wrong = checked;
    wrong[at] = static_cast<char>(wrong[at] ^ 1);
    CAPTURE(at);
    CHECK(Parsed(wrong).client() != "1.1.1.1 257");
  }
  const std::string short_sum("\3\0\2xx", 5);
  CHECK(Parsed(proxy_v2(0x21, 0x11, addresses + short_sum)).client() == "malformed");
}

TEST_CASE("proxy: who is trusted") {
  const auto peer = [](const char* text) {
    Network one;
    REQUIRE(Network::parse(text, &one) == Status::ok);
    return one.first;
  };
  ProxyPolicy policy;
  REQUIRE(ProxyPolicy::parse("", &policy) == Status::ok);
  CHECK(policy.trusts(peer("192.0.2.1")));
  REQUIRE(ProxyPolicy::parse(" 10.0.0.0/8  2001:db8::/33 192.0.2.7", &policy) == Status::ok);
  CHECK(policy.from.size() == 3);
  CHECK(policy.trusts(peer("10.255.0.1")));
  CHECK(policy.trusts(peer("192.0.2.7")));
  CHECK_FALSE(policy.trusts(peer("192.0.2.6")));
  CHECK_FALSE(policy.trusts(peer("11.0.0.1")));
  CHECK(policy.trusts(peer("2001:db8:7fff::1")));
  CHECK_FALSE(policy.trusts(peer("2001:db8:8000::1")));
  CHECK(policy.trusts(PeerAddress()));
  CHECK(ProxyPolicy::parse("10.0.0.0/8,10.1.0.0/16", &policy) == Status::invalid);
}

}  // namespace fce
