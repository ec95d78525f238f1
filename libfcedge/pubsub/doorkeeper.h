// SPDX-License-Identifier: Apache-2.0
// Doorkeeper: tells a route of this room who its client is. Rights of an identity on a channel.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "auth/authenticator.h"
#include "auth/identity.h"
#include "pubsub/position.h"

namespace fce {

class Exchange;
class Hub;

// Whether the identity's token says so. A token that does not list channels may read all those of
// its tenant, and write none.
bool allows(const Identity& identity, Right right, std::string_view channel);

// Where a client begins that has asked for that position: what it may not read again is a gap.
Position allowed_position(const Identity* identity, std::string_view channel, Position position);

// How long it is still good, at least 1; 0: for ever, or there is none.
uint64_t expires_in_ms(const Identity* identity);

class Doorkeeper {
 public:
  virtual ~Doorkeeper() = default;

  struct Admission {
    Refusal refusal = Refusal::none;  // of a token that is bad; a missing one is no refusal
    std::shared_ptr<const Identity> identity;  // null: nobody, or refused
    std::string session;  // token of an anonymous session that is new, for who cannot keep cookies
  };
  // Who asks, by what its request brings. The answer to it gets what cookies there are.
  virtual Admission admit(Exchange& exchange, Hub& hub, std::string_view tenant) const = 0;
  // Who asks, by a token that came in band.
  virtual Admission renew(std::string_view token, Hub& hub, std::string_view tenant) const = 0;
  // Whether a client without an identity may do anything but bring one.
  virtual bool admits_nobody() const = 0;
};

// One that asks the node's authenticator.
class AuthDoorkeeper final : public Doorkeeper {
 public:
  AuthDoorkeeper(std::shared_ptr<const Authenticator> authenticator, AuthPolicy::Mode mode,
                 bool anonymous)
      : authenticator_(std::move(authenticator)), mode_(mode), anonymous_(anonymous) {}

  Admission admit(Exchange& exchange, Hub& hub, std::string_view tenant) const override;
  Admission renew(std::string_view token, Hub& hub, std::string_view tenant) const override;
  bool admits_nobody() const override { return mode_ != AuthPolicy::Mode::required; }

 private:
  const std::shared_ptr<const Authenticator> authenticator_;
  const AuthPolicy::Mode mode_;
  const bool anonymous_;
};

}  // namespace fce
