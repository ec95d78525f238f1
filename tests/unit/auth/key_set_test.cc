// SPDX-License-Identifier: Apache-2.0
#include "auth/key_set.h"

#include "tokens.h"

namespace fce {
namespace {

Status parse(std::string_view text) {
  std::shared_ptr<const KeySet> set;
  const Status status = KeySet::parse(text, &set);
  CHECK((set != nullptr) == (status == Status::ok));
  return status;
}

bool error_says(std::string_view words) {
  INFO(last_error());
  return std::string_view(last_error()).find(words) != std::string_view::npos;
}

}  // namespace

TEST_CASE("key_set: reads the three kinds of keys") {
  const auto set = three_keys();
  REQUIRE(set->keys().size() == 3);
  CHECK(set->skipped().empty());
  CHECK(set->keys()[0].id == "hs");
  CHECK(set->keys()[0].algorithm == TokenAlgorithm::hs256);
  CHECK(set->keys()[0].material.size() == 64);
  CHECK(set->keys()[1].algorithm == TokenAlgorithm::es256);
  CHECK(set->keys()[1].material.size() == 64);
  CHECK(set->keys()[2].algorithm == TokenAlgorithm::eddsa);
  CHECK(set->keys()[2].material.size() == 32);
}

TEST_CASE("key_set: kid is optional, alg, use and key_ops may confirm the type") {
  const auto set = key_set("{" + secret_members() +
                           R"(,"alg":"HS256","use":"sig","key_ops":["sign","verify"]},{)" +
                           std::string(kPointMembers) + R"(,"alg":"ES256"},{)" +
                           std::string(kEdMembers) + R"(,"alg":"EdDSA","x5c":["ignored"]})");
  REQUIRE(set->keys().size() == 3);
  CHECK(set->keys()[0].id.empty());
}

TEST_CASE("key_set: keys for something else are left out and named") {
  const auto set = key_set(key_text("rsa", R"("kty":"RSA","n":"AQAB","e":"AQAB")") + "," +
                           key_text("p384", R"("kty":"EC","crv":"P-384","x":"AA","y":"AA")") + "," +
                           key_text("x", R"("kty":"OKP","crv":"X25519","x":"AA")") + "," +
                           key_text("enc", R"("use":"enc",)" + secret_members()) + "," +
                           key_text("ops", R"("key_ops":["sign"],)" + secret_members()) + "," +
                           key_text("hs512", R"("alg":"HS512",)" + secret_members()) + "," +
                           key_text("mix", R"("alg":"HS256",)" + std::string(kPointMembers)) + "," +
                           key_text("good", kEdMembers));
  REQUIRE(set->keys().size() == 1);
  CHECK(set->keys()[0].id == "good");
  REQUIRE(set->skipped().size() == 7);
  CHECK(set->skipped()[0] == "key 1 (kid \"rsa\") has a kty that no supported algorithm uses");
}

TEST_CASE("key_set: a damaged key is an error that names it") {
  struct Case {
    std::string members;
    const char* words;
  };
  const Case cases[] = {
      {R"("kty":"oct")", "has no k"},
      {R"("kty":"oct","k":7)", "has no k"},
      {R"("kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ==")", "has no k"},
      {R"("kty":"oct","k":"c2hvcnQ")", "less than 32 bytes"},
      {R"("kty":"oct","k":"")", "less than 32 bytes"},
      {R"("kty":7)", "has no kty"},
      {R"("k":"AA")", "has no kty"},
      {R"("kty":"EC","crv":7)", "member crv that is not a string"},
      {R"("kty":"EC","crv":"P-256","x":"AA")", "has no x and y"},
      {R"("kty":"EC","crv":"P-256","x":"AA","y":"AA")", "not a point"},
      {R"("kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
       R"("y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")",
       "not a point"},
      {R"("kty":"OKP","crv":"Ed25519","x":"AA")", "not 32 bytes"},
      {R"("kty":"OKP","crv":"Ed25519")", "has no x"},
      {secret_members() + R"(,"alg":7)", "member alg that is not a string"},
      {secret_members() + R"(,"use":[])", "member use that is not a string"},
      {secret_members() + R"(,"key_ops":"verify")", "key_ops that are not an array"},
      {secret_members() + R"(,"key_ops":[1])", "key_ops that are not strings"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.members);
    const std::string good = key_text("good", kEdMembers);
    CHECK(parse(set_text(good + "," + key_text("bad", each.members))) == Status::invalid);
    CHECK(error_says("key 2 (kid \"bad\")"));
    CHECK(error_says(each.words));
  }
}

TEST_CASE("key_set: errors do not quote secrets or what cannot be a name") {
  CHECK(parse(set_text(R"({"kid":"a\nb",)" + secret_members() + "}")) == Status::invalid);
  CHECK(error_says("key 1 has a kid"));
  CHECK(parse(set_text("{\"kid\":\"" + std::string(256, 'k') + "\"," + secret_members() + "}")) ==
        Status::invalid);
  CHECK(parse(set_text(R"({"kid":7,)" + secret_members() + "}")) == Status::invalid);
  CHECK(parse("{\"keys\":[{" + secret_members()) == Status::invalid);
  CHECK_FALSE(error_says(kSecretText.substr(0, 8)));
}

TEST_CASE("key_set: the same kid twice is an error unless the kinds differ") {
  const std::string hs = key_text("a", secret_members());
  CHECK(parse(set_text(hs + "," + hs)) == Status::invalid);
  CHECK(error_says("key 2 (kid \"a\") has the kid of another one"));
  CHECK(parse(set_text(hs + "," + key_text("a", kEdMembers))) == Status::ok);
}

TEST_CASE("key_set: what is no set is an error") {
  for (const char* text : {"", "null", "[]", "{}", R"({"keys":{}})", R"({"keys":[]})",
                           R"({"keys":[7]})", R"({"keys":[{"kty":"RSA"}]})", "\xff"}) {
    CAPTURE(text);
    CHECK(parse(text) == Status::invalid);
  }
  CHECK(parse(std::string(KeySet::kTextBytesMax + 1, ' ')) == Status::too_big);
  std::string many;
  for (int i = 0; i < 257; ++i) many += (i ? ",{}" : "{}");
  CHECK(parse(set_text(many)) == Status::too_big);
}

TEST_CASE("key_set: algorithms have exactly these names") {
  TokenAlgorithm algorithm;
  CHECK(parse_token_algorithm("HS256", &algorithm));
  CHECK(parse_token_algorithm("ES256", &algorithm));
  CHECK(parse_token_algorithm("EdDSA", &algorithm));
  for (const char* name : {"", "none", "None", "hs256", "HS384", "RS256", "EDDSA", "HS256 "})
    CHECK_FALSE(parse_token_algorithm(name, &algorithm));
}

}  // namespace fce
