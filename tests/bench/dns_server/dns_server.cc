// SPDX-License-Identifier: Apache-2.0
// A DNS server of one shard, to be measured from outside.
// usage: bench-dns-server ADDRESS [NAME FILE]    "127.0.0.1:5353": UDP and TCP. Ends by a signal.
// It answers for the zone NAME of a master file, or without one every query alike.
#include <cstdio>
#include <memory>

#include "base/limits.h"
#include "dns_server/fixed_handler.h"
#include "geo/dns_server.h"
#include "geo/responder.h"
#include "geo/zone_file.h"
#include "metrics/counters.h"
#include "net/net_context.h"

namespace {

using fce::Status;

int failed() {
  std::fprintf(stderr, "%s\n", fce::last_error());
  return 1;
}

Status load_zones(const char* name, const char* file, std::shared_ptr<const fce::ZoneSet>* out) {
  fce::DnsName apex;
  std::shared_ptr<const fce::Zone> zone;
  Status status = fce::DnsName::parse(name, fce::DnsName(), &apex);
  if (status == Status::ok) status = fce::load_zone_file(file, apex, {}, &zone);
  return status == Status::ok ? fce::ZoneSet::make({zone}, out) : status;
}

int serve(fce::DnsHandler& handler, fce::DnsAddress& bound) {
  const fce::Limits limits;
  fce::Counters counters;
  std::atomic<uint64_t> connections{0};
  fce::Loop loop(2000);
  if (loop.open() != Status::ok) return failed();
  fce::NetContext net(loop, limits, counters, connections);
  fce::DnsServer server(net, handler, {});
  if (server.serve(bound, 0, nullptr) != Status::ok) return failed();
  loop.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) {
    std::fprintf(stderr, "usage: bench-dns-server ADDRESS [NAME FILE]\n");
    return 2;
  }
  fce::ListenAddress address;
  fce::DnsAddress bound;
  if (fce::ListenAddress::parse(argv[1], &address) != Status::ok) return failed();
  if (fce::DnsAddress::bind(address, false, 1, &bound) != Status::ok) return failed();
  if (argc == 2) {
    fce::FixedHandler fixed;
    return serve(fixed, bound);
  }
  std::shared_ptr<const fce::ZoneSet> zones;
  if (load_zones(argv[2], argv[3], &zones) != Status::ok) return failed();
  fce::DnsFigures figures;
  // As the peers are set up: without a limit of responses.
  fce::Responder responder({}, &figures);
  responder.set_zones(std::move(zones));
  return serve(responder, bound);
}
