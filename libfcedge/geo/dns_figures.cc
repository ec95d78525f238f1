// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_figures.h"

namespace fce {
namespace {

constexpr DnsFigureInfo kInfo[] = {
#define FCE_DNS_FIGURE_INFO_(word, name, help) {name, help},
    FCE_DNS_FIGURE_MAP(FCE_DNS_FIGURE_INFO_)
#undef FCE_DNS_FIGURE_INFO_
};

DnsFigure figure_of(DnsType type) {
  switch (type) {
    case DnsType::a: return DnsFigure::type_a;
    case DnsType::aaaa: return DnsFigure::type_aaaa;
    case DnsType::ns: return DnsFigure::type_ns;
    case DnsType::soa: return DnsFigure::type_soa;
    case DnsType::txt: return DnsFigure::type_txt;
    case DnsType::mx: return DnsFigure::type_mx;
    case DnsType::https: return DnsFigure::type_https;
    case DnsType::any: return DnsFigure::type_any;
    default: return DnsFigure::type_other;
  }
}

DnsFigure figure_of(DnsRcode rcode) {
  switch (rcode) {
    case DnsRcode::no_error: return DnsFigure::no_error;
    case DnsRcode::format_error: return DnsFigure::format_error;
    case DnsRcode::server_failure: return DnsFigure::server_failure;
    case DnsRcode::name_error: return DnsFigure::name_error;
    case DnsRcode::not_implemented: return DnsFigure::not_implemented;
    case DnsRcode::refused: return DnsFigure::refused;
    case DnsRcode::bad_version: return DnsFigure::bad_version;
    case DnsRcode::bad_cookie: return DnsFigure::bad_cookie;
  }
  return DnsFigure::server_failure;
}

}  // namespace

DnsFigureInfo dns_figure_info(DnsFigure figure) { return kInfo[static_cast<size_t>(figure)]; }

DnsFigures::DnsFigures(size_t nodes_max)
    : nodes_max_(nodes_max), nodes_(std::make_unique<Value[]>(nodes_max)) {}

void DnsFigures::add_transport(DnsTransport transport) {
  add(transport == DnsTransport::udp   ? DnsFigure::udp
      : transport == DnsTransport::tcp ? DnsFigure::tcp
                                       : DnsFigure::tls);
}

void DnsFigures::add_type(DnsType type) { add(figure_of(type)); }

void DnsFigures::add_rcode(DnsRcode rcode) { add(figure_of(rcode)); }

}  // namespace fce
