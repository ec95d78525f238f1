// SPDX-License-Identifier: Apache-2.0
// The public keys and secrets that tokens are verified with: a JWK Set (RFC 7517), parsed whole and
// then const. Pure code.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace fce {

class Json;

// What tokens may be signed with (RFC 7518 section 3.1, RFC 8037 section 3.1).
enum class TokenAlgorithm : uint8_t { hs256, es256, eddsa };

// "HS256", "ES256" or "EdDSA", exactly. False for all else, "none" above all.
bool parse_token_algorithm(std::string_view name, TokenAlgorithm* out);

// One key. It is good for one algorithm only, which its type decides and never a token.
struct TokenKey {
  bool verify(std::string_view message, Bytes signature) const;

  std::string id;  // `kid`; "" when it has none
  TokenAlgorithm algorithm = TokenAlgorithm::hs256;
  std::string material;  // the secret, the point as X and Y, or the Ed25519 key
};

class KeySet {
 public:
  static constexpr size_t kTextBytesMax = 256 * 1024;
  static constexpr size_t kKeysMax = 256;
  static constexpr size_t kSecretBytesMin = 32;  // RFC 7518 section 3.2

  // Reads {"keys":[...]}: `oct` for HS256, `EC` P-256 for ES256, `OKP` Ed25519 for EdDSA. A key of
  // one of these kinds that is damaged makes the whole set an error that names it. A key of another
  // kind or for another use is left out, as RFC 7517 section 5 says, and `skipped` names it. A set
  // in which no key is left is an error.
  static Status parse(std::string_view text, std::shared_ptr<const KeySet>* out);

  const std::vector<TokenKey>& keys() const { return keys_; }
  // One sentence for each key that was left out.
  const std::vector<std::string>& skipped() const { return skipped_; }

 private:
  Status add(const Json& json, size_t index);

  std::vector<TokenKey> keys_;
  std::vector<std::string> skipped_;
};

}  // namespace fce
