// SPDX-License-Identifier: Apache-2.0
// The claims of a token whose signature is good: whether they hold here and now, and whom they
// describe. The inside of jwt.h.
#pragma once

#include <cstdint>

#include "auth/identity.h"
#include "auth/refusal.h"

namespace fce {

class Json;
struct JwtPolicy;

// `claims` is an object. On a refusal `out` may be half written.
Refusal read_claims(const Json& claims, const JwtPolicy& policy, int64_t now, Identity* out);

}  // namespace fce
