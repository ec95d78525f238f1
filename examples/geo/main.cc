// SPDX-License-Identifier: Apache-2.0
//
// fcedge-geo: geo DNS by itself. It shows what an index and a map of nodes do with clients, and it
// is a DNS server, all through the C ABI.
#include <exception>
#include <iostream>

#include "dns_host.h"
#include "explain.h"
#include "options.h"
#include "world_map.h"

namespace {

constexpr int kExitFailed = 2;

void run(const geo::Options& options) {
  switch (options.command) {
    case geo::Command::kExplain: return geo::explain(options);
    case geo::Command::kMap: return geo::draw_map(options);
    case geo::Command::kServe: return geo::serve(options);
  }
}

}  // namespace

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto options = geo::parse_options(argc, argv, &exit_code);
  if (!options) return exit_code;
  try {
    run(*options);
    std::cout.flush();
    return std::cout ? 0 : kExitFailed;
  } catch (const edge::ConfigError& error) {
    std::cerr << error.what() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "fcedge-geo: " << error.what() << '\n';
  }
  return kExitFailed;
}
