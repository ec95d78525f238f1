// SPDX-License-Identifier: Apache-2.0
//
// The command line: fcedge-edge --config FILE [--node NAME] | --check | --version | --help.
#ifndef FCEDGE_EXAMPLES_EDGE_OPTIONS_H_
#define FCEDGE_EXAMPLES_EDGE_OPTIONS_H_

#include <optional>
#include <string>

namespace edge {

struct Options {
  std::string config_file;
  std::string node_name;
  bool check = false;
};

// Reads the command line. Without a value the process is to exit with `exit_code`: help and version
// have been printed (0), or one sentence about what is wrong (2).
std::optional<Options> parse_options(int argc, char** argv, int* exit_code);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_OPTIONS_H_
