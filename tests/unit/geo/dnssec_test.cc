// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <array>
#include <string>

#include "auth/temp_files.h"
#include "base/base64url.h"
#include "geo/dns_support.h"
#include "geo/dnssec_key.h"
#include "geo/dnssec_record.h"

namespace fce {
namespace {

using test::dns_name;
using test::from_hex;

// RFC 6605 section 6.1.
constexpr std::string_view kKey = R"(Private-key-format: v1.2
Algorithm: 13 (ECDSAP256SHA256)
PrivateKey: GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=
)";

std::shared_ptr<const DnssecKey> key_of(std::string_view text, std::string_view known = "") {
  std::shared_ptr<const DnssecKey> out;
  if (DnssecKey::parse(text, known, dns_name("example.net"), &out) != Status::ok) return nullptr;
  return out;
}

bool verifies(const DnssecKey& key, std::string_view message, Bytes signature) {
  const Bytes point = as_bytes(key.dnskey().substr(4));
  return p256_verify(point.first(32), point.subspan(32), message, signature);
}

}  // namespace

TEST_CASE("the key of RFC 6605") {
  const auto key = key_of(kKey);
  REQUIRE(key);
  CHECK(key->tag() == 55648);
  CHECK(key->ds_text() ==
        "example.net. IN DS 55648 13 2 "
        "b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17");
  std::string point;
  REQUIRE(base64url_decode(
      "GojIhhXUN_u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP-e-MAnLr-Wi9xMWyQLc8NAA",
      &point));
  CHECK(key->dnskey() == from_hex("0101030d") + point);
}

TEST_CASE("the signature of RFC 6605") {
  const auto key = key_of(kKey);
  REQUIRE(key);
  std::string signature;
  REQUIRE(base64url_decode(
      "qx6wLYqmh-l9oCKTN6qIc-bw6ya-KJ8oMz0YP107epXAyGmt-3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw",
      &signature));
  constexpr std::array<uint8_t, 4> kAddress = {192, 0, 2, 1};
  const std::array<Bytes, 1> data = {Bytes(kAddress)};
  const DnsName owner = dns_name("WWW.example.net"), zone = dns_name("Example.net");
  const DnssecSet set = {owner.wire(), DnsType::a, 3600, data};
  // 20100812100439 and 20100909100439.
  const std::string head = rrsig_head(set, {1281607479, 1284026679}, 13, 55648, zone.wire());
  const std::string message = signed_data(head, set);
  CHECK(verifies(*key, message, as_bytes(signature)));
  CHECK_FALSE(verifies(*key, message + "x", as_bytes(signature)));
}

TEST_CASE("names in data are signed in lower case") {
  struct Sample {
    uint16_t type;
    std::string_view ahead;
    size_t names;
    std::string_view behind;
  };
  // The types of RFC 4034 section 6.2, less those of RFC 6840 section 5.1; of what stands ahead
  // nothing changes.
  const Sample samples[] = {
      {2, "", 1, ""},
      {3, "", 1, ""},
      {4, "", 1, ""},
      {5, "", 1, ""},
      {6, "", 2, "ABCDEFGHIJKLMNOPQRST"},
      {7, "", 1, ""},
      {8, "", 1, ""},
      {9, "", 1, ""},
      {12, "", 1, ""},
      {14, "", 2, ""},
      {15, "AB", 1, ""},
      {17, "", 2, ""},
      {18, "AB", 1, ""},
      {21, "AB", 1, ""},
      {26, "AB", 2, ""},
      {33, "ABCDEF", 1, ""},
      {35, "ABCD\1X\2YZ\1W", 1, ""},
      {36, "AB", 1, ""},
  };
  const DnsName owner = dns_name("example"), mixed = dns_name("Ns.Example");
  const DnsName low = dns_name("ns.example");
  const auto signed_as = [&](uint16_t type, const std::string& data) {
    const std::array<Bytes, 1> one = {as_bytes(data)};
    return signed_data("", {owner.wire(), static_cast<DnsType>(type), 60, one});
  };
  for (const Sample& sample : samples) {
    CAPTURE(sample.type);
    std::string given(sample.ahead), meant(sample.ahead);
    for (size_t i = 0; i < sample.names; ++i) {
      given += as_text(mixed.wire());
      meant += as_text(low.wire());
    }
    given += sample.behind;
    meant += sample.behind;
    const std::string message = signed_as(sample.type, given);
    CHECK(message.substr(message.size() - meant.size()) == meant);
    CHECK(message == signed_as(sample.type, meant));
  }
  // A name in the data of any other type stays as it is.
  const std::string given(as_text(mixed.wire()));
  const std::string message = signed_as(700, given);
  CHECK(message.substr(message.size() - given.size()) == given);
}

TEST_CASE("what is signed can be verified") {
  const auto key = key_of(kKey);
  REQUIRE(key);
  const auto signer = key->signer();
  REQUIRE(signer);
  std::array<uint8_t, kSignatureBytes> signature;
  REQUIRE(signer->sign("message", &signature));
  CHECK(verifies(*key, "message", signature));
  CHECK_FALSE(verifies(*key, "massage", signature));
}

TEST_CASE("keys that are none") {
  CHECK_FALSE(key_of(""));
  CHECK_FALSE(key_of("Algorithm: 8 (RSASHA256)\nPrivateKey: AA==\n"));
  CHECK_FALSE(key_of("Algorithm: 13\n"));
  CHECK_FALSE(key_of("Algorithm: 13\nPrivateKey: AA==\n"));
  CHECK_FALSE(key_of("Algorithm: 13\nPrivateKey: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"));
  CHECK_FALSE(key_of("Algorithm: 13\nPrivateKey: !\n"));
}

