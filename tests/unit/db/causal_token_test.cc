// SPDX-License-Identifier: Apache-2.0
#include "db/causal_token.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/base64url.h"
#include "base/signature.h"
#include "db/causal_cookie.h"

namespace fce {
namespace {

using namespace std::string_literals;

const std::vector<std::string> kSecrets = {std::string(32, 'n')};
const std::vector<std::string> kOldSecrets = {std::string(32, 'o')};
const std::vector<std::string> kBothSecrets = {kOldSecrets[0], kSecrets[0]};

const CausalToken kPlain = {{1'700'000'000, 7}, {1'700'000'001, 1}, std::nullopt};

CausalToken with_signature() {
  CausalToken token = kPlain;
  token.signature.emplace();
  for (size_t i = 0; i < 20; ++i) token.signature->hash[i] = static_cast<uint8_t>(255 - i);
  token.signature->key_id = -7'123'456'789'012'345'678;
  return token;
}

std::string signed_text(const CausalToken& token, std::string_view set = "rs0",
                        const std::vector<std::string>& secrets = kSecrets) {
  std::string text;
  REQUIRE_MESSAGE(sign_causal_token(token, set, secrets, &text) == Status::ok, last_error());
  return text;
}

TokenCheck check(std::string_view text, std::string_view set = "rs0",
                 const std::vector<std::string>& secrets = kSecrets) {
  CausalToken token;
  return verify_causal_token(text, set, secrets, &token);
}

std::string bytes_of(const std::string& text) {
  std::string bytes;
  REQUIRE(base64url_decode(text, &bytes));
  return bytes;
}

// What one who knows the secret could sign.
std::string forged(const std::string& payload) {
  const auto code = hmac_sha256(as_bytes(kSecrets[0]), "fcedge causal token\n" + payload);
  return base64url(as_bytes(payload + std::string(as_text(code))));
}

}  // namespace

TEST_CASE("causal token: what is signed is verified and read back") {
  for (const CausalToken& token : {kPlain, with_signature()}) {
    const std::string text = signed_text(token);
    CHECK(text.size() <= kCausalTokenBytesMax);
    CausalToken back;
    REQUIRE(verify_causal_token(text, "rs0", kSecrets, &back) == TokenCheck::good);
    CHECK(back == token);
    CHECK(signed_text(token) == text);
  }
  CHECK(signed_text(with_signature()).size() == kCausalTokenBytesMax);
}

TEST_CASE("causal token: the layout is as it says") {
  const std::string bytes = bytes_of(signed_text(kPlain));
  REQUIRE(bytes.size() == 34 + 32);
  CHECK(bytes[0] == 1);
  CHECK(bytes.substr(17, 17) == "\x65\x53\xf1\x00\0\0\0\x07\x65\x53\xf1\x01\0\0\0\x01\0"s);
  const std::string longer = bytes_of(signed_text(with_signature()));
  REQUIRE(longer.size() == 34 + 28 + 32);
  CHECK(longer[33] == 1);
  CHECK(longer.substr(34, 2) == "\xff\xfe");
  CHECK(forged(bytes.substr(0, 34)) == signed_text(kPlain));
}

TEST_CASE("causal token: impossible times, and tokens of nobody, are not signed") {
  std::string text;
  const auto status = [&](OperationTime operation, OperationTime cluster) {
    return sign_causal_token({operation, cluster, std::nullopt}, "rs0", kSecrets, &text);
  };
  CHECK(status({0, 0}, {1, 1}) == Status::invalid);
  CHECK(status({1, 2}, {1, 1}) == Status::invalid);
  CHECK(status({1, 1}, {0, 0}) == Status::invalid);
  CHECK(sign_causal_token(kPlain, "", kSecrets, &text) == Status::invalid);
  CHECK(sign_causal_token(kPlain, "rs0", {}, &text) == Status::invalid);
  CHECK(text.empty());
  CHECK(status({1, 1}, {1, 1}) == Status::ok);
}

TEST_CASE("causal token: no bit of it can be changed, no byte cut or added") {
  for (const CausalToken& token : {kPlain, with_signature()}) {
    const std::string bytes = bytes_of(signed_text(token));
    for (size_t i = 0; i < bytes.size() * 8; ++i) {
      std::string changed = bytes;
      changed[i / 8] = static_cast<char>(changed[i / 8] ^ 1 << i % 8);
      const TokenCheck result = check(base64url(as_bytes(changed)));
      CHECK(result == (i < 8 ? TokenCheck::version : TokenCheck::signature));
    }
    for (size_t i = 1; i < bytes.size(); ++i)
      CHECK(check(base64url(as_bytes(bytes.substr(0, i)))) != TokenCheck::good);
    CHECK(check(base64url(as_bytes(bytes + "x"))) != TokenCheck::good);
  }
}

TEST_CASE("causal token: text that is no token is refused by its kind") {
  CHECK(check("") == TokenCheck::malformed);
  CHECK(check("not base64url!") == TokenCheck::malformed);
  CHECK(check(signed_text(kPlain) + "=") == TokenCheck::malformed);
  CHECK(check(std::string(kCausalTokenBytesMax + 1, 'A')) == TokenCheck::too_big);
  CHECK(check("AQ") == TokenCheck::malformed);
  CHECK(check("Ag") == TokenCheck::version);
  CHECK(check(base64url(as_bytes("\x01" + std::string(65, 'x')))) == TokenCheck::signature);
  CHECK(token_check_name(TokenCheck::good) == "good"s);
  CHECK(token_check_name(TokenCheck::foreign) == "foreign"s);
}

TEST_CASE("causal token: under a good signature the layout is still read strictly") {
  const std::string plain = bytes_of(signed_text(kPlain)).substr(0, 34);
  CHECK(check(forged(plain)) == TokenCheck::good);
  std::string wrong = plain;
  wrong[33] = 2;
  CHECK(check(forged(wrong)) == TokenCheck::malformed);
  wrong[33] = 1;  // and no signature behind
  CHECK(check(forged(wrong)) == TokenCheck::malformed);
  CHECK(check(forged(plain + std::string(28, 'x'))) == TokenCheck::malformed);
  CHECK(check(forged(plain.substr(0, 17) + std::string(8, '\0') + plain.substr(25))) ==
        TokenCheck::malformed);
}

TEST_CASE("causal token: one of another replica set is foreign") {
  const std::string text = signed_text(kPlain, "rs0");
  CHECK(check(text, "rs1") == TokenCheck::foreign);
  CHECK(check(text, "") == TokenCheck::foreign);
  CHECK(check(signed_text(kPlain, std::string(10'000, 'x')), std::string(10'000, 'x')) ==
        TokenCheck::good);
}

TEST_CASE("causal token: secrets change without tokens being lost, and are used for nothing else") {
  const std::string text = signed_text(kPlain, "rs0", kOldSecrets);
  CHECK(check(text, "rs0", kBothSecrets) == TokenCheck::good);
  CHECK(check(signed_text(kPlain, "rs0", kSecrets), "rs0", kBothSecrets) == TokenCheck::good);
  CHECK(signed_text(kPlain, "rs0", kBothSecrets) == text);
  CHECK(check(text, "rs0", kSecrets) == TokenCheck::signature);
  CHECK(check(text, "rs0", {}) == TokenCheck::signature);
  // The same bytes, signed with the same secret, but not as a causal token.
  const std::string payload = bytes_of(signed_text(kPlain)).substr(0, 34);
  const auto code = hmac_sha256(as_bytes(kSecrets[0]), payload);
  CHECK(check(base64url(as_bytes(payload + std::string(as_text(code))))) == TokenCheck::signature);
}

TEST_CASE("causal token: the later of two is good for both") {
  const CausalToken early = {{10, 1}, {20, 1}, std::nullopt};
  const CausalToken late = {{11, 0}, {15, 1}, std::nullopt};
  const CausalToken both = {{11, 0}, {20, 1}, std::nullopt};
  CHECK(later(early, late) == both);
  CHECK(later(late, early) == both);
  CHECK(later(early, early) == early);
  // A signature stays with the time that it is of.
  CausalToken with = with_signature();
  with.operation = {1, 1};
  CHECK(later(with, kPlain).signature == with.signature);
  CHECK(later(kPlain, with).signature == with.signature);
  CHECK(later(kPlain, with).operation == kPlain.operation);
  const CausalToken newer = {{1, 1}, {1'800'000'000, 1}, std::nullopt};
  CHECK_FALSE(later(with, newer).signature);
  CHECK_FALSE(later(newer, with).signature);
}

TEST_CASE("causal cookie: a name for each replica set, and bound to the host over TLS") {
  const std::string name = causal_cookie_name("rs0", true);
  CHECK(name.starts_with("__Host-fcedge_causal_"));
  CHECK(name.size() == std::string("__Host-fcedge_causal_").size() + 8);
  CHECK(causal_cookie_name("rs1", true) != name);
  CHECK(name == "__Host-" + causal_cookie_name("rs0", false));
  CHECK(causal_cookie("T", "rs0", 60, true) ==
        name + "=T; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=None; Partitioned");
  CHECK(causal_cookie("T", "rs0", 0, false) ==
        causal_cookie_name("rs0", false) + "=T; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
}

TEST_CASE("causal cookie: the latest of the good tokens of a request counts") {
  const std::string name = causal_cookie_name("rs0", false);
  const CausalToken early = {{10, 1}, {10, 1}, std::nullopt};
  const CausalToken late = {{11, 1}, {11, 1}, std::nullopt};
  CausalTokenReader reader("rs0", kSecrets, false);
  CHECK_FALSE(reader.token());
  CHECK(reader.check() == TokenCheck::good);
  reader.add_cookie_field("a=b; " + name + "; " + name + "x=" + signed_text(late) + ";;=");
  CHECK_FALSE(reader.token());
  CHECK(reader.check() == TokenCheck::good);
  reader.add_cookie_field("a=b ;\t" + name + "=planted;c=d");
  CHECK(reader.check() == TokenCheck::malformed);
  reader.add_cookie_field(name + "=" + signed_text(late));
  reader.add_field(" " + signed_text(early) + "\t");
  REQUIRE(reader.token());
  CHECK(*reader.token() == late);
  CHECK(reader.check() == TokenCheck::good);
}

TEST_CASE("causal cookie: planted ones cost little and shut nobody out") {
  const std::string name = causal_cookie_name("rs0", false);
  std::string cookies;
  for (int i = 0; i < 100; ++i) cookies += name + "=AQ; ";
  cookies += name + "=" + signed_text(kPlain);
  CausalTokenReader reader("rs0", kSecrets, false);
  reader.add_cookie_field(cookies);
  CHECK_FALSE(reader.token());
  reader.add_field(signed_text(kPlain));
  REQUIRE(reader.token());
  CHECK(*reader.token() == kPlain);
  // Four were looked at, and that was it.
  const CausalToken late = {{1'900'000'000, 1}, {1'900'000'000, 1}, std::nullopt};
  reader.add_field(signed_text(late));
  CHECK(*reader.token() == kPlain);
}

}  // namespace fce
