// SPDX-License-Identifier: Apache-2.0
// ResponseRate: bounds how many answers of one kind a network of clients gets over UDP, where who
// asks may not be who is answered. Some answers that are too many are sent cut short, so that who
// really asks comes by TCP.
#pragma once

#include <cstdint>
#include <memory>

#include "base/crypto.h"
#include "net/address.h"

namespace fce {

class ResponseRate {
 public:
  // What clients ask for is told apart by its name and kind; errors are not, since whoever attacks
  // can make up as many names as there are queries.
  enum class Kind : uint8_t { answer, nodata, nxdomain, referral, error };
  enum class Verdict : uint8_t { send, slip, drop };

  struct Options {
    uint32_t answers_per_s = 20;    // of a network and a name; 0: no limit
    uint32_t errors_per_s = 5;      // of a network: `nxdomain` and `error`
    uint32_t all_per_s = 200;       // of a network
    uint32_t slip = 2;              // each so many-th answer that is too many is cut short; 0: none
    uint32_t table_size = 100'000;  // networks and names that are remembered
    uint8_t v4_bits = 24, v6_bits = 56;
  };

  explicit ResponseRate(const Options& options);
  ~ResponseRate();

  // `name_hash` of the name that is answered for: of a wildcard the wildcard's.
  Verdict judge(const PeerAddress& client, Kind kind, uint64_t name_hash, uint64_t now_ms);

 private:
  struct Table;
  const Options options_;
  const std::unique_ptr<Table> table_;
};

}  // namespace fce
