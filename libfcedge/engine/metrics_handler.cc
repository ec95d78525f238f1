// SPDX-License-Identifier: Apache-2.0
#include "engine/metrics_handler.h"

#include <string>
#include <vector>

#include "cache/cache_figures.h"
#include "engine/node.h"
#include "engine/node_dns.h"
#include "engine/shard.h"
#include "geo/geo_director.h"
#include "geo/geo_figures.h"
#include "metrics/exposition.h"

namespace fce {
namespace {

// Calls `each` with every value of an enumeration that ends in `count_`.
template <class Enum, class F>
void for_all(F&& each) {
  for (uint32_t i = 0; i < static_cast<uint32_t>(Enum::count_); ++i) each(static_cast<Enum>(i));
}

void add(const std::vector<Figure>& gauges, const std::vector<Figure>& totals, Exposition* text) {
  for (const Figure& gauge : gauges)
    text->gauge(gauge.name, gauge.unit, gauge.help, static_cast<int64_t>(gauge.value));
  for (const Figure& total : totals) text->counter(total.name, total.help, total.value);
}

void add_node_answers(const NodeDns& dns, Exposition* text) {
  std::vector<Exposition::Sample> samples;
  for (const auto& [node, count] : dns.node_answers())
    samples.push_back({{{"node", node.first}, {"region", node.second}}, count});
  text->counters("fcedge_dns_node_answers_total", "Answers with the addresses of a node", samples);
}

std::string figures(const Node& node, Exposition::Format format) {
  Exposition text(format);
  text.info("fcedge_build_info", "What runs here", "version=\"" FCE_VERSION "\"");
  text.gauge("fcedge_epoch", {}, "How often this node has started",
             static_cast<int64_t>(node.state().epoch()));
  for_all<Gauge>([&](Gauge gauge) {
    const GaugeInfo info = gauge_info(gauge);
    text.gauge(info.name, info.unit, info.help, node.sum(gauge));
  });
  for_all<Counter>([&](Counter counter) {
    const CounterInfo info = counter_info(counter);
    text.counter(info.name, info.help, node.sum(counter));
  });
  if (node.cache()) add(cache_gauges(*node.cache()), cache_totals(*node.cache()), &text);
  if (node.geo()) add(geo_gauges(*node.geo()), geo_totals(*node.geo()), &text);
  if (node.dns()) {
    const auto add_counter = [](const char* name, const char* help, uint64_t value, void* to) {
      static_cast<Exposition*>(to)->counter(name, help, value);
    };
    node.dns()->each_counter(add_counter, &text);
    add_node_answers(*node.dns(), &text);
  }
  for_all<Histogram>([&](Histogram histogram) {
    const HistogramInfo info = histogram_info(histogram);
    text.histogram(info.name, info.help, node.sum(histogram));
  });
  return text.take();
}

}  // namespace

void MetricsHandler::handle(Exchange& exchange) const {
  const Exposition::Format format = Exposition::choose(exchange.request.header("accept"));
  const std::string text = figures(Shard::current()->node(), format);
  const Header fields[] = {{"content-type", Exposition::content_type(format)},
                           {"cache-control", "no-store"},
                           {"vary", "accept"}};
  exchange.respond(200, fields, Body::copy_of(text));
}

}  // namespace fce
