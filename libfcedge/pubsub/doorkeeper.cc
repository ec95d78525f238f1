// SPDX-License-Identifier: Apache-2.0
#include "pubsub/doorkeeper.h"

#include <algorithm>
#include <utility>

#include "base/time.h"
#include "http/exchange.h"
#include "pubsub/hub.h"

namespace fce {
namespace {

AuthTime time_of(Hub& hub) { return {wall_seconds(), hub.loop().now_ms()}; }

}  // namespace

bool allows(const Identity& identity, Right right, std::string_view channel) {
  return identity.lists_channels ? identity.allows(right, channel) : right != Right::publish;
}

Position allowed_position(const Identity* identity, std::string_view channel, Position position) {
  if (identity && !allows(*identity, Right::history, channel) &&
      position.kind != Position::Kind::none)
    position.kind = Position::Kind::invalid;
  return position;
}

uint64_t expires_in_ms(const Identity* identity) {
  if (!identity || identity->expires == 0) return 0;
  const uint64_t at_ms = static_cast<uint64_t>(identity->expires) * 1000;
  return std::max<uint64_t>(at_ms - std::min(at_ms, wall_ms()), 1);
}

Doorkeeper::Admission AuthDoorkeeper::admit(Exchange& exchange, Hub& hub,
                                            std::string_view tenant) const {
  AuthOutcome outcome = authenticator_->authenticate(exchange.request, {mode_, anonymous_, tenant},
                                                     time_of(hub), hub.counters());
  if (!outcome.set_cookie.empty())
    exchange.extra_headers.push_back({"Set-Cookie", exchange.arena.copy(outcome.set_cookie)});
  if (outcome.refusal == Refusal::missing) outcome.refusal = Refusal::none;
  return {outcome.refusal, std::move(outcome.identity), std::move(outcome.session)};
}

Doorkeeper::Admission AuthDoorkeeper::renew(std::string_view token, Hub& hub,
                                            std::string_view tenant) const {
  Admission admission;
  admission.refusal =
      authenticator_->verify(token, tenant, time_of(hub), hub.counters(), &admission.identity);
  return admission;
}

}  // namespace fce
