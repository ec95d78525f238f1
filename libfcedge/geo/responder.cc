// SPDX-License-Identifier: Apache-2.0
#include "geo/responder.h"

#include <algorithm>
#include <optional>

#include "base/time.h"
#include "geo/dns_writer.h"

namespace fce {
namespace {

// Who asks, as far as it matters for where he is: all bits of an address, or those that were told.
IpPrefix prefix_of(const DnsClient& client, const DnsEdns& edns) {
  if (edns.has_subnet && edns.subnet.prefix.bits > 0) return edns.subnet.prefix;
  IpPrefix out;
  if (client.address.family == PeerAddress::Family::unix_socket) return out;
  out.v6 = client.address.family == PeerAddress::Family::ipv6;
  out.bits = out.v6 ? 128 : 32;
  std::copy_n(client.address.ip.begin(), out.bits / 8, out.ip.begin());
  return unmapped(out);
}

Responder::Options kept_within(Responder::Options options) {
  options.udp_bytes_max = std::max(options.udp_bytes_max, Responder::kUdpLeast);
  options.nsid.resize(std::min(options.nsid.size(), Responder::kNsidMax));
  return options;
}

}  // namespace

Responder::Responder(const Options& options, DnsFigures* figures)
    : options_(kept_within(options)), figures_(*figures) {}

void Responder::set_zones(std::shared_ptr<const ZoneSet> zones) {
  zones_ = std::move(zones);
  if (signer_) signer_->forget_keys();
  if (!signer_ && zones_ && zones_->has_keys())
    signer_ = std::make_unique<DnssecSigner>(options_.dnssec);
}

size_t Responder::answer(const DnsClient& client, Bytes message, MutableBytes out) {
  figures_.add_transport(client.transport);
  Visit visit{client, {}, false, {}, {}, {}};
  const DnsParse parse = parse_dns_query(message, &visit.query);
  if (parse == DnsParse::silence || out.size() < kUdpLeast) {
    figures_.add(DnsFigure::silent);
    return 0;
  }
  ZoneAnswer::Outcome outcome;
  outcome.kind = ResponseRate::Kind::error;
  outcome.rcode = check(parse, &visit);
  prepare_edns(&visit);
  DnsWriter writer(out.first(limit(visit, out.size())));
  if (visit.query.edns.present) writer.reserve(dns_edns_size(visit.edns));
  if (visit.query.has_question) {
    const DnsKey key(visit.query.name);
    figures_.add_type(visit.query.type);
    writer.question(visit.query, key);
    if (outcome.rcode == DnsRcode::no_error) outcome = look_up(&visit, key, &writer);
  }
  return finish(outcome, &visit, &writer);
}

DnsRcode Responder::check(DnsParse parse, Visit* visit) {
  switch (parse) {
    case DnsParse::silence:
    case DnsParse::format_error: return DnsRcode::format_error;
    case DnsParse::not_implemented: return DnsRcode::not_implemented;
    case DnsParse::bad_version: return DnsRcode::bad_version;
    case DnsParse::good: break;
  }
  const DnsQuery& query = visit->query;
  if (query.edns.has_subnet && query.edns.subnet.prefix.bits > 0) figures_.add(DnsFigure::subnet);
  if (const DnsRcode rcode = check_cookie(visit); rcode != DnsRcode::no_error) return rcode;
  if (!query.has_question) return DnsRcode::no_error;
  const bool transfer = query.type == DnsType::axfr || query.type == DnsType::ixfr;
  return query.qclass != kDnsClassIn || transfer || !zones_ ? DnsRcode::refused
                                                            : DnsRcode::no_error;
}

DnsRcode Responder::check_cookie(Visit* visit) {
  const DnsEdns& edns = visit->query.edns;
  if (!cookies_ || !edns.has_cookie) return DnsRcode::no_error;
  const PeerAddress& address = visit->client.address;
  const auto now_s = static_cast<uint32_t>(wall_seconds());
  const DnsCookies::Check check = cookies_->check(edns.cookie, address, now_s);
  if (check == DnsCookies::Check::malformed) return DnsRcode::format_error;
  visit->good_cookie = check == DnsCookies::Check::good;
  figures_.add(visit->good_cookie ? DnsFigure::cookie_good : DnsFigure::cookie_other);
  visit->cookie = cookies_->make(edns.cookie.first(DnsCookies::kClientBytes), address, now_s);
  visit->edns.cookie = visit->cookie;
  const bool required = options_.require_cookies && visit->client.transport == DnsTransport::udp &&
                        visit->query.has_question;
  return required && !visit->good_cookie ? DnsRcode::bad_cookie : DnsRcode::no_error;
}

void Responder::prepare_edns(Visit* visit) const {
  const DnsEdns& edns = visit->query.edns;
  visit->edns.udp_bytes = options_.udp_bytes_max;
  visit->edns.dnssec_ok = edns.dnssec_ok;
  if (edns.wants_nsid) visit->edns.nsid = as_bytes(options_.nsid);
  if (edns.has_subnet) visit->edns.subnet = &visit->query.edns.subnet;
}

size_t Responder::limit(const Visit& visit, size_t room) const {
  if (visit.client.transport != DnsTransport::udp) return std::min<size_t>(room, UINT16_MAX);
  const DnsEdns& edns = visit.query.edns;
  if (!edns.present) return kUdpLeast;
  return std::min<size_t>(room, std::clamp(edns.udp_bytes, kUdpLeast, options_.udp_bytes_max));
}

class Responder::Judge final : public ZoneAnswer::Judge {
 public:
  Judge(Responder* responder, Visit* visit) : responder_(*responder), visit_(*visit) {}
  bool goes_out(const ZoneAnswer::Outcome& outcome) override {
    return responder_.judge(outcome, &visit_) == ResponseRate::Verdict::send;
  }

