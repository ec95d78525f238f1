// SPDX-License-Identifier: Apache-2.0
#include "engine/callback_handler.h"

#include <string>

#include "engine/node.h"
#include "engine/shard.h"

namespace fce {
namespace {

// One counter in OpenMetrics 1.0: its family's name goes without the suffix "_total".
void write_counter(const char* name, const char* help, uint64_t value, void* user) {
  auto& text = *static_cast<std::string*>(user);
  std::string family(name);
  if (family.ends_with("_total")) family.resize(family.size() - 6);
  text += "# TYPE " + family + " counter\n# HELP " + family + " " + help + ".\n";
  text += std::string(name) + " " + std::to_string(value) + "\n";
}

}  // namespace

void CallbackHandler::handle(Exchange& exchange) const {
  handler_(Shard::current()->later().give_out(exchange), user_);
}

void MetricsHandler::handle(Exchange& exchange) const {
  const Node& node = Shard::current()->node();
  std::string text;
  node.each_counter(write_counter, &text);
  text += "# TYPE fcedge_connections gauge\n# HELP fcedge_connections Open connections.\n";
  text += "fcedge_connections " + std::to_string(node.connections()) + "\n# EOF\n";
  const Header fields[] = {
      {"content-type", "application/openmetrics-text; version=1.0.0; charset=utf-8"},
      {"cache-control", "no-store"}};
  exchange.respond(200, fields, Body::copy_of(text));
}

}  // namespace fce
