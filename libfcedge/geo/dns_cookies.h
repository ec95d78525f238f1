// SPDX-License-Identifier: Apache-2.0
// DNS cookies (RFC 7873) as all servers of one secret make them (RFC 9018), so that a client's
// cookie is good at each of them.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "net/address.h"

namespace fce {

class DnsCookies {
 public:
  static constexpr size_t kClientBytes = 8, kServerBytes = 16;
  static constexpr size_t kBytes = kClientBytes + kServerBytes;
  using Secret = std::array<uint8_t, 16>;

  enum class Check : uint8_t {
    malformed,    // FORMERR (RFC 7873 section 5.2.2)
    client_only,  // the client's half, or with one of a server that is not good
    good,
  };

  explicit DnsCookies(const Secret& secret) : secret_(secret) {}
  // Cookies of the secret before are good for as long as they are fresh.
  void rotate(const Secret& secret);

  // The data of a COOKIE option.
  Check check(Bytes option, const PeerAddress& client, uint32_t now_s) const;
  // The data of the option for an answer: the client's half and a fresh one of ours.
  std::array<uint8_t, kBytes> make(Bytes client_half, const PeerAddress& client,
                                   uint32_t now_s) const;

 private:
  Secret secret_;
  Secret before_{};
  bool has_before_ = false;
};

}  // namespace fce