 private:
  Responder& responder_;
  Visit& visit_;
};

ZoneAnswer::Outcome Responder::look_up(Visit* visit, const DnsKey& key, DnsWriter* writer) {
  const DnsEdns& edns = visit->query.edns;
  const IpPrefix client = prefix_of(visit->client, edns);
  const SecureAnswer secure(signer_.get(), *zones_, edns, &figures_, writer);
  Judge judge(this, visit);
  ZoneAnswer answer(*zones_, picker_.get(), client, secure, &judge, &figures_, writer);
  return answer.answer(visit->query, key);
}

ResponseRate::Verdict Responder::judge(const ZoneAnswer::Outcome& outcome, Visit* visit) {
  if (visit->verdict) return *visit->verdict;
  const bool proven = visit->good_cookie || visit->client.transport != DnsTransport::udp;
  visit->verdict = !rate_ || proven ? ResponseRate::Verdict::send
                                    : rate_->judge(visit->client.address, outcome.kind,
                                                   outcome.name_hash, monotonic_us() / 1000);
  return *visit->verdict;
}

size_t Responder::finish(const ZoneAnswer::Outcome& outcome, Visit* visit, DnsWriter* writer) {
  switch (judge(outcome, visit)) {
    case ResponseRate::Verdict::drop: figures_.add(DnsFigure::rate_dropped); return 0;
    case ResponseRate::Verdict::slip:
      figures_.add(DnsFigure::rate_slipped);
      writer->truncate();
      break;
    case ResponseRate::Verdict::send:
      if (writer->truncated()) figures_.add(DnsFigure::truncated);
      break;
  }
  figures_.add_rcode(outcome.rcode);
  visit->edns.rcode = outcome.rcode;
  visit->edns.compact_ok = outcome.secure && visit->query.edns.compact_ok;
  // Whoever does not want to be told apart (no bits) gets what is good for all.
  const bool told = visit->query.edns.subnet.prefix.bits > 0;
  visit->edns.scope_bits = told ? outcome.scope_bits : 0;
  return writer->finish(visit->query, outcome.rcode, outcome.authoritative,
                        visit->query.edns.present ? &visit->edns : nullptr);
}

}  // namespace fce
