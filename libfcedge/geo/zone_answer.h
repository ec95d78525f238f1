// SPDX-License-Identifier: Apache-2.0
// ZoneAnswer: the sections of an answer, from the zones and from what is picked for a client (RFC
// 1034 section 4.3.2 without recursion, RFC 2308 for what is not there).
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "geo/dns_figures.h"
#include "geo/dns_key.h"
#include "geo/dns_message.h"
#include "geo/dns_writer.h"
#include "geo/geo_picker.h"
#include "geo/response_rate.h"
#include "geo/secure_answer.h"
#include "geo/zone_set.h"

namespace fce {

class ZoneAnswer {
 public:
  struct Outcome {
    DnsRcode rcode = DnsRcode::no_error;
    bool authoritative = false;
    uint8_t scope_bits = 0;  // of client subnet; 0: all clients get the same
    bool secure = false;     // the zone is signed, and the client wanted to see that
    // What the answer is to a limit of responses.
    ResponseRate::Kind kind = ResponseRate::Kind::answer;
    uint64_t name_hash = 0;
  };

  // Is asked once it is known what is going to be answered, and before anything is signed for it.
  class Judge {
   public:
    virtual ~Judge() = default;
    // False when the answer is not going to be sent as it is.
    virtual bool goes_out(const Outcome& outcome) = 0;
  };

  // More aliases are not followed; so a circle of them ends, too.
  static constexpr int kAliasesMax = 8;

  // `picker` may be null: names that need it are then answered with SERVFAIL, since nothing is
  // known of the nodes yet. `secure` signs for who wants that, or does nothing.
  ZoneAnswer(const ZoneSet& zones, const GeoPicker* picker, const IpPrefix& client,
             const SecureAnswer& secure, Judge* judge, DnsFigures* figures, DnsWriter* writer)
      : zones_(zones),
        picker_(picker),
        client_(client),
        secure_(secure),
        judge_(*judge),
        figures_(*figures),
        writer_(*writer) {}

  // Once. The query has a question of class IN, and `key` is of its name.
  Outcome answer(const DnsQuery& query, const DnsKey& key);

 private:
  using Section = DnsWriter::Section;

  // Answers for one name. Where it leads on to when it is an alias; else empty.
  Bytes answer_name(Bytes name, const DnsKey& key, DnsType type, bool first);
  Bytes answer_node(const Zone& zone, const Zone::Node& node, Bytes owner, DnsType type);
  void answer_any(const Zone& zone, const Zone::Node& node, Bytes owner);
  void answer_geo(const Zone& zone, const Zone::Node& name, const RrSet& set, Bytes owner,
                  DnsType type);
  bool sign_nodes(const Zone& zone, const GeoPick& pick, const RrSet& set, Bytes owner,
                  DnsType type);
  // Types that only a signed zone has. False when it is none of them. `node`: null for a name that
  // is not there.
  bool answer_secure(const Zone& zone, const Zone::Node* node, Bytes owner, DnsType type);
  void refer(const Zone& zone, const Zone::Node& cut);
  void deny_name(const Zone& zone, Bytes owner);
  void deny_type(const Zone& zone, const Zone::Node& node, Bytes owner, DnsType type, uint32_t ttl);
  bool add_soa(const Zone& zone, uint32_t ttl);
  bool is_given(const GeoPick& pick, size_t before, Bytes ip) const;
  template <class F>
  bool each_address(const GeoPick& pick, DnsType type, F&& each) const;
  // False when it does not fit: then the whole answer is cut short.
  bool add_records(Section section, const Zone& zone, const RrSet& set, Bytes owner);
  // With a signature behind it.
  bool add_set(Section section, const Zone& zone, const RrSet& set, Bytes owner);
  // Addresses of the names of NS. `cut`: where the zone is delegated, if it is.
  void add_addresses(const Zone& zone, const RrSet& servers, const Zone::Node* cut);
  // These two: false when there was no room for all of it.
  bool add_addresses_of(const Zone& zone, Bytes server);
  bool add_address(const Zone& zone, const Zone::Node& node, const RrSet& set, Bytes server);
  void fail_answer();
  // False when that ended the answer: it is cut short, or fails.
  bool settle(SecureAnswer::Result result);
  void tell_rate(ResponseRate::Kind kind, uint64_t name_hash);

  const ZoneSet& zones_;
  const GeoPicker* const picker_;
  const IpPrefix& client_;
  SecureAnswer secure_;
  Judge& judge_;
  DnsFigures& figures_;
  DnsWriter& writer_;
  Outcome outcome_;
  bool failed_ = false;
  bool told_ = false;  // the kind and the name, which are the question's and not its aliases'
};

}  // namespace fce
