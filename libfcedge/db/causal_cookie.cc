// SPDX-License-Identifier: Apache-2.0
#include "db/causal_cookie.h"

#include "base/base64url.h"
#include "base/crypto.h"

namespace fce {
namespace {

constexpr size_t kCookieMarkChars = 8;

std::string_view trim_blanks(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string causal_cookie_name(std::string_view replica_set, bool tls) {
  const std::string name(tls ? "__Host-fcedge_causal_" : "fcedge_causal_");
  return name + base64url(sha256(replica_set)).substr(0, kCookieMarkChars);
}

std::string causal_cookie(std::string_view token, std::string_view replica_set, uint32_t max_age_s,
                          bool tls) {
  std::string cookie = causal_cookie_name(replica_set, tls);
  cookie.append("=").append(token);
  cookie.append("; Path=/; Max-Age=").append(std::to_string(max_age_s)).append("; HttpOnly");
  return cookie.append(tls ? "; Secure; SameSite=None; Partitioned" : "; SameSite=Lax");
}

CausalTokenReader::CausalTokenReader(std::string_view replica_set,
                                     std::span<const std::string> secrets, bool tls)
    : replica_set_(replica_set),
      secrets_(secrets),
      cookie_name_(causal_cookie_name(replica_set, tls)) {}

void CausalTokenReader::add_cookie_field(std::string_view value) {
  // Pairs between semicolons (RFC 6265 section 4.2.1).
  while (!value.empty()) {
    const size_t end = value.find(';');
    const std::string_view pair = trim_blanks(value.substr(0, end));
    const size_t equals = pair.find('=');
    // A place is kept for the field, which only the client itself can set.
    if (equals != std::string_view::npos && pair.substr(0, equals) == cookie_name_ &&
        verified_ < kVerifiedMax - 1)
      add(pair.substr(equals + 1));
    value.remove_prefix(end == std::string_view::npos ? value.size() : end + 1);
  }
}

void CausalTokenReader::add_field(std::string_view value) { add(trim_blanks(value)); }

void CausalTokenReader::add(std::string_view text) {
  if (text.empty() || verified_ == kVerifiedMax) return;
  ++verified_;
  CausalToken token;
  const TokenCheck check = verify_causal_token(text, replica_set_, secrets_, &token);
  if (check == TokenCheck::good) {
    token_ = token_ ? later(*token_, token) : token;
    check_ = check;
  } else if (!token_) {
    check_ = check;
  }
}

}  // namespace fce
