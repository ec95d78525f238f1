// SPDX-License-Identifier: Apache-2.0
// Why a token is refused. The texts go to clients and logs; none quotes the token.
#pragma once

#include <cstdint>

namespace fce {

// X(word, text)
#define FCE_REFUSAL_MAP(X)                                                        \
  X(missing, "a token is needed")                                                 \
  X(malformed, "the token is malformed")                                          \
  X(too_big, "the token is too large")                                            \
  X(algorithm, "the token's algorithm is not accepted or does not fit its key")   \
  X(key, "the token's key is not known")                                          \
  X(signature, "the token's signature is wrong")                                  \
  X(expired, "the token has expired")                                             \
  X(not_yet, "the token is not valid yet")                                        \
  X(audience, "the token is for somebody else")                                   \
  X(issuer, "the token is from somebody else")                                    \
  X(claims, "a claim of the token is missing, of a wrong type or beyond a limit") \
  X(tenant, "the token is for another tenant")

enum class Refusal : uint8_t {
  none,
#define FCE_REFUSAL_ENUM_(word, text) word,
  FCE_REFUSAL_MAP(FCE_REFUSAL_ENUM_)
#undef FCE_REFUSAL_ENUM_
};

// "expired", for logs and machines; "none" for none.
const char* refusal_name(Refusal refusal);
// The sentence; "" for none.
const char* refusal_text(Refusal refusal);
// The status of the answer (RFC 6750 section 3.1): 401 asks for another token, 403 for none.
uint16_t refusal_status(Refusal refusal);

}  // namespace fce
