// SPDX-License-Identifier: Apache-2.0
// Keys of TLS session tickets: one ring for the process, so that a ticket is good on every shard,
// on every listener and across certificate swaps.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>

#include "base/bytes.h"
#include "base/status.h"

namespace fce {

class TicketKeys {
 public:
  static constexpr size_t kNameBytes = 16;
  static constexpr size_t kNonceBytes = 12;
  static constexpr size_t kTagBytes = 16;
  static constexpr int64_t kRotateSeconds = 3600;
  static constexpr int64_t kTicketSeconds = 7200;  // the oldest key of the ring outlives a ticket

  TicketKeys();

  // Seals in place under the newest key.
  Status seal(MutableBytes name, MutableBytes nonce, MutableBytes text, MutableBytes tag);
  enum class Opened { fresh, renew, unknown };
  // Opens in place. `renew`: under an older key, so the client should get a new ticket.
  Opened open(Bytes name, Bytes nonce, MutableBytes text, Bytes tag);

  // Makes a new newest key if it is time; the clock is a parameter for the tests.
  void rotate(int64_t monotonic_seconds);

  static TicketKeys& process();

 private:
  struct Key {
    std::array<uint8_t, kNameBytes> name;
    std::array<uint8_t, 16> secret;
  };
  static constexpr size_t kKeys = 4;

  std::mutex mutex_;
  std::array<Key, kKeys> keys_;  // the newest first
  int64_t rotated_at_ = 0;
};

}  // namespace fce
