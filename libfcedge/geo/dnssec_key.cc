// SPDX-License-Identifier: Apache-2.0
#include "geo/dnssec_key.h"

#include <algorithm>

#include "base/crypto.h"
#include "geo/dns_types.h"
#include "geo/dnssec_key_text.h"
#include "geo/text_file.h"

namespace fce {
namespace {

// Zone key and secure entry point (RFC 4034 section 2.1.1), and the protocol, which is always 3.
constexpr uint8_t kHead[] = {1, 1, 3, DnssecKey::kAlgorithm};
constexpr uint16_t kZoneKey = 0x0100, kRevoked = 0x0080;
constexpr uint8_t kSha256 = 2;

// RFC 4034 appendix B.
uint16_t tag_of(std::string_view dnskey) {
  uint32_t sum = 0;
  for (size_t i = 0; i < dnskey.size(); ++i) {
    const auto byte = static_cast<uint8_t>(dnskey[i]);
    sum += i & 1 ? byte : byte << 8;
  }
  return static_cast<uint16_t>(sum + (sum >> 16));
}

Status check_known(const DnsName& zone, std::string_view ours, std::string_view text,
                   std::string* dnskey) {
  DnsName owner;
  if (const Status status = read_dnskey(text, &owner, dnskey); status != Status::ok) return status;
  if (!dns_names_equal(owner.wire(), zone.wire()))
    return fail(Status::invalid, "it is the key of " + owner.text() + ", not of " + zone.text());
  if (dnskey->substr(2) != ours.substr(2))
    return fail(Status::invalid, "the public key is not that of the private one");
  const uint16_t flags = read_u16(as_bytes(*dnskey).data());
  if ((flags & kZoneKey) == 0 || (flags & kRevoked) != 0)
    return fail(Status::invalid, "its flags do not say that it signs a zone (257 or 256)");
  return Status::ok;
}

}  // namespace

DnssecKey::DnssecKey(const DnsName& zone, const Secret& secret, std::string dnskey)
    : zone_(zone), secret_(secret), dnskey_(std::move(dnskey)), tag_(tag_of(dnskey_)) {}

Status DnssecKey::parse(std::string_view secret, std::string_view known, const DnsName& zone,
                        std::shared_ptr<const DnssecKey>* out) {
  const std::string_view algorithm = key_line_value(secret, "Algorithm:");
  if (algorithm.empty())
    return fail(Status::invalid, "it is no private key: no line \"Algorithm:\"");
  if (algorithm.substr(0, algorithm.find(' ')) != "13")
    return fail(Status::unsupported, "a zone is signed by a key of algorithm 13 (ECDSAP256SHA256)");
  std::string bytes;
  Secret number;
  if (!decode_key(key_line_value(secret, "PrivateKey:"), &bytes) || bytes.size() != number.size())
    return fail(Status::invalid, "there is no line \"PrivateKey:\" of 32 bytes in base64");
  std::copy(bytes.begin(), bytes.end(), number.begin());
  const auto signer = P256Signer::make(number);
  if (!signer) return fail(Status::invalid, "the number of \"PrivateKey:\" is no key of P-256");
  std::string dnskey(as_text(kHead));
  dnskey += as_text(signer->public_key());
  if (!known.empty()) {
    std::string shown;
    const Status status = check_known(zone, dnskey, known, &shown);
    if (status != Status::ok) return status;
    dnskey = shown;
  }
  out->reset(new DnssecKey(zone, number, std::move(dnskey)));
  return Status::ok;
}

Status DnssecKey::load(const std::string& path, const DnsName& zone,
                       std::shared_ptr<const DnssecKey>* out) {
  constexpr std::string_view kSecretEnd = ".private";
  std::string secret, known;
  Status status = read_text_file(path, kFileBytesMax, &secret);
  if (status != Status::ok) return status;
  const size_t stem = path.size() - std::min(path.size(), kSecretEnd.size());
  if (path.substr(stem) == kSecretEnd) {
    status = read_text_file(path.substr(0, stem) + ".key", kFileBytesMax, &known);
    if (status != Status::ok && status != Status::not_found) return status;
  }
  status = parse(secret, known, zone, out);
  return status == Status::ok ? status : fail(status, path + ": " + last_error());
}

std::string DnssecKey::ds_text() const {
  std::string owner(as_text(zone_.wire()));
  for (char& c : owner) c = static_cast<char>(dns_lower(static_cast<uint8_t>(c)));
  const auto digest = sha256(owner + dnskey_);
  return zone_.text() + " IN DS " + std::to_string(tag_) + " " + std::to_string(kAlgorithm) + " " +
         std::to_string(kSha256) + " " + hex(digest);
}

}  // namespace fce
