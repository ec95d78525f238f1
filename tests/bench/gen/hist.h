// SPDX-License-Identifier: Apache-2.0
// Log-linear latency histogram (about 1.6 % resolution), values in nanoseconds.
#pragma once
#include <time.h>

#include <cstdint>
#include <cstring>
static inline uint64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return uint64_t(t.tv_sec) * 1000000000ull + t.tv_nsec;
}
struct Hist {
  static constexpr int SUB = 6, N = 64 << SUB;
  uint64_t b[N], n = 0, mx = 0;
  long double sum = 0;
  Hist() { memset(b, 0, sizeof b); }
  void add(uint64_t v, uint64_t times = 1) {
    int i;
    if (v < (1u << SUB))
      i = int(v);
    else {
      int e = 63 - __builtin_clzll(v);
      i = ((e - SUB + 1) << SUB) + int((v >> (e - SUB)) & ((1 << SUB) - 1));
    }
    b[i] += times;
    n += times;
    sum += (long double)v * times;
    if (v > mx) mx = v;
  }
  void merge(const Hist& other) {
    for (int i = 0; i < N; i++) b[i] += other.b[i];
    n += other.n;
    sum += other.sum;
    if (other.mx > mx) mx = other.mx;
  }
  uint64_t q(double p) const {
    if (!n) return 0;
    uint64_t want = uint64_t(p * n), c = 0;
    if (want >= n) want = n - 1;
    for (int i = 0; i < N; i++) {
      c += b[i];
      if (c > want) {
        if (i < (1 << SUB)) return i;
        int e = (i >> SUB) + SUB - 1;
        return (uint64_t((1 << SUB) + (i & ((1 << SUB) - 1))) << (e - SUB)) +
               (1ull << (e - SUB)) / 2;
      }
    }
    return mx;
  }
  double mean() const { return n ? double(sum / n) : 0; }
};
