// SPDX-License-Identifier: Apache-2.0
// DnssecKey: the key that signs a zone (RFC 4034, algorithm 13 of RFC 6605), one for keys and
// records alike (CSK), as `dnssec-keygen -a ECDSAP256SHA256 -f KSK` makes it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/signature.h"
#include "base/status.h"
#include "geo/dns_name.h"

namespace fce {

class DnssecKey {
 public:
  static constexpr uint8_t kAlgorithm = 13;
  using Secret = std::array<uint8_t, kP256CoordinateBytes>;

  // Reads the text of a private key file ("Private-key-format: v1.3"). FCE_EINVAL with a sentence.
  static Status parse(std::string_view text, const DnsName& zone,
                      std::shared_ptr<const DnssecKey>* out);

  const DnsName& zone() const { return zone_; }
  uint16_t tag() const { return tag_; }
  std::string_view dnskey() const { return dnskey_; }  // data of DNSKEY
  // The record that the zone above is to have: "example. IN DS 1 13 2 00".
  std::string ds_text() const;
  // One for each thread that signs.
  std::unique_ptr<P256Signer> signer() const { return P256Signer::make(secret_); }

 private:
  DnssecKey(const DnsName& zone, const Secret& secret, const P256Signer& signer);

  const DnsName zone_;
  const Secret secret_;
  std::string dnskey_;
  uint16_t tag_ = 0;
};

}  // namespace fce
