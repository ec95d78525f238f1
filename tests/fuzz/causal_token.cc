// SPDX-License-Identifier: Apache-2.0
// Causal tokens that clients bring: verifying is total and accepts only what was signed. The first
// byte tells what the rest is: a token (t), the payload of one that we sign (p), a Cookie field
// (c).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/base64url.h"
#include "base/signature.h"
#include "db/causal_cookie.h"
#include "db/causal_token.h"

using namespace fce;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

const std::vector<std::string>& secrets() {
  static const std::vector<std::string> made = {"the secret of the fuzzer, 32 bytes"};
  return made;
}

void check_good(std::string_view text, const CausalToken& token) {
  require(token.operation != OperationTime() && token.operation <= token.cluster);
  std::string again;
  require(sign_causal_token(token, "rs0", secrets(), &again) == Status::ok);
  require(again == text);
  CausalToken other;
  require(verify_causal_token(text, "rs1", secrets(), &other) == TokenCheck::foreign);
  require(later(token, token) == token);
}

void check_token(std::string_view text, bool is_ours) {
  CausalToken token;
  const TokenCheck check = verify_causal_token(text, "rs0", secrets(), &token);
  require(token_check_name(check) != nullptr);
  if (check != TokenCheck::good) return;
  require(is_ours);
  check_good(text, token);
}

void check_payload(std::string_view payload) {
  std::string text = "fcedge causal token\n";
  text.append(payload);
  const auto code = hmac_sha256(as_bytes(secrets()[0]), text);
  check_token(base64url(as_bytes(std::string(payload).append(as_text(code)))), true);
}

void check_cookies(std::string_view field) {
  CausalTokenReader reader("rs0", secrets(), false);
  reader.add_cookie_field(field);
  require(!reader.token());
  const CausalToken token = {{1, 1}, {1, 1}, {}};
  std::string text;
  require(sign_causal_token(token, "rs0", secrets(), &text) == Status::ok);
  reader.add_field(text);
  require(reader.token() == token && reader.check() == TokenCheck::good);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest = as_text({data + 1, size - 1});
  if (data[0] == 't') check_token(rest, false);
  if (data[0] == 'p') check_payload(rest);
  if (data[0] == 'c') check_cookies(rest);
  return 0;
}
