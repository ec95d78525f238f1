// SPDX-License-Identifier: Apache-2.0
#include "geo/dnssec_key.h"

#include <algorithm>

#include "base/base64url.h"
#include "base/crypto.h"
#include "geo/dns_types.h"

namespace fce {
namespace {

// Zone key and secure entry point (RFC 4034 section 2.1.1), and the protocol, which is always 3.
constexpr uint8_t kHead[] = {1, 1, 3, DnssecKey::kAlgorithm};
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

// The value of a line "NAME: VALUE", without blanks at its ends; empty if there is none.
std::string_view value_of(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.substr(0, name.size()) != name) continue;
    line.remove_prefix(name.size());
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
    return line;
  }
  return {};
}

// base64 as the file has it, by the decoder that knows the other alphabet and no padding.
bool decode(std::string_view text, std::string* out) {
  std::string plain(text);
  while (!plain.empty() && plain.back() == '=') plain.pop_back();
  std::replace(plain.begin(), plain.end(), '+', '-');
  std::replace(plain.begin(), plain.end(), '/', '_');
  return base64url_decode(plain, out);
}

}  // namespace

DnssecKey::DnssecKey(const DnsName& zone, const Secret& secret, const P256Signer& signer)
    : zone_(zone), secret_(secret) {
  const auto key = signer.public_key();
  dnskey_ = as_text(kHead);
  dnskey_ += as_text(key);
  tag_ = tag_of(dnskey_);
}

Status DnssecKey::parse(std::string_view text, const DnsName& zone,
                        std::shared_ptr<const DnssecKey>* out) {
  const std::string_view algorithm = value_of(text, "Algorithm:");
  if (algorithm.substr(0, algorithm.find(' ')) != "13")
    return fail(Status::unsupported, "a key of DNSSEC has to be of algorithm 13 (ECDSA P-256)");
  std::string bytes;
  Secret secret;
  if (!decode(value_of(text, "PrivateKey:"), &bytes) || bytes.size() != secret.size())
    return fail(Status::invalid, "a key of DNSSEC has no PrivateKey of 32 bytes");
  std::copy(bytes.begin(), bytes.end(), secret.begin());
  const auto signer = P256Signer::make(secret);
  if (!signer) return fail(Status::invalid, "a key of DNSSEC is none of P-256");
  out->reset(new DnssecKey(zone, secret, *signer));
  return Status::ok;
}

std::string DnssecKey::ds_text() const {
  std::string owner(as_text(zone_.wire()));
  for (char& c : owner) c = ascii_lower(c);
  const auto digest = sha256(owner + dnskey_);
  return zone_.text() + " IN DS " + std::to_string(tag_) + " " + std::to_string(kAlgorithm) + " " +
         std::to_string(kSha256) + " " + hex(digest);
}

}  // namespace fce
