// SPDX-License-Identifier: Apache-2.0
//
// The command line: fcedge-geo explain IP [ECS] | map | serve, --version, --help.
#ifndef FCEDGE_EXAMPLES_GEO_OPTIONS_H_
#define FCEDGE_EXAMPLES_GEO_OPTIONS_H_

#include <optional>
#include <string>
#include <vector>

namespace geo {

enum class Command { kExplain, kMap, kServe };

struct Options {
  Command command = Command::kExplain;
  std::string config_file;
  std::string node_name;
  std::vector<std::string> databases;  // in place of those of the configuration
  std::string set;                     // "": all of them
  // explain
  std::string address;
  std::string subnet;
  bool json = false;
  // map
  std::string out = "map.svg";
  // serve
  bool check = false;
  std::string metrics;  // where figures are asked; "": nowhere
};

// Reads the command line. Without a value the process is to exit with `exit_code`: help and version
// have been printed (0), or one sentence about what is wrong (2).
std::optional<Options> parse_options(int argc, char** argv, int* exit_code);

}  // namespace geo

#endif  // FCEDGE_EXAMPLES_GEO_OPTIONS_H_
