// SPDX-License-Identifier: Apache-2.0
// SecureAnswer: what DNSSEC adds to an answer: signatures made on line, and denial of one name at a
// time (RFC 9824). A wildcard's records are signed in the name that they are given for, so that
// nothing has to be proven of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "geo/dns_figures.h"
#include "geo/dns_message.h"
#include "geo/dns_writer.h"
#include "geo/dnssec_record.h"
#include "geo/dnssec_signer.h"
#include "geo/zone_set.h"

namespace fce {

class SecureAnswer {
 public:
  using Section = DnsWriter::Section;
  enum class Result : uint8_t {
    good,    // also when there is nothing to be done
    full,    // there is no room
    refused  // too many had to be made of late: no answer is better than one that looks forged
  };

  // `signer` may be null when no zone is signed.
  SecureAnswer(DnssecSigner* signer, const ZoneSet& zones, const DnsEdns& edns, DnsFigures* figures,
               DnsWriter* writer)
      : signer_(signer), zones_(zones), edns_(edns), figures_(*figures), writer_(*writer) {}

  // From now on nothing is signed: the answer is not going to be sent as it is.
  void stop() { signer_ = nullptr; }
  // The name that is answered for is one that who asks has chosen, as a wildcard lets him.
  void set_made_up(bool made_up) { made_up_ = made_up; }

  bool is_signed(const Zone& zone) const { return zones_.keys(zone).key != nullptr; }
  // Whether the client wants to see signatures of the zone.
  bool wanted(const Zone& zone) const { return signer_ && edns_.dnssec_ok && is_signed(zone); }

  Result sign(Section section, const Zone& zone, const DnssecSet& set);
  Result sign(Section section, const Zone& zone, const RrSet& set, Bytes owner, uint32_t ttl);

  // That a name does not exist. It is told as a name without data, unless the client knows better.
  Result deny_name(const Zone& zone, Bytes owner, DnsRcode* rcode);
  // That a name has nothing of a type.
  Result deny_type(const Zone& zone, const Zone::Node& node, Bytes owner, DnsType type,
                   uint32_t ttl);
  // The keys of a zone that is signed.
  Result answer_keys(const Zone& zone, Bytes owner);
  // The zone is signed, and was asked for NSEC or RRSIG, of a name without a node for one that is
  // not there. Of all signatures that a name has, one is enough (as RFC 8482 section 4.1 has it of
  // all records).
  Result answer(const Zone& zone, const Zone::Node* node, Bytes owner, DnsType type);

 private:
  Result add_signature(Section section, const Zone& zone, DnssecSet set);
  Result add_nsec(const Zone& zone, Bytes owner, NsecNext next, std::span<const DnsType> types,
                  uint32_t ttl);
  static std::vector<DnsType> types_of(const Zone& zone, const Zone::Node& node);

  DnssecSigner* signer_;
  const ZoneSet& zones_;
  const DnsEdns& edns_;
  DnsFigures& figures_;
  DnsWriter& writer_;
  bool made_up_ = false;
};

}  // namespace fce
