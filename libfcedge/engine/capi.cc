// SPDX-License-Identifier: Apache-2.0
// include/fcedge/fcedge.h: unwraps, calls, wraps.
#include <fcedge/fcedge.h>

#include <memory>
#include <string>

#include "base/log.h"
#include "engine/handles.h"
#include "engine/options.h"

using namespace fce;

#ifndef FCE_VERSION
#error "the build passes FCE_VERSION"
#endif

extern "C" {

const char* fce_status_name(int status) { return status_name(static_cast<Status>(status)); }
const char* fce_status_text(int status) { return status_text(static_cast<Status>(status)); }
const char* fce_last_error(void) { return last_error(); }
const char* fce_version(void) { return FCE_VERSION; }

int fce_log_set(int32_t level, fce_log_fn sink, void* user, fce_release_fn release) {
  if (level < FCE_LOG_DEBUG || level > FCE_LOG_OFF)
    return to_c(fail(Status::invalid, "no such log level: " + std::to_string(level)));
  log_set(static_cast<LogLevel>(level), sink, user, release);
  return FCE_OK;
}

void fce_node_options_init(fce_node_options* options) { init_options(options); }
void fce_limits_init(fce_limits* limits) { init_options(limits); }
void fce_listen_options_init(fce_listen_options* options) { init_options(options); }
void fce_certificate_init(fce_certificate* certificate) { init_options(certificate); }

int fce_node_create(const fce_node_options* options, fce_node** out) {
  if (!out) return to_c(fail(Status::invalid, "there is no place for the node"));
  *out = nullptr;
  fce_node_options known;
  Status status = take_options(options, &known);
  if (status != Status::ok) return to_c(status);
  auto node = std::make_unique<fce_node>();
  status = node->node.create(known);
  if (status == Status::ok) *out = node.release();
  return to_c(status);
}

int fce_node_listen(fce_node* node, const fce_listen_options* options, uint16_t* port) {
  fce_listen_options known;
  Status status = take_options(options, &known);
  if (status == Status::ok && !node) status = fail(Status::invalid, "the node is NULL");
  if (status == Status::ok) status = node->node.listen(known, port);
  return to_c(status);
}

int fce_node_set_certificates(fce_node* node, const fce_certificate* certificates, size_t count) {
  if (!node || (!certificates && count > 0))
    return to_c(fail(Status::invalid, "the node or the list of certificates is NULL"));
  return to_c(node->node.set_certificates({certificates, count}));
}

int fce_node_start(fce_node* node) {
  return to_c(node ? node->node.start() : fail(Status::invalid, "the node is NULL"));
}

int fce_node_drain(fce_node* node, uint32_t spread_ms) {
  return to_c(node ? node->node.drain(spread_ms) : fail(Status::invalid, "the node is NULL"));
}

uint64_t fce_node_connections(const fce_node* node) { return node ? node->node.connections() : 0; }

int fce_node_stop(fce_node* node) {
  return to_c(node ? node->node.stop() : fail(Status::invalid, "the node is NULL"));
}

void fce_node_destroy(fce_node* node) { delete node; }

const char* fce_node_id(const fce_node* node) {
  return node ? node->node.state().id().c_str() : "";
}

uint64_t fce_node_epoch(const fce_node* node) { return node ? node->node.state().epoch() : 0; }

int fce_node_counters(const fce_node* node, fce_counter_fn each, void* user) {
  if (!node || !each) return to_c(fail(Status::invalid, "the node or the callback is NULL"));
  node->node.each_counter(each, user);
  return FCE_OK;
}

int fce_node_gauges(const fce_node* node, fce_gauge_fn each, void* user) {
  if (!node || !each) return to_c(fail(Status::invalid, "the node or the callback is NULL"));
  node->node.each_gauge(each, user);
  return FCE_OK;
}

int fce_node_histograms(const fce_node* node, fce_histogram_fn each, void* user) {
  if (!node || !each) return to_c(fail(Status::invalid, "the node or the callback is NULL"));
  for (uint32_t i = 0; i < static_cast<uint32_t>(Histogram::count_); ++i) {
    const auto histogram = static_cast<Histogram>(i);
    const HistogramInfo info = histogram_info(histogram);
    const HistogramSnapshot sum = node->node.sum(histogram);
    fce_bucket buckets[kHistogramBounds];
    size_t count = 0;
    for (const uint64_t bound : histogram_bounds())
      buckets[count++] = {bound, sum.count_below(bound)};
    const fce_histogram view{sizeof(fce_histogram),
                             info.name,
                             info.help,
                             sum.count(),
                             sum.sum(),
                             sum.quantile(0.5),
                             sum.quantile(0.9),
                             sum.quantile(0.99),
                             sum.quantile(0.999),
                             buckets,
                             count};
    each(&view, user);
  }
  return FCE_OK;
}

}  // extern "C"
