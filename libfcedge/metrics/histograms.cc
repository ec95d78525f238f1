// SPDX-License-Identifier: Apache-2.0
#include "metrics/histograms.h"

namespace fce {
namespace {

constexpr HistogramInfo kInfo[] = {
#define FCE_HISTOGRAM_INFO_(word, name, help) {name, help},
    FCE_HISTOGRAM_MAP(FCE_HISTOGRAM_INFO_)
#undef FCE_HISTOGRAM_INFO_
};

constexpr uint64_t kRound[kHistogramBounds] = {
    100,     250,     500,     1'000,    2'500,    5'000,    10'000,     25'000,     50'000,
    100'000, 250'000, 500'000, 1000'000, 2500'000, 5000'000, 10'000'000, 30'000'000, 60'000'000};

constexpr auto kBounds = [] {
  std::array<uint64_t, std::size(kRound)> bounds{};
  for (size_t i = 0; i < bounds.size(); ++i)
    bounds[i] = LogHistogram::lower_edge(LogHistogram::bucket_of(kRound[i]));
  return bounds;
}();

}  // namespace

HistogramInfo histogram_info(Histogram histogram) { return kInfo[static_cast<size_t>(histogram)]; }

std::span<const uint64_t> histogram_bounds() { return kBounds; }

}  // namespace fce
