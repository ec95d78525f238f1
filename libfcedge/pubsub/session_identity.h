// SPDX-License-Identifier: Apache-2.0
// Who a client of a live route is, and who finds that out: what this room has to know of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace fce {

class Counters;
class Exchange;

// Immutable; shared by all that came of the same token.
class SessionIdentity {
 public:
  virtual ~SessionIdentity() = default;

  std::string user;  // "" nobody in particular
  std::vector<std::string> groups;
  std::string_view kind = "none";  // "token", "anonymous"; as told in `hello`
  uint64_t expires_ms = 0;         // wall clock; 0 never

  virtual bool may_subscribe(std::string_view channel) const = 0;
  virtual bool may_publish(std::string_view channel) const = 0;
};

class Doorkeeper {
 public:
  virtual ~Doorkeeper() = default;

  // Who asks, by what its request brings. With FCE_OK and `out` null it brings nothing.
  virtual Status admit(const Exchange& exchange, std::string_view tenant,
                       std::shared_ptr<const SessionIdentity>* out) const = 0;
  // Who asks, by a token that came in band.
  virtual Status renew(std::string_view token, std::string_view tenant, Counters& counters,
                       std::shared_ptr<const SessionIdentity>* out) const = 0;
  // Whether a client without an identity may do anything but bring one.
  virtual bool admits_nobody() const = 0;
};

}  // namespace fce
