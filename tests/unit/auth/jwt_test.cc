// SPDX-License-Identifier: Apache-2.0
#include "auth/jwt.h"

#include "tokens.h"

namespace fce {
namespace {

Refusal verify(std::string_view token, const JwtPolicy& policy = {}, int64_t now = kNow,
               Identity* out = nullptr) {
  Identity identity;
  identity.user = "before";
  const Refusal refusal = verify_jwt(token, *three_keys(), policy, now, &identity);
  if (refusal != Refusal::none) CHECK(identity.user == "before");
  if (out) *out = identity;
  return refusal;
}

constexpr std::string_view kRfcClaims =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    "fQ";
constexpr int64_t kRfcExpiry = 1'300'819'380;
constexpr std::string_view kGoodClaims = R"({"sub":"u1","tenant":"acme","exp":2000000000})";

// Signed elsewhere with the keys of the RFCs; the claims are those above.
constexpr std::string_view kEs256 =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjIn0."
    "eyJzdWIiOiJ1MSIsInRlbmFudCI6ImFjbWUiLCJleHAiOjIwMDAwMDAwMDB9."
    "Ph-kKe08n1Fq_JkKO_3aS5U4KnuekI6QS_esd6k7onXxI0iHF_Ih-jJ5gPT4ulqT4AsOAuSnDtbxHl9GBkCL8Q";
constexpr std::string_view kEdDsa =
    "eyJhbGciOiJFZERTQSIsImtpZCI6ImVkIn0."
    "eyJzdWIiOiJ1MSIsInRlbmFudCI6ImFjbWUiLCJleHAiOjIwMDAwMDAwMDB9."
    "bGJb5DkOC3rmXM1PIaJDrEAFVPPk2w8ISnVpt2qfG9lKrJ9ye4WymKiEIi2aoop0zbg8Fm-PXgNy3HxyBT_kAg";

}  // namespace

TEST_CASE("jwt: the examples of RFC 7515 A.1 and A.3 are good until they expire") {
  const std::string claims(kRfcClaims);
  const std::string hs256 = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + claims +
                            ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const std::string es256 =
      "eyJhbGciOiJFUzI1NiJ9." + claims +
      ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  const JwtPolicy policy{.issuer = "joe", .tenant = "acme", .leeway_s = 0};
  for (const std::string& token : {hs256, es256}) {
    Identity identity;
    CHECK(verify(token, policy, kRfcExpiry - 1, &identity) == Refusal::none);
    CHECK(identity.kind == Identity::Kind::token);
    CHECK(identity.tenant == "acme");
    CHECK(identity.user.empty());
    CHECK(identity.expires == kRfcExpiry);
    CHECK(verify(token, policy, kRfcExpiry) == Refusal::expired);
  }
}

TEST_CASE("jwt: the example of RFC 8037 A.4 has a good signature and no claims") {
  const std::string token =
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
  CHECK(verify(token) == Refusal::malformed);
  std::string touched = token;
  touched[token.rfind('.') + 1] = 'i';
  CHECK(verify(touched) == Refusal::signature);
}

TEST_CASE("jwt: all three algorithms carry an identity") {
  for (const std::string& token :
       {std::string(kEs256), std::string(kEdDsa), sign(kHeader, kGoodClaims)}) {
    Identity identity;
    REQUIRE(verify(token, {}, kNow, &identity) == Refusal::none);
    CHECK(identity.user == "u1");
    CHECK(identity.tenant == "acme");
    CHECK(identity.expires == 2'000'000'030);
  }
}

TEST_CASE("jwt: nothing that was touched is good") {
  for (const std::string& token :
       {std::string(kEs256), std::string(kEdDsa), sign(kHeader, kGoodClaims)}) {
    for (size_t i = 0; i < token.size(); ++i) {
      std::string touched = token;
      touched[i] = touched[i] == 'A' ? 'B' : 'A';
      REQUIRE(verify(touched) != Refusal::none);
      REQUIRE(verify(token.substr(0, i)) != Refusal::none);
    }
    CHECK(verify(token + "A") != Refusal::none);
    CHECK(verify(token + ".") == Refusal::malformed);
    CHECK(verify(token + "=") == Refusal::malformed);
    CHECK(verify(" " + token) == Refusal::malformed);
  }
}

TEST_CASE("jwt: headers that are refused") {
  struct Case {
    const char* header;
    Refusal refusal;
  };
  static constexpr Case kCases[] = {
      {R"({"alg":"none"})", Refusal::algorithm},
      {R"({"alg":"None"})", Refusal::algorithm},
      {R"({"alg":"NONE","kid":"hs"})", Refusal::algorithm},
      {R"({"alg":""})", Refusal::algorithm},
      {R"({"alg":"hs256"})", Refusal::algorithm},
      {R"({"alg":"HS384"})", Refusal::algorithm},
      {R"({"alg":"RS256"})", Refusal::algorithm},
      {R"({"alg":"HS256","kid":"ec"})", Refusal::algorithm},
      {R"({"alg":"HS256","kid":"ed"})", Refusal::algorithm},
      {R"({"alg":"ES256","kid":"hs"})", Refusal::algorithm},
      {R"({"alg":"EdDSA","kid":"ec"})", Refusal::algorithm},
      {R"({"alg":"ES256","kid":"ec"})", Refusal::signature},
      {R"({"alg":"HS256","kid":"nobody"})", Refusal::key},
      {R"({"alg":"HS256","kid":""})", Refusal::key},
      {R"({"alg":"HS256","kid":7})", Refusal::malformed},
      {R"({"alg":"HS256","kid":null})", Refusal::malformed},
      {R"({"alg":["HS256"]})", Refusal::malformed},
      {R"({"alg":null})", Refusal::malformed},
      {R"({"kid":"hs"})", Refusal::malformed},
      {R"({"alg":"HS256","crit":["exp"],"exp":1})", Refusal::malformed},
      {R"({"alg":"HS256","crit":[]})", Refusal::malformed},
      {R"({"alg":"HS256","b64":false,"crit":["b64"]})", Refusal::malformed},
      {R"({"alg":"HS256","typ":7})", Refusal::malformed},
      {R"({"alg":"none","alg":"HS256"})", Refusal::malformed},
      {R"(["HS256"])", Refusal::malformed},
      {R"({"alg":"HS256"}x)", Refusal::malformed},
      {"", Refusal::malformed},
      {R"({"alg":"HS256","deep":[[[[[1]]]]]})", Refusal::malformed},
      {R"({"alg":"HS256"})", Refusal::none},
      {R"({"alg":"HS256","kid":"hs","typ":"at+jwt","jku":"https://evil.example/"})", Refusal::none},
  };
  for (const Case& each : kCases) {
    CAPTURE(each.header);
    CHECK(verify(sign(each.header, kGoodClaims)) == each.refusal);
  }
  // Without algorithm there is no signature either.
  CHECK(verify(base64url(as_bytes(R"({"alg":"none"})")) + "." + base64url(as_bytes(kGoodClaims)) +
               ".") == Refusal::algorithm);
}

TEST_CASE("jwt: a public key is no secret") {
  // The classic confusion: HMAC with the text of the public key as its key.
  std::string point;
  REQUIRE(base64url_decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", &point));
  const auto only_ec = key_set(key_text("ec", kPointMembers));
  Identity identity;
  for (const char* header : {R"({"alg":"HS256"})", R"({"alg":"HS256","kid":"ec"})"}) {
    const std::string token = sign(header, kGoodClaims, base64url(as_bytes(point)));
    CHECK(verify_jwt(token, *only_ec, {}, kNow, &identity) == Refusal::algorithm);
  }
}

TEST_CASE("jwt: without kid the only key that fits is taken, and none of several") {
  const std::string token = sign(R"({"alg":"HS256"})", kGoodClaims);
  Identity identity;
  const std::string one = key_text("a", secret_members());
  const std::string other = key_text("b", secret_members());
  const std::string ec = key_text("c", kPointMembers);
  CHECK(verify_jwt(token, *key_set(one + "," + ec), {}, kNow, &identity) == Refusal::none);
  CHECK(verify_jwt(token, *key_set(one + "," + other), {}, kNow, &identity) == Refusal::key);
  CHECK(verify_jwt(token, KeySet(), {}, kNow, &identity) == Refusal::key);
  // A key without kid is never what a kid names.
  const auto nameless = key_set("{" + secret_members() + "}");
  CHECK(verify_jwt(token, *nameless, {}, kNow, &identity) == Refusal::none);
  CHECK(verify_jwt(sign(kHeader, kGoodClaims), *nameless, {}, kNow, &identity) == Refusal::key);
}

TEST_CASE("jwt: keys rotate by kid") {
  const std::string next = base64url(as_bytes(std::string(32, 'n')));
  const std::string old_token = sign(R"({"alg":"HS256","kid":"1"})", kGoodClaims);
  const std::string new_token = sign(R"({"alg":"HS256","kid":"2"})", kGoodClaims, next);
  const auto both =
      key_set(key_text("1", secret_members()) + "," + key_text("2", secret_members(next)));
  Identity identity;
  CHECK(verify_jwt(old_token, *both, {}, kNow, &identity) == Refusal::none);
  CHECK(verify_jwt(new_token, *both, {}, kNow, &identity) == Refusal::none);
  const auto after = key_set(key_text("2", secret_members(next)));
  CHECK(verify_jwt(old_token, *after, {}, kNow, &identity) == Refusal::key);
  // The name of the new key with the signature of the old one.
  CHECK(verify_jwt(sign(R"({"alg":"HS256","kid":"2"})", kGoodClaims), *after, {}, kNow,
                   &identity) == Refusal::signature);
}

TEST_CASE("jwt: a token that is too large is not even decoded") {
  const std::string large = token_with(",\"x\":\"" + std::string(8192, 'x') + "\"");
  CHECK(verify(large) == Refusal::too_big);
  CHECK(verify(large, {.token_bytes_max = 20'000}) == Refusal::none);
  CHECK(verify(std::string(1 << 20, '.')) == Refusal::too_big);
  const std::string good = token_with("");
  CHECK(verify(good, {.token_bytes_max = static_cast<uint32_t>(good.size())}) == Refusal::none);
  CHECK(verify(good, {.token_bytes_max = static_cast<uint32_t>(good.size() - 1)}) ==
        Refusal::too_big);
}

TEST_CASE("jwt: what is no compact JWS is malformed") {
  const std::string good = token_with("");
  const size_t dot = good.find('.');
  for (const std::string& token :
       {std::string(), std::string("."), std::string(".."), std::string("..."), good.substr(0, dot),
        good.substr(0, good.rfind('.')), "e30" + good.substr(dot),
        good.substr(0, dot) + "=" + good.substr(dot), "!" + good, good.substr(dot),
        good.substr(0, good.size() - 1) + "+", R"({"payload":"","signatures":[]})" + std::string(),
        good + ".AA.AA"})
    CHECK(verify(token) == Refusal::malformed);
  CHECK(verify(good.substr(0, good.rfind('.') + 1)) == Refusal::signature);
}

}  // namespace fce
