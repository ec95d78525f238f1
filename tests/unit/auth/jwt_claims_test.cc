// SPDX-License-Identifier: Apache-2.0
#include "tokens.h"

namespace fce {
namespace {

// `claims` is the whole object.
Refusal verify(std::string_view claims, const JwtPolicy& policy = {}, int64_t now = kNow,
               Identity* out = nullptr) {
  Identity identity;
  const Refusal refusal =
      verify_jwt(sign(kHeader, claims), *three_keys(), policy, now, out ? out : &identity);
  return refusal;
}

Identity identity_with(std::string_view more) {
  Identity identity;
  REQUIRE(verify_jwt(token_with(more), *three_keys(), {}, kNow, &identity) == Refusal::none);
  return identity;
}

Refusal verify_with(std::string_view more, const JwtPolicy& policy = {}) {
  Identity identity;
  return verify_jwt(token_with(more), *three_keys(), policy, kNow, &identity);
}

std::string list(size_t count, std::string_view item) {
  std::string text = "[";
  for (size_t i = 0; i < count; ++i) text.append(i ? "," : "").append(item);
  return text + "]";
}

}  // namespace

TEST_CASE("jwt_claims: everything that a token can say is read") {
  const Identity identity = identity_with(
      R"(,"jti":"t-1","groups":["staff","mods"],"iat":1699999999,"nbf":1699999999,"other":{"a":1},)"
      R"("channels":["chat:*",{"name":"news","rights":["publish","history"]},)"
      R"({"name":"user/u1/*"},{"name":"void","rights":[]}])");
  CHECK(identity.kind == Identity::Kind::token);
  CHECK(identity.user == "u1");
  CHECK(identity.tenant == "acme");
  CHECK(identity.token_id == "t-1");
  CHECK(identity.groups == std::vector<std::string>{"staff", "mods"});
  CHECK(identity.expires == kNow + 600 + 30);
  CHECK(identity.lists_channels);
  REQUIRE(identity.rules.size() == 4);
  CHECK(identity.rules[0].pattern == "chat:*");
  CHECK(identity.rules[0].rights == kReadRights);
  CHECK(identity.allows(Right::subscribe, "chat:7"));
  CHECK_FALSE(identity.allows(Right::publish, "chat:7"));
  CHECK(identity.allows(Right::publish, "news"));
  CHECK(identity.allows(Right::history, "news"));
  CHECK_FALSE(identity.allows(Right::subscribe, "news"));
  CHECK(identity.allows(Right::subscribe, "user/u1/inbox"));
  CHECK_FALSE(identity.allows(Right::subscribe, "void"));
}

TEST_CASE("jwt_claims: no list of channels is told from an empty one") {
  CHECK_FALSE(identity_with("").lists_channels);
  CHECK(identity_with(",\"channels\":[]").lists_channels);
  CHECK_FALSE(identity_with(",\"channels\":[]").allows(Right::subscribe, "news"));
}

TEST_CASE("jwt_claims: a wrong type or name is a refusal") {
  for (const char* more : {R"(,"jti":7)",
                           R"(,"jti":"")",
                           R"(,"jti":null)",
                           R"(,"groups":"staff")",
                           R"(,"groups":{})",
                           R"(,"groups":[7])",
                           R"(,"groups":[""])",
                           R"(,"groups":["a\u0000b"])",
                           R"(,"groups":null)",
                           R"(,"groups":[["a"]])",
                           R"(,"channels":"news")",
                           R"(,"channels":{})",
                           R"(,"channels":null)",
                           R"(,"channels":[7])",
                           R"(,"channels":[""])",
                           R"(,"channels":[null])",
                           R"(,"channels":["a**"])",
                           R"(,"channels":["a\nb"])",
                           R"(,"channels":[{}])",
                           R"(,"channels":[{"rights":["subscribe"]}])",
                           R"(,"channels":[{"name":7}])",
                           R"(,"channels":[{"name":["a"]}])",
                           R"(,"channels":[{"name":"a","rights":"subscribe"}])",
                           R"(,"channels":[{"name":"a","rights":[7]}])",
                           R"(,"channels":[{"name":"a","rights":["admin"]}])",
                           R"(,"channels":[{"name":"a","rights":null}])",
                           R"(,"channels":[["a"]])",
                           R"(,"iat":"x")",
                           R"(,"iat":null)",
                           R"(,"nbf":"0")",
                           R"(,"nbf":-1)",
                           R"(,"nbf":true)",
                           R"(,"aud":7)",
                           R"(,"aud":null)",
                           R"(,"aud":[7])",
                           R"(,"aud":{})",
                           R"(,"iss":7)",
                           R"(,"iss":["joe"])"}) {
    CAPTURE(more);
    CHECK(verify_with(more) == Refusal::claims);
  }
  for (const char* claims : {
           R"({"tenant":"acme","sub":"","exp":1700000600})",
           R"({"tenant":"acme","sub":7,"exp":1700000600})",
           R"({"tenant":"acme","sub":null,"exp":1700000600})",
           R"({"tenant":"","sub":"u1","exp":1700000600})",
           R"({"tenant":["acme"],"sub":"u1","exp":1700000600})",
           R"({"tenant":"ac\u0007me","sub":"u1","exp":1700000600})",
           R"({"sub":"u1","exp":1700000600})",
       }) {
    CAPTURE(claims);
    CHECK(verify(claims) == Refusal::claims);
  }
  CHECK(verify(R"({"tenant":"acme","exp":1700000600})") == Refusal::none);
}

TEST_CASE("jwt_claims: a payload that is no object, or ambiguous, is malformed") {
  for (const char* claims :
       {"", "[]", "null", "\"x\"", "{", R"({"sub":"u1",})",
        R"({"tenant":"a","tenant":"b","exp":1700000600})",
        R"({"exp":1,"tenant":"a","exp":1700000600})", "{\"tenant\":\"\xff\",\"exp\":1700000600}"})
    CHECK(verify(claims) == Refusal::malformed);
  CHECK(verify_with(",\"deep\":[[[[[[[[1]]]]]]]]") == Refusal::malformed);
}

TEST_CASE("jwt_claims: the number of groups and rules and the length of names are bounded") {
  const std::string longest(255, 'n'), longer(256, 'n');
  CHECK(verify_with(",\"groups\":" + list(64, "\"g\"")) == Refusal::none);
  CHECK(verify_with(",\"groups\":" + list(65, "\"g\"")) == Refusal::claims);
  CHECK(verify_with(",\"channels\":" + list(64, "\"c\"")) == Refusal::none);
  CHECK(verify_with(",\"channels\":" + list(65, "\"c\"")) == Refusal::claims);
  CHECK(verify_with(",\"groups\":[\"" + longest + "\"]") == Refusal::none);
  CHECK(verify_with(",\"groups\":[\"" + longer + "\"]") == Refusal::claims);
  CHECK(verify_with(",\"channels\":[\"" + longer + "\"]") == Refusal::claims);
  CHECK(verify_with(",\"jti\":\"" + longer + "\"") == Refusal::claims);
  const std::string rights = list(4, "\"subscribe\"");
  const std::string rule = "{\"name\":\"" + std::string(10, 'r') + "\",\"rights\":" + rights + "}";
  CHECK(verify_with(",\"channels\":" + list(64, rule)) == Refusal::none);
  CHECK(verify_with(",\"x\":" + list(2000, "1")) == Refusal::malformed);
}

TEST_CASE("jwt_claims: a token is good from nbf on and until exp, with leeway on both sides") {
  const char* const kClaims = R"({"tenant":"acme","nbf":1000,"exp":2000})";
  struct Case {
    int64_t now;
    uint32_t leeway;
    Refusal refusal;
  };
  static constexpr Case kCases[] = {
      {969, 30, Refusal::not_yet}, {970, 30, Refusal::none},
      {1000, 0, Refusal::none},    {999, 0, Refusal::not_yet},
      {1999, 0, Refusal::none},    {2000, 0, Refusal::expired},
      {2029, 30, Refusal::none},   {2030, 30, Refusal::expired},
      {0, 0, Refusal::not_yet},    {1'000'000'000'000, 30, Refusal::expired},
  };
  for (const Case& each : kCases) {
    CAPTURE(each.now);
    Identity identity;
    CHECK(verify(kClaims, {.leeway_s = each.leeway}, each.now, &identity) == each.refusal);
    if (each.refusal == Refusal::none) CHECK(identity.expires == 2000 + each.leeway);
  }
}

TEST_CASE("jwt_claims: times may have a fraction and must be times") {
  CHECK(verify(R"({"tenant":"acme","exp":1700000600.75})") == Refusal::none);
  CHECK(verify(R"({"tenant":"acme","exp":1.7000006e9})") == Refusal::none);
  CHECK(verify(R"({"tenant":"acme","exp":9007199254740991})") == Refusal::none);
  for (const char* exp : {"\"1700000600\"", "null", "true", "[]", "-1", "9007199254740993.5e3",
                          "9223372036854775807", "18446744073709551615", "1e300"}) {
    CAPTURE(exp);
    CHECK(verify(R"({"tenant":"acme","exp":)" + std::string(exp) + "}") == Refusal::claims);
  }
}

TEST_CASE("jwt_claims: no name that no channel could have") {
  for (const char* claim :
       {R"("tenant":"a\u0085")", R"("tenant":"a","sub":"a\u009f")",
        R"("tenant":"a","groups":["\u0080"])", R"("tenant":"a","channels":["a\u0085*"])"}) {
    CAPTURE(claim);
    CHECK(verify("{\"exp\":1700000600," + std::string(claim) + "}") == Refusal::claims);
  }
}

TEST_CASE("jwt_claims: exp is needed") {
  CHECK(verify(R"({"tenant":"acme","sub":"u1"})") == Refusal::claims);
}

TEST_CASE("jwt_claims: the audience has to be named when one is expected") {
  const JwtPolicy edge{.audience = "edge"};
  CHECK(verify_with("") == Refusal::none);
  CHECK(verify_with(R"(,"aud":"else")") == Refusal::none);
  CHECK(verify_with("", edge) == Refusal::audience);
  CHECK(verify_with(R"(,"aud":"edge")", edge) == Refusal::none);
  CHECK(verify_with(R"(,"aud":["else","edge"])", edge) == Refusal::none);
  CHECK(verify_with(R"(,"aud":"else")", edge) == Refusal::audience);
  CHECK(verify_with(R"(,"aud":"edge2")", edge) == Refusal::audience);
  CHECK(verify_with(R"(,"aud":[])", edge) == Refusal::audience);
  CHECK(verify_with(R"(,"aud":["edge",7])", edge) == Refusal::claims);
}

TEST_CASE("jwt_claims: the issuer has to be the one that is expected") {
  const JwtPolicy joe{.issuer = "joe"};
  CHECK(verify_with(R"(,"iss":"anybody")") == Refusal::none);
  CHECK(verify_with("", joe) == Refusal::issuer);
  CHECK(verify_with(R"(,"iss":"joe")", joe) == Refusal::none);
  CHECK(verify_with(R"(,"iss":"Joe")", joe) == Refusal::issuer);
}

TEST_CASE("jwt_claims: a policy's tenant is for tokens that name none") {
  Identity identity;
  const JwtPolicy policy{.tenant = "house"};
  REQUIRE(verify(R"({"sub":"u1","exp":1700000600})", policy, kNow, &identity) == Refusal::none);
  CHECK(identity.tenant == "house");
  REQUIRE(verify(R"({"sub":"u1","tenant":"acme","exp":1700000600})", policy, kNow, &identity) ==
          Refusal::none);
  CHECK(identity.tenant == "acme");
}

}  // namespace fce
