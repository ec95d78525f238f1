// SPDX-License-Identifier: Apache-2.0
// SecureAnswer: what DNSSEC adds to an answer: signatures made on line, and denial of one name at a
// time (RFC 9824). A wildcard's records are signed in the name that they are given for, so that
// nothing has to be proven of it.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "geo/dns_message.h"
#include "geo/dns_writer.h"
#include "geo/dnssec_record.h"
#include "geo/dnssec_signer.h"
#include "geo/zone.h"

namespace fce {

class SecureAnswer {
 public:
  enum class Result : uint8_t {
    good,         // also when there is nothing to be done
    full,         // there is no room
    no_signature  // too many had to be made of late: no answer is better than one that looks forged
  };

  // `signer` may be null.
  SecureAnswer(DnssecSigner* signer, const DnsEdns& edns, DnsWriter* writer)
      : signer_(signer), edns_(edns), writer_(*writer) {}

  // The key of a zone; null: it is not signed.
  const DnssecKey* key(const Zone& zone) const {
    return signer_ ? signer_->key(zone.apex()) : nullptr;
  }
  // Whether the client wants to see signatures of the zone.
  bool wanted(const Zone& zone) const { return edns_.dnssec_ok && key(zone); }

  Result sign(DnsWriter::Section section, const Zone& zone, const DnssecSet& set);
  Result sign(DnsWriter::Section section, const Zone& zone, const RrSet& set, Bytes owner,
              uint32_t ttl);

  // That a name does not exist. It is told as a name without data, unless the client knows better.
  Result deny_name(const Zone& zone, Bytes owner, DnsRcode* rcode);
  // That a name has nothing of a type.
  Result deny_type(const Zone& zone, const Zone::Node& node, Bytes owner, DnsType type);

 private:
  Result add_nsec(const Zone& zone, Bytes owner, std::span<const DnsType> types);

  DnssecSigner* const signer_;
  const DnsEdns& edns_;
  DnsWriter& writer_;
};

}  // namespace fce
