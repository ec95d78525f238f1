// SPDX-License-Identifier: Apache-2.0
// Traces for the simulation of caches: who asks for what, made from a seed.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace cache_sim {

struct Request {
  uint32_t id = 0;
  bool is_update = false;  // the object has changed: what the cache has is to be replaced
};

using Trace = std::vector<Request>;

inline uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Log-normal with a mean of about 10 KiB, from 256 bytes to 512 KiB; always the same for one id.
inline uint32_t bytes_of(uint32_t id) {
  const double u = (static_cast<double>(mix(id) >> 11) + 0.5) / 9007199254740992.0;
  const double v =
      (static_cast<double>(mix(id ^ 0x5bd1e995u << 8) >> 11) + 0.5) / 9007199254740992.0;
  const double normal = std::sqrt(-2 * std::log(u)) * std::cos(2 * 3.14159265358979 * v);
  return static_cast<uint32_t>(std::clamp(std::exp(8.74 + normal), 256.0, 524288.0));
}

class Zipf {
 public:
  Zipf(uint32_t count, double exponent) : sums_(count) {
    double sum = 0;
    for (uint32_t i = 0; i < count; ++i) sums_[i] = sum += std::pow(i + 1, -exponent);
  }
  template <class Random>
  uint32_t operator()(Random& random) const {
    std::uniform_real_distribution<double> uniform(0, sums_.back());
    const auto at = std::upper_bound(sums_.begin(), sums_.end() - 1, uniform(random));
    return static_cast<uint32_t>(at - sums_.begin());
  }

 private:
  std::vector<double> sums_;
};

constexpr uint32_t kObjects = 1'000'000;

// `zipf`: 1,000,000 objects. `scan`: half of it is zipf, a quarter is objects that nobody asks for
// again, a quarter a crawler that goes through 3,000,000 others in order. `drift`: zipf whose
// popular objects change, one in 20 requests, as on a site with news. `update`: zipf, and each
// object changes once in 20 requests for it.
inline Trace make_trace(const std::string& name, size_t requests) {
  std::mt19937_64 random(42);
  const Zipf zipf(kObjects, 0.9);
  std::vector<uint32_t> id_of(kObjects);
  for (uint32_t i = 0; i < kObjects; ++i) id_of[i] = i;
  std::shuffle(id_of.begin(), id_of.end(), random);
  uint32_t fresh = 4 * kObjects;
  uint32_t crawled = 0;
  Trace trace(requests);
  for (Request& request : trace) {
    const uint32_t rank = zipf(random);
    const uint64_t dice = random() % 100;
    request.id = id_of[rank];
    if (name == "scan" && dice < 25) {
      request.id = fresh++;
    } else if (name == "scan" && dice < 50) {
      request.id = kObjects + crawled++ % (3 * kObjects);
    } else if (name == "drift" && dice < 5) {
      id_of[rank] = fresh++;
    } else if (name == "update" && dice < 5) {
      request.is_update = true;
    }
  }
  return trace;
}

}  // namespace cache_sim