TEST_CASE("the public half of a key") {
  const std::string point =
      "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYb cB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==";
  const std::string shown = "; a zone-signing key\nexample.net. 3600 IN DNSKEY 256 3 13 " + point;
  const auto key = key_of(kKey, shown);
  REQUIRE(key);
  CHECK(key->tag() == 55647);  // of the other flags
  CHECK(key_of(kKey, "Example.NET. IN DNSKEY 257 3 13 ( " + point + " ) ; comment\n")->tag() ==
        55648);
  CHECK_FALSE(key_of(kKey, "; nothing\n"));
  CHECK_FALSE(key_of(kKey, "example.org. IN DNSKEY 257 3 13 " + point));
  CHECK_FALSE(key_of(kKey, "example.net. IN DNSKEY 385 3 13 " + point));
  CHECK_FALSE(key_of(kKey, "example.net. IN DNSKEY 0 3 13 " + point));
  CHECK_FALSE(key_of(kKey, "example.net. IN DNSKEY 257 3 8 " + point));
  CHECK_FALSE(key_of(kKey, "example.net. IN DNSKEY 257 3 13 AAAA" + point.substr(4)));
  CHECK_FALSE(key_of(kKey, "example.net. IN DNSKEY 257 3 13"));
}

TEST_CASE("keys from files") {
  TempFiles files;
  std::shared_ptr<const DnssecKey> key;
  const DnsName zone = dns_name("example.net");
  const std::string path = files.at("Kexample.net.+013+55648.private");
  CHECK(DnssecKey::load(path, zone, &key) == Status::not_found);
  files.write("Kexample.net.+013+55648.private", kKey);
  REQUIRE(DnssecKey::load(path, zone, &key) == Status::ok);
  CHECK(key->tag() == 55648);
  files.write("Kexample.net.+013+55648.key", "example.org. IN DNSKEY 257 3 13 AA");
  CHECK(DnssecKey::load(path, zone, &key) == Status::invalid);
  CHECK(std::string_view(last_error()).substr(0, path.size()) == path);
}

TEST_CASE("records in canonical order and form") {
  const DnsName upper = dns_name("MAIL.Example"), owner = dns_name("*.Example");
  const std::string first = from_hex("000a") + std::string(as_text(upper.wire()));
  const std::string second = from_hex("0005") + std::string(as_text(upper.wire()));
  const std::array<Bytes, 2> data = {as_bytes(first), as_bytes(second)};
  const DnssecSet set = {owner.wire(), DnsType::mx, 7, data};
  const std::string head = rrsig_head(set, {1, 2}, 13, 3, owner.wire());
  CHECK(head.substr(0, 18) == from_hex("000f 0d 01 00000007 00000002 00000001 0003"));
  const std::string fixed = from_hex("012a 076578616d706c65 00 000f 0001 00000007 0010");
  const std::string mail = from_hex("046d61696c 076578616d706c65 00");
  CHECK(signed_data("", set) == fixed + from_hex("0005") + mail + fixed + from_hex("000a") + mail);
}

TEST_CASE("a record that is there twice is signed once") {
  constexpr std::array<uint8_t, 4> kAddress = {192, 0, 2, 1};
  const DnsName owner = dns_name("a.example");
  const std::array<Bytes, 2> twice = {Bytes(kAddress), Bytes(kAddress)};
  const DnssecSet set = {owner.wire(), DnsType::a, 7, twice};
  const DnssecSet once = {owner.wire(), DnsType::a, 7, std::span(twice).first(1)};
  CHECK(signed_data("", set) == signed_data("", once));
}

TEST_CASE("what comes next to a delegation") {
  const std::array<DnsType, 1> ns = {DnsType::ns};
  const auto next = [&](std::string_view name) {
    return compact_nsec(dns_name(name).wire(), NsecNext::beside, ns);
  };
  CHECK(next("SUB.example") == from_hex("04 73756200 07 6578616d706c65 00") + from_hex("00 01 20"));
  const std::string label(63, 'z'), at(62, 'z');
  CHECK(next(label + ".example").substr(63, 2) == "{\x07");
  CHECK(next(at + "@.example").substr(63, 2) == "[\x07");
  CHECK(next(at + "\\255.example") == "");
}

TEST_CASE("NSEC of one name") {
  const DnsName owner = dns_name("Alfa.example");
  const std::array<DnsType, 4> types = {DnsType::a, DnsType::mx, DnsType::rrsig, DnsType::nsec};
  // The bitmap of RFC 4034 section 4.3 without its last type, which is of another window.
  const std::string next = from_hex("0100 04616c6661 076578616d706c65 00");
  CHECK(compact_nsec(owner.wire(), NsecNext::below, types) ==
        next + from_hex("00 06 40 01 00 00 00 03"));
  const std::array<DnsType, 2> windows = {DnsType::nsec, DnsType::caa};
  CHECK(compact_nsec(owner.wire(), NsecNext::below, windows) ==
        next + from_hex("00 06 00 00 00 00 00 01 01 01 40"));
  const std::array<DnsType, 1> none = {DnsType::nxname};
  CHECK(compact_nsec(DnsName().wire(), NsecNext::below, none) ==
        from_hex("0100 00 00 11") + std::string(16, '\0') + "\x80");
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += "a.";
  CHECK(dns_name(longest).wire().size() == 255);
  CHECK(compact_nsec(dns_name(longest).wire(), NsecNext::below, none).substr(0, 4) ==
        from_hex("01 62 01 61"));
}

}  // namespace fce
