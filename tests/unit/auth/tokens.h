// SPDX-License-Identifier: Apache-2.0
// Keys and tokens to test with. The keys are those of the RFCs' examples.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>

#include "auth/jwt.h"
#include "auth/key_set.h"
#include "base/base64url.h"
#include "base/signature.h"

namespace fce {

// RFC 7515 appendix A.1 and A.3, RFC 8037 appendix A.2.
constexpr std::string_view kSecretText =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
constexpr std::string_view kPointMembers =
    R"("kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")";
constexpr std::string_view kEdMembers =
    R"("kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")";

inline std::string secret_members(std::string_view secret = kSecretText) {
  return R"("kty":"oct","k":")" + std::string(secret) + "\"";
}
inline std::string key_text(std::string_view id, std::string_view members) {
  return R"({"kid":")" + std::string(id) + "\"," + std::string(members) + "}";
}
inline std::string set_text(std::string_view keys) {
  return "{\"keys\":[" + std::string(keys) + "]}";
}

inline std::shared_ptr<const KeySet> key_set(std::string_view keys) {
  std::shared_ptr<const KeySet> set;
  REQUIRE(KeySet::parse(set_text(keys), &set) == Status::ok);
  return set;
}
// One key of each kind: "hs", "ec" and "ed".
inline std::shared_ptr<const KeySet> three_keys() {
  return key_set(key_text("hs", secret_members()) + "," + key_text("ec", kPointMembers) + "," +
                 key_text("ed", kEdMembers));
}

// Signs whatever it is given with the secret above, or another one.
inline std::string sign(std::string_view header, std::string_view payload,
                        std::string_view secret = kSecretText) {
  std::string key;
  REQUIRE(base64url_decode(secret, &key));
  const std::string text = base64url(as_bytes(header)) + "." + base64url(as_bytes(payload));
  return text + "." + base64url(hmac_sha256(as_bytes(key), text));
}
constexpr std::string_view kHeader = R"({"alg":"HS256","kid":"hs"})";

constexpr int64_t kNow = 1'700'000'000;

// A good token with more members in its claims: `,"name":value`.
inline std::string token_with(std::string_view more) {
  return sign(kHeader, R"({"sub":"u1","tenant":"acme","exp":1700000600)" + std::string(more) + "}");
}

}  // namespace fce
