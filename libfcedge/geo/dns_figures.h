// SPDX-License-Identifier: Apache-2.0
// DnsFigures: what one responder counts. One thread writes, any thread may read: so an increment is
// a plain load and store of a relaxed atomic, as in metrics/counters.h.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "geo/dns_handler.h"
#include "geo/dns_types.h"

namespace fce {

// X(word, OpenMetrics name, help)
#define FCE_DNS_FIGURE_MAP(X)                                                                     \
  X(udp, "fcedge_dns_queries_udp_total", "Messages that came over UDP")                           \
  X(tcp, "fcedge_dns_queries_tcp_total", "Messages that came over TCP")                           \
  X(tls, "fcedge_dns_queries_tls_total", "Messages that came over TLS")                           \
  X(type_a, "fcedge_dns_queries_a_total", "Queries for A")                                        \
  X(type_aaaa, "fcedge_dns_queries_aaaa_total", "Queries for AAAA")                               \
  X(type_ns, "fcedge_dns_queries_ns_total", "Queries for NS")                                     \
  X(type_soa, "fcedge_dns_queries_soa_total", "Queries for SOA")                                  \
  X(type_txt, "fcedge_dns_queries_txt_total", "Queries for TXT")                                  \
  X(type_mx, "fcedge_dns_queries_mx_total", "Queries for MX")                                     \
  X(type_https, "fcedge_dns_queries_https_total", "Queries for HTTPS")                            \
  X(type_any, "fcedge_dns_queries_any_total", "Queries for ANY")                                  \
  X(type_other, "fcedge_dns_queries_other_total", "Queries for another type")                     \
  X(no_error, "fcedge_dns_answers_noerror_total", "Answers NOERROR")                              \
  X(format_error, "fcedge_dns_answers_formerr_total", "Answers FORMERR")                          \
  X(server_failure, "fcedge_dns_answers_servfail_total", "Answers SERVFAIL")                      \
  X(name_error, "fcedge_dns_answers_nxdomain_total", "Answers NXDOMAIN")                          \
  X(not_implemented, "fcedge_dns_answers_notimp_total", "Answers NOTIMP")                         \
  X(refused, "fcedge_dns_answers_refused_total", "Answers REFUSED")                               \
  X(bad_version, "fcedge_dns_answers_badvers_total", "Answers BADVERS")                           \
  X(bad_cookie, "fcedge_dns_answers_badcookie_total", "Answers BADCOOKIE")                        \
  X(silent, "fcedge_dns_silent_total", "Messages that are no query and got no answer")            \
  X(truncated, "fcedge_dns_truncated_total", "Answers that did not fit and were cut short")       \
  X(subnet, "fcedge_dns_client_subnet_total", "Queries with a client subnet of at least one bit") \
  X(cookie_good, "fcedge_dns_cookies_good_total", "Queries with a good cookie of ours")           \
  X(cookie_other, "fcedge_dns_cookies_other_total", "Queries with a client's cookie alone")       \
  X(rate_dropped, "fcedge_dns_rate_dropped_total", "Answers beyond a rate that were not sent")    \
  X(rate_slipped, "fcedge_dns_rate_slipped_total", "Answers beyond a rate that were cut short")   \
  X(geo, "fcedge_dns_geo_answers_total", "Answers with nodes of a set")                           \
  X(geo_empty, "fcedge_dns_geo_empty_total", "Answers for a set of which no node may answer")     \
  X(dnssec_made, "fcedge_dns_signatures_made_total", "Signatures that were made")                 \
  X(dnssec_remembered, "fcedge_dns_signatures_remembered_total", "Signatures given once more")    \
  X(dnssec_refused, "fcedge_dns_signatures_refused_total", "Signatures beyond the budget")

enum class DnsFigure : uint8_t {
#define FCE_DNS_FIGURE_WORD_(word, name, help) word,
  FCE_DNS_FIGURE_MAP(FCE_DNS_FIGURE_WORD_)
#undef FCE_DNS_FIGURE_WORD_
      count_
};

struct DnsFigureInfo {
  const char* name;
  const char* help;  // without a period
};

DnsFigureInfo dns_figure_info(DnsFigure figure);

class DnsFigures {
 public:
  // Answers are counted by node, of numbers less than `nodes_max`.
  explicit DnsFigures(size_t nodes_max = 0);

  void add(DnsFigure figure) { bump(&values_[static_cast<size_t>(figure)]); }
  void add_transport(DnsTransport transport);
  void add_type(DnsType type);
  void add_rcode(DnsRcode rcode);
  // A node's addresses were given out.
  void add_node(uint16_t node) {
    if (node < nodes_max_) bump(&nodes_[node]);
  }

  // What a node has by now; it begins anew. On the writer's thread.
  uint64_t take_node(uint16_t node) {
    const uint64_t value = this->node(node);
    nodes_[node].store(0, std::memory_order_relaxed);
    return value;
  }

  uint64_t get(DnsFigure figure) const {
    return values_[static_cast<size_t>(figure)].load(std::memory_order_relaxed);
  }
  uint64_t node(uint16_t node) const {
    return node < nodes_max_ ? nodes_[node].load(std::memory_order_relaxed) : 0;
  }

 private:
  using Value = std::atomic<uint64_t>;
  static void bump(Value* value) {
    value->store(value->load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  std::array<Value, static_cast<size_t>(DnsFigure::count_)> values_{};
  const size_t nodes_max_;
  const std::unique_ptr<Value[]> nodes_;
};

}  // namespace fce
