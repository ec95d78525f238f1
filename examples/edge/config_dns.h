// SPDX-License-Identifier: Apache-2.0
//
// The DNS server: [dns], [[dns_listen]] and [[zone]].
#ifndef FCEDGE_EXAMPLES_EDGE_CONFIG_DNS_H_
#define FCEDGE_EXAMPLES_EDGE_CONFIG_DNS_H_

#include <fcedge/geo.h>

#include <string>
#include <vector>

#include "config.h"
#include "toml_section.h"

namespace edge {

// Reads [dns].
DnsSettings read_dns(Section section);

// Each reads one of [[dns_listen]] and [[zone]].
DnsListenSettings read_dns_listen(Section& section);
ZoneSettings read_zone(Section& section);

// Throws ConfigError for zones without an address, addresses without zones, and DNS over TLS
// without a certificate.
void check_dns(const Config& config);

// Gives a node that has not started its DNS server; with `listens` its addresses, too.
void set_dns(fce_node* node, const Config& config, bool listens);

// Warns of changes that only a restart can make, of [dns], [[dns_listen]] and [geo].
void warn_of_dns_restart(const Config& running, const Config& wanted);

// Has it answer from the zones as the files are now; at any time.
void set_zones(fce_node* node, const Config& config);

// Of each key of a zone the record DS, which the zone above is to have.
std::vector<std::string> ds_records(const Config& config);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_CONFIG_DNS_H_
