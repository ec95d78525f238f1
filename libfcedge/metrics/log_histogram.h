// SPDX-License-Identifier: Apache-2.0
// LogHistogram: how often values fell where, with buckets that grow with the value: eight to each
// power of two, so that a bucket is never wider than an eighth of what is in it. One thread writes,
// any thread may read.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace fce {

class LogHistogram {
 public:
  static constexpr int kSubBits = 3;
  static constexpr int kTopBits = 36;  // values from 2^36 on count in the last bucket
  // Each value below 16 has a bucket of its own.
  static constexpr size_t kBuckets = size_t{kTopBits - kSubBits + 1} << kSubBits;

  static constexpr size_t bucket_of(uint64_t value) {
    const int shift = std::bit_width(value >> kSubBits);  // 0 for 0 to 7
    if (shift > kTopBits - kSubBits) return kBuckets - 1;
    if (shift <= 1) return static_cast<size_t>(value);
    return (static_cast<size_t>(shift - 1) << kSubBits) + static_cast<size_t>(value >> (shift - 1));
  }
  // The smallest value that is in the bucket; of kBuckets: the first that is in none.
  static constexpr uint64_t lower_edge(size_t bucket) {
    if (bucket < (size_t{2} << kSubBits)) return bucket;
    const size_t shift = (bucket >> kSubBits) - 1;
    const uint64_t mantissa = (bucket & ((size_t{1} << kSubBits) - 1)) + (size_t{1} << kSubBits);
    return mantissa << shift;
  }

  void record(uint64_t value) { record(bucket_of(value), value, 1); }
  // For a value that goes to several histograms: its bucket is known, and it counts `times`.
  void record(size_t bucket, uint64_t value, uint64_t times) {
    bump(buckets_[bucket], times);
    bump(sum_, value * times);
  }

  uint64_t bucket(size_t index) const { return buckets_[index].load(std::memory_order_relaxed); }
  uint64_t sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  // There is one writer: no locked instruction.
  static void bump(std::atomic<uint64_t>& cell, uint64_t by) {
    cell.store(cell.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::array<std::atomic<uint64_t>, kBuckets> buckets_{};
  std::atomic<uint64_t> sum_{0};
};

// What histograms hold at one time, added up.
class HistogramSnapshot {
 public:
  void add(const LogHistogram& histogram);

  uint64_t count() const { return count_; }
  uint64_t sum() const { return sum_; }
  // The number of values below `edge`; exact where that is the edge of a bucket.
  uint64_t count_below(uint64_t edge) const;
  // An estimate of the value that the share `q` (0 to 1) of all does not exceed: the middle of its
  // bucket, off by a sixteenth at most. 0 when there is none.
  uint64_t quantile(double q) const;

 private:
  std::array<uint64_t, LogHistogram::kBuckets> buckets_{};
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
};

}  // namespace fce
