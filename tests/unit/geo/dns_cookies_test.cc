// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_cookies.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"

namespace fce {
namespace {

using Check = DnsCookies::Check;

std::vector<uint8_t> unhex(std::string_view text) {
  std::vector<uint8_t> out;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return out;
}

DnsCookies::Secret secret_of(std::string_view text) {
  DnsCookies::Secret secret{};
  const auto bytes = unhex(text);
  std::copy(bytes.begin(), bytes.end(), secret.begin());
  return secret;
}

PeerAddress client_of(std::string_view text) {
  Network network;
  REQUIRE(Network::parse(text, &network) == Status::ok);
  return network.first;
}

std::string made(const DnsCookies& cookies, std::string_view client_half, const PeerAddress& client,
                 uint32_t now_s) {
  return hex(cookies.make(unhex(client_half), client, now_s));
}

// RFC 9018 appendix A.
constexpr std::string_view kSecret = "e5e973e5a6b2a43f48e7dc849e37bfcf";
constexpr std::string_view kFirst = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
constexpr uint32_t kFirstAt = 1559731985;

}  // namespace

TEST_CASE("dns cookies: a new one, and a renewed one (RFC 9018 A.1, A.2)") {
  const DnsCookies cookies(secret_of(kSecret));
  const PeerAddress client = client_of("198.51.100.100");
  CHECK(cookies.check(unhex("2464c4abcf10c957"), client, kFirstAt) == Check::client_only);
  CHECK(made(cookies, "2464c4abcf10c957", client, kFirstAt) == kFirst);
  CHECK(cookies.check(unhex(kFirst), client, 1559734385) == Check::good);
  CHECK(made(cookies, kFirst, client, 1559734385) ==
        "2464c4abcf10c957010000005cf7a871d4a564a1442aca77");
}

TEST_CASE("dns cookies: another server's, with reserved bytes set (RFC 9018 A.3)") {
  const DnsCookies cookies(secret_of(kSecret));
  const PeerAddress client = client_of("203.0.113.203");
  const auto given = unhex("fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5");
  CHECK(cookies.check(given, client, 1559727985 + 600) == Check::good);
  CHECK(made(cookies, "fc93fc62807ddb86", client, 1559734700) ==
        "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e");
}

TEST_CASE("dns cookies: of the secret before, over IPv6 (RFC 9018 A.4)") {
  const PeerAddress client = client_of("2001:db8:220:1:59de:d0f4:8769:82b8");
  const auto given = unhex("22681ab97d52c298010000005cf7c57926556bd0934c72f8");
  DnsCookies cookies(secret_of("dd3bdf9344b678b185a6f5cb60fca715"));
  CHECK(cookies.check(given, client, 1559741961) == Check::good);
  cookies.rotate(secret_of("445536bcd2513298075a5d379663c962"));
  CHECK(cookies.check(given, client, 1559741961) == Check::good);
  CHECK(made(cookies, "22681ab97d52c298", client, 1559741961) ==
        "22681ab97d52c298010000005cf7c609a6bb79d16625507a");
  cookies.rotate(secret_of(kSecret));
  CHECK(cookies.check(given, client, 1559741961) == Check::client_only);
}

TEST_CASE("dns cookies: good for an hour, and for clocks that are five minutes apart") {
  const DnsCookies cookies(secret_of(kSecret));
  const PeerAddress client = client_of("198.51.100.100");
  CHECK(cookies.check(unhex(kFirst), client, kFirstAt + 3600) == Check::good);
  CHECK(cookies.check(unhex(kFirst), client, kFirstAt + 3601) == Check::client_only);
  CHECK(cookies.check(unhex(kFirst), client, kFirstAt - 300) == Check::good);
  CHECK(cookies.check(unhex(kFirst), client, kFirstAt - 301) == Check::client_only);
  // The time that they carry goes round.
  const auto late = cookies.make(unhex("2464c4abcf10c957"), client, UINT32_MAX);
  CHECK(cookies.check(late, client, 10) == Check::good);
}

TEST_CASE("dns cookies: of another client, or changed, is good for nothing") {
  const DnsCookies cookies(secret_of(kSecret));
  const PeerAddress client = client_of("198.51.100.100");
  CHECK(cookies.check(unhex(kFirst), client_of("198.51.100.101"), kFirstAt) == Check::client_only);
  CHECK(cookies.check(unhex(kFirst), client_of("c633:6464::"), kFirstAt) == Check::client_only);
  for (size_t i = 0; i < DnsCookies::kBytes; ++i) {
    CAPTURE(i);
    auto changed = unhex(kFirst);
    changed[i] ^= 1;
    CHECK(cookies.check(changed, client, kFirstAt) == Check::client_only);
  }
  // The client's port is not part of it: each query has another.
  PeerAddress other_port = client;
  other_port.port = 53;
  CHECK(cookies.check(unhex(kFirst), other_port, kFirstAt) == Check::good);
}

TEST_CASE("dns cookies: sizes that no cookie has (RFC 7873 section 5.2.2)") {
  const DnsCookies cookies(secret_of(kSecret));
  const PeerAddress client = client_of("198.51.100.100");
  for (size_t size = 0; size <= 48; ++size) {
    CAPTURE(size);
    auto option = unhex(kFirst);
    option.resize(size);
    const Check expected = size == 8                    ? Check::client_only
                           : size < 16 || size > 40     ? Check::malformed
                           : size == DnsCookies::kBytes ? Check::good
                                                        : Check::client_only;
    CHECK(cookies.check(option, client, kFirstAt) == expected);
  }
}

}  // namespace fce
