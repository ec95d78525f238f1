// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <fcedge/fcedge.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <iostream>

namespace geo {
namespace {

constexpr const char* kFooter =
    "Examples:\n"
    "  fcedge-geo --mmdb city.mmdb explain 192.0.2.7\n"
    "      where that address is\n"
    "  fcedge-geo --mmdb city.mmdb --config edge.toml explain 192.0.2.53 198.51.100.0/24\n"
    "      who is answered to the resolver 192.0.2.53 that asks for a client of that subnet\n"
    "  fcedge-geo --config edge.toml map --set eu --out eu.svg\n"
    "      a picture of the world, coloured by the node that each place is sent to\n"
    "  fcedge-geo --config edge.toml serve\n"
    "      answers DNS for the zones of the file\n"
    "\n"
    "The configuration is that of fcedge-edge; of it [dns], [[dns_listen]], [[zone]], [geo],\n"
    "[[geo_node]], [[geo_set]] and, for DNS over TLS, [[certificate]] are used.\n"
    "Exit code: 0 when all went well, 2 when not, with a sentence that says why.\n";

// What an explanation and a picture have alike.
void add_set(CLI::App* command, Options* options) {
  command->add_option("--set", options->set, "Only this [[geo_set]]")->type_name("NAME");
}

void add_commands(CLI::App* app, Options* options) {
  CLI::App* explain =
      app->add_subcommand("explain", "Say where an address is, who it is sent to, and why");
  explain->add_option("IP", options->address, "The address that asks")->required();
  explain->add_option("ECS", options->subnet,
                      "The subnet of its client, as a resolver tells it (RFC 7871)");
  explain->add_flag("--json", options->json, "For programs rather than people");
  add_set(explain, options);
  explain->callback([options] { options->command = Command::kExplain; });

  CLI::App* map = app->add_subcommand("map", "Draw the world, coloured by the chosen node (SVG)");
  map->add_option("--out", options->out, "Where to write it; -: standard output [map.svg]")
      ->type_name("FILE");
  add_set(map, options);
  map->callback([options] { options->command = Command::kMap; });

  CLI::App* serve = app->add_subcommand(
      "serve", "Answer DNS; SIGHUP reloads zones and nodes, SIGTERM and SIGINT stop");
  serve->add_flag("--check", options->check, "Check the configuration and its zones, then exit");
  serve
      ->add_option("--metrics", options->metrics,
                   "Serve GET /metrics in clear, for OpenMetrics, at this HOST:PORT")
      ->type_name("ADDRESS");
  serve->callback([options] { options->command = Command::kServe; });
}

}  // namespace

std::optional<Options> parse_options(int argc, char** argv, int* exit_code) {
  Options options;
  CLI::App app{"Geo DNS: sends each client to the nearest node, and shows why.", "fcedge-geo"};
  app.set_version_flag("--version", std::string("fcedge-geo ") + fce_version());
  app.add_option("--config", options.config_file, "The configuration (TOML)")->type_name("FILE");
  app.add_option("--node", options.node_name, "Which [nodes.NAME] of the file this one is")
      ->type_name("NAME");
  app.add_option("--mmdb", options.databases,
                 "A database of MaxMind's format; given twice, one for IPv4 and one for IPv6; "
                 "in place of those of [geo]")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.fallthrough();  // the options above may also stand behind the command
  app.require_subcommand(1);
  app.footer(kFooter);
  add_commands(&app, &options);
  try {
    app.parse(argc, argv);
    return options;
  } catch (const CLI::CallForHelp& call) {
    *exit_code = app.exit(call);
  } catch (const CLI::CallForVersion& call) {
    *exit_code = app.exit(call);
  } catch (const CLI::ParseError& error) {
    std::cerr << "fcedge-geo: " << error.what() << "; see --help\n";
    *exit_code = 2;
  }
  return std::nullopt;
}

}  // namespace geo
