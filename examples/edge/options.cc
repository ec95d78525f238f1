// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <fcedge/fcedge.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <iostream>

namespace edge {

std::optional<Options> parse_options(int argc, char** argv, int* exit_code) {
  Options options;
  CLI::App app{"One edge node: TLS, HTTP/1.1, HTTP/2, WebSocket, event streams, live comments.",
               "fcedge-edge"};
  app.set_version_flag("--version", std::string("fcedge-edge ") + fce_version());
  app.add_option("--config", options.config_file, "The configuration (TOML) of all nodes")
      ->required()
      ->type_name("FILE");
  app.add_option("--node", options.node_name, "Which [nodes.NAME] of the file this one is")
      ->type_name("NAME");
  app.add_flag("--check", options.check, "Check the configuration and all its files, then exit");
  app.footer(
      "Signals: SIGHUP reloads certificates, origins, routes, zones and geo nodes; SIGTERM and\n"
      "SIGINT drain, then stop.\n"
      "Exit code: 0 after a stop, 2 when the node cannot start as configured.\n");
  try {
    app.parse(argc, argv);
    return options;
  } catch (const CLI::CallForHelp& call) {
    *exit_code = app.exit(call);
  } catch (const CLI::CallForVersion& call) {
    *exit_code = app.exit(call);
  } catch (const CLI::ParseError& error) {
    std::cerr << "fcedge-edge: " << error.what() << "; see --help\n";
    *exit_code = 2;
  }
  return std::nullopt;
}

}  // namespace edge
