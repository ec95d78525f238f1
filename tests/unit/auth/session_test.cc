// SPDX-License-Identifier: Apache-2.0
#include "auth/session.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/base64url.h"
#include "base/signature.h"

namespace fce {
namespace {

constexpr int64_t kNow = 1'700'000'000;

std::shared_ptr<const SessionSecrets> secrets_of(std::string_view text) {
  std::shared_ptr<const SessionSecrets> secrets;
  REQUIRE(SessionSecrets::parse(text, &secrets) == Status::ok);
  return secrets;
}

const std::string kOld(32, 'o');
const std::string kNew(32, 'n');

Refusal verify(std::string_view token, const SessionSecrets& secrets,
               std::string_view tenant = "acme", int64_t now = kNow) {
  Session session;
  return verify_session(token, secrets, tenant, now, &session);
}

// Signs any text as the edge would.
std::string with_code(const std::string& text, const std::string& secret) {
  return text + "." + base64url(hmac_sha256(as_bytes(secret), text));
}

std::vector<std::string> candidates_of(std::vector<Header> headers, std::string_view query = "",
                                       bool tls = false) {
  Request request;
  request.tls = tls;
  request.headers = headers;
  request.query = query;
  const SessionCandidates candidates = session_candidates(request, "acme");
  return {candidates.list().begin(), candidates.list().end()};
}

}  // namespace

TEST_CASE("session: what is signed is verified and read back") {
  const auto secrets = SessionSecrets::random();
  const Session session = new_session(kNow, 3600);
  const std::string token = sign_session(session, *secrets, "acme");
  CHECK(token.size() <= kSessionTokenBytesMax);
  CHECK(token.starts_with("v1." + session.id + ".1700000000.1700003600."));
  Session back;
  REQUIRE(verify_session(token, *secrets, "acme", kNow, &back) == Refusal::none);
  CHECK(back.id == session.id);
  CHECK(back.issued == kNow);
  CHECK(back.expires == kNow + 3600);
  CHECK(new_session(kNow, 3600).id != session.id);
}

TEST_CASE("session: it ends at its second, and is of one tenant only") {
  const auto secrets = SessionSecrets::random();
  const std::string token = sign_session(new_session(kNow, 3600), *secrets, "acme");
  CHECK(verify(token, *secrets, "acme", kNow + 3599) == Refusal::none);
  CHECK(verify(token, *secrets, "acme", kNow + 3600) == Refusal::expired);
  CHECK(verify(token, *secrets, "acme2") == Refusal::tenant);
  CHECK(verify(token, *secrets, "") == Refusal::tenant);
  CHECK(verify(token, *secrets, "Acme") == Refusal::tenant);
}

TEST_CASE("session: nothing that was touched is good") {
  const auto secrets = SessionSecrets::random();
  const std::string token = sign_session(new_session(kNow, 3600), *secrets, "acme");
  for (size_t i = 0; i < token.size(); ++i) {
    std::string touched = token;
    touched[i] = touched[i] == '1' ? '2' : '1';
    REQUIRE(verify(touched, *secrets) != Refusal::none);
    REQUIRE(verify(token.substr(0, i), *secrets) != Refusal::none);
  }
  CHECK(verify(token + "A", *secrets) == Refusal::signature);
  CHECK(verify(token + ".", *secrets) == Refusal::malformed);
  CHECK(verify(token, *SessionSecrets::random()) == Refusal::signature);
  CHECK(verify("", *secrets) == Refusal::malformed);
  CHECK(verify(".....", *secrets) == Refusal::malformed);
  CHECK(verify("v2" + token.substr(2), *secrets) == Refusal::malformed);
  CHECK(verify(std::string(193, 'v'), *secrets) == Refusal::too_big);
}

TEST_CASE("session: also a signed token is read with care") {
  const auto secrets = secrets_of(kNew);
  const std::string id(22, 'A');
  for (const std::string& text :
       {"v1." + id + ".x.9999999999.t", "v1." + id + ".1.-5.t", "v1." + id + "..9.t",
        "v1." + id + ".1.99999999999999999999.t", std::string("v1.short.1.9999999999.t"),
        "v1." + id + ".1.9999999999 .t"})
    CHECK(verify(with_code(text, kNew), *secrets) == Refusal::malformed);
  CHECK(verify(with_code("v1." + id + ".1.9999999999.t", kNew), *secrets) == Refusal::tenant);
}

TEST_CASE("session: secrets rotate") {
  const auto before = secrets_of(kOld);
  const auto during = secrets_of(kNew + "\n" + kOld + "\n");
  const auto after = secrets_of(kNew + "\n");
  const std::string old_token = sign_session(new_session(kNow, 3600), *before, "acme");
  const std::string new_token = sign_session(new_session(kNow, 3600), *during, "acme");
  CHECK(verify(old_token, *during) == Refusal::none);
  CHECK(verify(new_token, *during) == Refusal::none);
  CHECK(verify(new_token, *before) == Refusal::signature);
  CHECK(verify(new_token, *after) == Refusal::none);
  CHECK(verify(old_token, *after) == Refusal::signature);
}

TEST_CASE("session: secrets are lines of 32 to 1024 bytes, at most four") {
  CHECK(secrets_of(kNew + "\r\n\r\n" + kOld + "\r\n")->all() ==
        std::vector<std::string>{kNew, kOld});
  CHECK(secrets_of(std::string(1024, 's'))->current().size() == 1024);
  std::shared_ptr<const SessionSecrets> secrets;
  const std::string line = kNew + "\n";
  for (const std::string& text :
       {std::string(), std::string("\n\n"), std::string(31, 's'), std::string(1025, 's'),
        kNew + "\nshort", line + line + line + line + line})
    CHECK(SessionSecrets::parse(text, &secrets) == Status::invalid);
  CHECK(secrets == nullptr);
}

TEST_CASE("session: the cookie is third-party over TLS and first-party in clear") {
  CHECK(
      session_cookie("TOKEN", "acme", 60, true) ==
      "__Host-fcedge_session_giszrYfB=TOKEN; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=None; "
      "Partitioned");
  CHECK(session_cookie("TOKEN", "acme", 60, false) ==
        "fcedge_session_giszrYfB=TOKEN; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
}

TEST_CASE("session: each tenant has a cookie of its own") {
  for (const bool tls : {false, true})
    CHECK(session_cookie_name("acme", tls) != session_cookie_name("globex", tls));
  const std::string acme = session_cookie_name("acme", false) + "=A";
  const std::string globex = session_cookie_name("globex", false) + "=G";
  CHECK(candidates_of({{"cookie", globex + "; " + acme}}) == std::vector<std::string>{"A"});
}

TEST_CASE("session: over TLS only the cookie counts that no neighbour can plant") {
  using List = std::vector<std::string>;
  const std::string cookies = "fcedge_session_giszrYfB=P; __Host-fcedge_session_giszrYfB=T";
  CHECK(candidates_of({{"cookie", cookies}}, "", true) == List{"T"});
  CHECK(candidates_of({{"cookie", cookies}}) == List{"P"});
}

TEST_CASE("session: tokens are found in cookies, the field and the query") {
  using List = std::vector<std::string>;
  CHECK(candidates_of({}) == List{});
  CHECK(candidates_of({{"cookie", "a=1; fcedge_session_giszrYfB=T; b=2"}}) == List{"T"});
  CHECK(candidates_of({{"cookie", "fcedge_session_giszrYfB=T"}}) == List{"T"});
  CHECK(candidates_of({{"cookie", "a=1"}, {"cookie", "fcedge_session_giszrYfB=T"}}) == List{"T"});
  CHECK(candidates_of({{"x-fcedge-session", "H"}}) == List{"H"});
  CHECK(candidates_of({}, "x=1&session=Q") == List{"Q"});
  CHECK(candidates_of({{"cookie", "fcedge_session_giszrYfB=T"}, {"x-fcedge-session", "H"}},
                      "session=Q") == List{"T", "H", "Q"});
  for (const char* cookie : {"", ";", "fcedge_session=T", "fcedge_session_giszrYfB",
                             "fcedge_session_giszrYfB=", "xfcedge_session_giszrYfB=T",
                             "fcedge_session_giszrYfBs=T", "FCEDGE_SESSION_GISZRYFB=T",
                             "a=fcedge_session_giszrYfB=T", "fcedge_session_giszrYfB =T", "; ; ="})
    CHECK(candidates_of({{"cookie", cookie}}) == List{});
}

TEST_CASE("session: planted cookies crowd out neither the others nor the other ways") {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "fcedge_session_giszrYfB=P; ";
  CHECK(candidates_of({{"cookie", many}, {"x-fcedge-session", "H"}}, "session=Q") ==
        std::vector<std::string>{"P", "P", "H", "Q"});
}

}  // namespace fce
