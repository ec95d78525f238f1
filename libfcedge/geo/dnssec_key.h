// SPDX-License-Identifier: Apache-2.0
// DnssecKey: the key that signs a zone (RFC 4034, algorithm 13 of RFC 6605), one for the zone's key
// set and its records alike (CSK), from the files of `dnssec-keygen -a ECDSAP256SHA256 -f KSK`.
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

// Immutable, any thread.
class DnssecKey {
 public:
  static constexpr uint8_t kAlgorithm = 13;
  static constexpr size_t kFileBytesMax = 16'384;
  using Secret = std::array<uint8_t, kP256CoordinateBytes>;

  // `secret` is the text of a private key file ("Private-key-format: v1.3"). `known` is that of its
  // public half, with a record DNSKEY, which says what the key is to be shown as, and has to be of
  // this zone and this key; empty: there is none. When keys are used, which both files may say, is
  // not looked at. FCE_EINVAL, FCE_EUNSUPPORTED with a sentence.
  static Status parse(std::string_view secret, std::string_view known, const DnsName& zone,
                      std::shared_ptr<const DnssecKey>* out);
  // Of "K<zone>.+013+<tag>.private"; its public half stands beside it as ".key", or is not there.
  static Status load(const std::string& path, const DnsName& zone,
                     std::shared_ptr<const DnssecKey>* out);

  const DnsName& zone() const { return zone_; }
  uint16_t tag() const { return tag_; }
  std::string_view dnskey() const { return dnskey_; }  // data of DNSKEY
  // The record that the zone above is to have: "example. IN DS 1 13 2 00".
  std::string ds_text() const;
  // One for each thread that signs.
  std::unique_ptr<P256Signer> signer() const { return P256Signer::make(secret_); }

 private:
  DnssecKey(const DnsName& zone, const Secret& secret, std::string dnskey);

  const DnsName zone_;
  const Secret secret_;
  const std::string dnskey_;
  const uint16_t tag_;
};

}  // namespace fce
