// SPDX-License-Identifier: Apache-2.0
// Responder: the authoritative server behind its sockets. It answers from zones and from what is
// picked for each client, and keeps to the limits of who may be somebody else than he says.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "geo/dns_cookies.h"
#include "geo/dns_edns.h"
#include "geo/dns_figures.h"
#include "geo/dns_handler.h"
#include "geo/dns_message.h"
#include "geo/dnssec_signer.h"
#include "geo/geo_picker.h"
#include "geo/response_rate.h"
#include "geo/zone_answer.h"
#include "geo/zone_set.h"

namespace fce {

class Responder final : public DnsHandler {
 public:
  static constexpr size_t kNsidMax = 64;
  static constexpr uint16_t kUdpLeast = 512;

  struct Options {
    uint16_t udp_bytes_max = 1232;  // 512 at least; larger datagrams get lost in pieces
    std::string nsid;               // this server's name (RFC 5001), cut to `kNsidMax`; empty: none
    // Over UDP who sends the client's half of a cookie alone gets no answer but ours (BADCOOKIE).
    // Who knows of no cookies is answered as ever, within the limit of responses.
    bool require_cookies = false;
    DnssecSigner::Options dnssec;
  };

  // `figures` outlive it.
  Responder(const Options& options, DnsFigures* figures);

  // What it answers from, each swapped as a whole between two messages. Without zones it refuses;
  // without the others it goes without them (see ZoneAnswer for the picker).
  // Zones that have a key are signed for who asks for that (DO).
  void set_zones(std::shared_ptr<const ZoneSet> zones);
  void set_picker(std::shared_ptr<const GeoPicker> picker) { picker_ = std::move(picker); }
  void set_cookies(std::shared_ptr<const DnsCookies> cookies) { cookies_ = std::move(cookies); }
  void set_rate(std::unique_ptr<ResponseRate> rate) { rate_ = std::move(rate); }

  // `out` has 512 bytes at least, or there is silence. Allocates nothing, unless it is to sign.
  size_t answer(const DnsClient& client, Bytes query, MutableBytes out) override;

 private:
  // One message on its way.
  struct Visit {
    const DnsClient& client;
    DnsQuery query;
    bool good_cookie = false;
    std::array<uint8_t, DnsCookies::kBytes> cookie{};  // of the answer
    DnsEdnsAnswer edns;
    std::optional<ResponseRate::Verdict> verdict;  // once the limit of responses was asked
  };
  class Judge;

  // The code that is told without a look at the zones; `no_error`: none.
  DnsRcode check(DnsParse parse, Visit* visit);
  DnsRcode check_cookie(Visit* visit);
  void prepare_edns(Visit* visit) const;
  size_t limit(const Visit& visit, size_t room) const;
  ZoneAnswer::Outcome look_up(Visit* visit, const DnsKey& key, DnsWriter* writer);
  size_t finish(const ZoneAnswer::Outcome& outcome, Visit* visit, DnsWriter* writer);
  ResponseRate::Verdict judge(const ZoneAnswer::Outcome& outcome, Visit* visit);

  const Options options_;
  DnsFigures& figures_;
  std::shared_ptr<const ZoneSet> zones_;
  std::shared_ptr<const GeoPicker> picker_;
  std::shared_ptr<const DnsCookies> cookies_;
  std::unique_ptr<DnssecSigner> signer_;  // since there was a zone that is signed
  std::unique_ptr<ResponseRate> rate_;
};

}  // namespace fce
