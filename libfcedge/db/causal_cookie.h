// SPDX-License-Identifier: Apache-2.0
// How HTTP carries causal tokens: in a cookie that the browser brings along by itself, or in a
// field where there are no cookies. Pure code over values of fields; whoever knows HTTP wires it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "db/causal_token.h"

namespace fce {

// The field, in lower case, of requests and of answers.
constexpr std::string_view kCausalField = "x-fcedge-causal";

// `fcedge_causal_MARK`, MARK 8 characters that stand for the replica set, so that the tokens of two
// do not replace each other. Over TLS `__Host-` stands before it, so that no neighbour of the
// domain can plant one.
std::string causal_cookie_name(std::string_view replica_set, bool tls);

// The value of a Set-Cookie field. `max_age_s` is to be as long as replication can ever take and no
// longer: what is older has arrived everywhere.
std::string causal_cookie(std::string_view token, std::string_view replica_set, uint32_t max_age_s,
                          bool tls);

// Gathers what a request brings, value by value, and verifies at most 4, since others may have
// planted some: which are in vain, as they are not signed.
class CausalTokenReader {
 public:
  static constexpr size_t kVerifiedMax = 4;

  CausalTokenReader(std::string_view replica_set, std::span<const std::string> secrets, bool tls);

  void add_cookie_field(std::string_view value);
  void add_field(std::string_view value);  // of kCausalField

  // The latest of all that were good. An answer to a write signs what is `later` of this and of the
  // write's, so that no writes of other tabs or nodes are forgotten.
  const std::optional<CausalToken>& token() const { return token_; }
  // Why there is none, when something was brought: then a causal read goes to the primary.
  TokenCheck check() const { return check_; }

 private:
  void add(std::string_view text);

  const std::string_view replica_set_;
  const std::span<const std::string> secrets_;
  const std::string cookie_name_;
  size_t verified_ = 0;
  TokenCheck check_ = TokenCheck::good;
  std::optional<CausalToken> token_;
};

}  // namespace fce
