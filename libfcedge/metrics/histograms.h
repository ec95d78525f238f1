// SPDX-License-Identifier: Apache-2.0
// Histograms of one shard: how long things take, in microseconds. One thread writes, any may read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "metrics/log_histogram.h"

namespace fce {

// X(word, OpenMetrics name, help): what is timed.
#define FCE_HISTOGRAM_MAP(X)                                                                     \
  X(loop_turn, "fcedge_loop_turn_seconds",                                                       \
    "Turns of a loop, from what the poll told to the end of the flush")                          \
  X(fanout_slice, "fcedge_pubsub_fanout_slice_seconds", "Parts of turns that fan-out took")      \
  X(publish_flush, "fcedge_pubsub_publish_flush_seconds",                                        \
    "From a publication to the flush of the last subscriber that could take it")                 \
  X(tls_handshake, "fcedge_tls_handshake_seconds", "From accepting to the end of the handshake") \
  X(http_answer, "fcedge_http_answer_seconds",                                                   \
    "From a request's head to its answer, to the end of the turn if that is the same")           \
  X(hook, "fcedge_auth_hook_seconds", "Subscribe hooks")                                         \
  X(upstream_connect, "fcedge_upstream_connect_seconds",                                         \
    "Connecting to upstreams, with the TLS handshake")                                           \
  X(upstream_first_byte, "fcedge_upstream_first_byte_seconds",                                   \
    "From the beginning of a request to the head of the upstream's answer")

enum class Histogram : uint32_t {
#define FCE_HISTOGRAM_ENUM_(word, name, help) word,
  FCE_HISTOGRAM_MAP(FCE_HISTOGRAM_ENUM_)
#undef FCE_HISTOGRAM_ENUM_
      count_
};

class Histograms {
 public:
  LogHistogram& at(Histogram histogram) { return all_[static_cast<size_t>(histogram)]; }
  const LogHistogram& get(Histogram histogram) const {
    return all_[static_cast<size_t>(histogram)];
  }

 private:
  std::array<LogHistogram, static_cast<size_t>(Histogram::count_)> all_;
};

struct HistogramInfo {
  const char* name;
  const char* help;
};

HistogramInfo histogram_info(Histogram histogram);

// Where the buckets that are told to others end, in microseconds: edges of ours, so that what is
// told is exact, each the last one that is not above a round figure (100 us to 60 s).
std::span<const uint64_t> histogram_bounds();
constexpr size_t kHistogramBounds = 18;

}  // namespace fce
