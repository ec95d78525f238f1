// SPDX-License-Identifier: Apache-2.0
#include "metrics/log_histogram.h"

#include <algorithm>
#include <cmath>

namespace fce {

static_assert(LogHistogram::bucket_of(15) == 15 && LogHistogram::bucket_of(16) == 16 &&
              LogHistogram::bucket_of(17) == 16 && LogHistogram::bucket_of(18) == 17);
static_assert(LogHistogram::lower_edge(LogHistogram::kBuckets) == uint64_t{1}
                                                                      << LogHistogram::kTopBits);
static_assert(LogHistogram::bucket_of(UINT64_MAX) == LogHistogram::kBuckets - 1);

// The count is the sum of the buckets that were read, and not a figure of its own: so it fits them
// also when the writer goes on meanwhile.
void HistogramSnapshot::add(const LogHistogram& histogram) {
  for (size_t i = 0; i < LogHistogram::kBuckets; ++i) {
    const uint64_t value = histogram.bucket(i);
    buckets_[i] += value;
    count_ += value;
  }
  sum_ += histogram.sum();
}

uint64_t HistogramSnapshot::count_below(uint64_t edge) const {
  uint64_t sum = 0;
  for (size_t i = 0; i < LogHistogram::kBuckets && LogHistogram::lower_edge(i + 1) <= edge; ++i)
    sum += buckets_[i];
  return sum;
}

uint64_t HistogramSnapshot::quantile(double q) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
  const uint64_t rank = std::clamp<uint64_t>(static_cast<uint64_t>(wanted), 1, count_);
  uint64_t sum = 0;
  size_t bucket = 0;
  while (bucket + 1 < LogHistogram::kBuckets && (sum += buckets_[bucket]) < rank) ++bucket;
  const uint64_t low = LogHistogram::lower_edge(bucket);
  return low + (LogHistogram::lower_edge(bucket + 1) - low) / 2;
}

}  // namespace fce
