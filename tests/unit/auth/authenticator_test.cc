// SPDX-License-Identifier: Apache-2.0
#include "auth/authenticator.h"

#include <vector>

#include "auth/session.h"
#include "temp_files.h"
#include "tokens.h"

namespace fce {
namespace {

using Mode = AuthPolicy::Mode;

constexpr uint32_t kTtl = 3600;

struct Edge {
  explicit Edge(bool anonymous = true) {
    files.write("keys", set_text(key_text("hs", secret_members())));
    files.write("secrets", std::string(32, 's') + "\n");
    AuthOptions options;
    options.key_file = files.at("keys");
    options.anonymous = anonymous;
    options.session_secret_file = files.at("secrets");
    options.session_ttl_s = kTtl;
    REQUIRE(Authenticator::make(options, &auth) == Status::ok);
  }

  AuthOutcome ask(Mode mode, std::vector<Header> headers, std::string_view query = "",
                  std::string_view tenant = "acme") {
    Request request;
    request.headers = headers;
    request.query = query;
    request.tls = tls;
    return auth->authenticate(request, {mode, sessions, tenant}, time, counters);
  }
  uint64_t count(Counter counter) const { return counters.get(counter); }

  const TempFiles files;
  std::shared_ptr<const Authenticator> auth;
  Counters counters;
  AuthTime time{kNow, 0};
  bool sessions = true;
  bool tls = true;
};

std::string bearer(std::string_view token) { return "Bearer " + std::string(token); }
std::string cookie_with(std::string_view token) {
  return session_cookie_name("acme", true).append("=").append(token);
}

}  // namespace

TEST_CASE("authenticator: mode none asks nobody") {
  Edge edge;
  const AuthOutcome outcome =
      edge.ask(Mode::none, {{"authorization", "Bearer junk"}}, "token=junk");
  CHECK_FALSE(outcome.refused());
  CHECK(outcome.identity == nullptr);
  CHECK(outcome.set_cookie.empty());
  CHECK(edge.count(Counter::tokens_refused) == 0);
}

TEST_CASE("authenticator: a token comes in the field or in the query, the field first") {
  Edge edge;
  const std::string token = token_with("");
  const std::string field = bearer(token);
  for (const AuthOutcome& outcome :
       {edge.ask(Mode::required, {{"authorization", field}}),
        edge.ask(Mode::required, {{"authorization", "bearer  " + token}}),
        edge.ask(Mode::required, {{"authorization", field}}, "token=junk"),
        edge.ask(Mode::required, {}, "a=1&token=" + token),
        edge.ask(Mode::required, {{"authorization", "Basic dTpw"}}, "token=" + token),
        edge.ask(Mode::optional, {{"cookie", cookie_with("x")}}, "token=" + token)}) {
    REQUIRE(outcome.identity);
    CHECK_FALSE(outcome.refused());
    CHECK(outcome.identity->kind == Identity::Kind::token);
    CHECK(outcome.identity->user == "u1");
    CHECK(outcome.set_cookie.empty());
  }
  CHECK(edge.count(Counter::tokens_accepted) == 6);
  CHECK(edge.count(Counter::sessions_issued) == 0);
}

TEST_CASE("authenticator: a bad token is refused, also where none is needed") {
  Edge edge;
  const std::string good = token_with("");
  for (const Mode mode : {Mode::optional, Mode::required}) {
    CHECK(edge.ask(mode, {{"authorization", "Bearer junk"}}).refusal == Refusal::malformed);
    CHECK(edge.ask(mode, {{"authorization", "Bearer "}}).refusal == Refusal::malformed);
    CHECK(edge.ask(mode, {}, "token=junk").refusal == Refusal::malformed);
    // A bad one in the field is not saved by a good one in the query.
    CHECK(edge.ask(mode, {{"authorization", "Bearer junk"}}, "token=" + good).refusal ==
          Refusal::malformed);
    CHECK(edge.ask(mode, {{"authorization", bearer(good)}}, "", "other").refusal ==
          Refusal::tenant);
    CHECK(edge.ask(mode, {{"authorization", bearer(good)}}, "", "").refusal == Refusal::tenant);
  }
  const AuthOutcome outcome = edge.ask(Mode::optional, {}, "token=junk");
  CHECK(outcome.identity == nullptr);
  CHECK(outcome.set_cookie.empty());
  CHECK(edge.count(Counter::tokens_refused) == 13);
  CHECK(edge.count(Counter::tokens_accepted) == 0);
}

TEST_CASE("authenticator: without a token and without sessions there is nobody") {
  for (const bool of_node : {false, true}) {
    Edge edge(of_node);
    edge.sessions = !of_node;
    const AuthOutcome optional = edge.ask(Mode::optional, {});
    CHECK_FALSE(optional.refused());
    CHECK(optional.identity == nullptr);
    CHECK(optional.set_cookie.empty());
    CHECK(edge.ask(Mode::required, {}).refusal == Refusal::missing);
    CHECK(edge.ask(Mode::required, {}, "token=").refusal == Refusal::missing);
    CHECK(edge.count(Counter::tokens_refused) == 0);
  }
}

TEST_CASE("authenticator: a session is issued once and known again, whichever way it comes") {
  Edge edge;
  const AuthOutcome first = edge.ask(Mode::required, {});
  REQUIRE(first.identity);
  CHECK(first.identity->kind == Identity::Kind::anonymous);
  CHECK(first.identity->tenant == "acme");
  CHECK(first.identity->expires == kNow + kTtl);
  CHECK(first.identity->user == "anon:" + first.identity->token_id);
  CHECK_FALSE(first.identity->allows(Right::subscribe, "news"));
  CHECK(first.set_cookie == session_cookie(first.session, "acme", kTtl, true));
  edge.time.wall_s += kTtl / 2;
  const std::string cookie = cookie_with(first.session);
  for (const AuthOutcome& outcome :
       {edge.ask(Mode::optional, {{"cookie", cookie}}),
        edge.ask(Mode::required, {{"cookie", cookie_with("planted") + "; " + cookie}}),
        edge.ask(Mode::required, {{"x-fcedge-session", first.session}}),
        edge.ask(Mode::required, {}, "session=" + first.session)}) {
    REQUIRE(outcome.identity);
    CHECK(outcome.identity->user == first.identity->user);
    CHECK(outcome.session.empty());
    CHECK(outcome.set_cookie.empty());
  }
  CHECK(edge.count(Counter::sessions_issued) == 1);
}

TEST_CASE("authenticator: a session is renewed in the second half of its life") {
  Edge edge;
  const AuthOutcome first = edge.ask(Mode::required, {});
  edge.time.wall_s += kTtl / 2 + 1;
  const AuthOutcome renewed = edge.ask(Mode::required, {{"x-fcedge-session", first.session}});
  CHECK(renewed.identity->user == first.identity->user);
  CHECK(renewed.identity->expires == edge.time.wall_s + kTtl);
  CHECK(renewed.set_cookie == session_cookie(renewed.session, "acme", kTtl, true));
  CHECK(edge.count(Counter::sessions_issued) == 1);
  edge.time.wall_s += kTtl / 2;
  CHECK(edge.ask(Mode::required, {{"x-fcedge-session", renewed.session}}).identity->user ==
        first.identity->user);
}

TEST_CASE("authenticator: a session that is not good is replaced by a new one") {
  Edge edge;
  const AuthOutcome first = edge.ask(Mode::required, {});
  const std::string cookie = cookie_with(first.session);
  const AuthOutcome other = edge.ask(Mode::required, {{"cookie", cookie}}, "", "other");
  REQUIRE(other.identity);
  CHECK(other.identity->tenant == "other");
  CHECK(other.identity->user != first.identity->user);
  CHECK_FALSE(other.set_cookie.empty());
  edge.time.wall_s += kTtl;
  const AuthOutcome late = edge.ask(Mode::required, {{"cookie", cookie}});
  REQUIRE(late.identity);
  CHECK(late.identity->user != first.identity->user);
  CHECK(edge.count(Counter::sessions_issued) == 3);
}

TEST_CASE("authenticator: tenants on one host keep their sessions beside each other") {
  Edge edge;
  const auto pair_of = [](const AuthOutcome& outcome) {
    return outcome.set_cookie.substr(0, outcome.set_cookie.find(';'));
  };
  const AuthOutcome acme = edge.ask(Mode::required, {});
  const AuthOutcome other = edge.ask(Mode::required, {{"cookie", pair_of(acme)}}, "", "other");
  // What a browser has then: cookies of the same name replace each other.
  CHECK(pair_of(acme).substr(0, pair_of(acme).find('=')) !=
        pair_of(other).substr(0, pair_of(other).find('=')));
  const std::string both = pair_of(acme) + "; " + pair_of(other);
  CHECK(edge.ask(Mode::required, {{"cookie", both}}).identity->user == acme.identity->user);
  CHECK(edge.ask(Mode::required, {{"cookie", both}}, "", "other").identity->user ==
        other.identity->user);
  CHECK(edge.count(Counter::sessions_issued) == 2);
}

TEST_CASE("authenticator: a session is no token, and a token no session") {
  Edge edge;
  const std::string session = edge.ask(Mode::required, {}).session;
  CHECK(edge.ask(Mode::required, {}, "token=" + session).refusal == Refusal::malformed);
  edge.sessions = false;
  CHECK(edge.ask(Mode::required, {}, "session=" + token_with("")).refusal == Refusal::missing);
  CHECK(edge.ask(Mode::required, {}, "session=" + session).refusal == Refusal::missing);
}

TEST_CASE("authenticator: in clear the cookie is first-party") {
  Edge edge;
  edge.tls = false;
  CHECK(edge.ask(Mode::optional, {}).set_cookie.ends_with("; SameSite=Lax"));
}

TEST_CASE("authenticator: keys and secrets are reloaded while it is used") {
  Edge edge;
  const std::string token = token_with("");
  const std::string session = edge.ask(Mode::required, {}).session;
  CHECK_FALSE(edge.ask(Mode::required, {}, "token=" + token).refused());
  edge.files.replace("keys", set_text(key_text("next", secret_members())));
  edge.files.replace("secrets", std::string(32, 'n') + "\n");
  edge.time.monotonic_ms = 5000;
  CHECK(edge.ask(Mode::required, {}, "token=" + token).refusal == Refusal::key);
  CHECK_FALSE(edge.ask(Mode::required, {}, "session=" + session).set_cookie.empty());
  CHECK(edge.count(Counter::sessions_issued) == 2);
  CHECK(edge.auth->last_error().empty());
  edge.files.replace("keys", "no keys");
  edge.time.monotonic_ms = 10'000;
  CHECK(edge.ask(Mode::required, {}, "token=" + token).refusal == Refusal::key);
  CHECK(edge.auth->last_error().find("not valid JSON") != std::string::npos);
}

TEST_CASE("authenticator: a token alone is verified for a refresh") {
  Edge edge;
  std::shared_ptr<const Identity> identity;
  CHECK(edge.auth->verify("junk", "acme", edge.time, edge.counters, &identity) ==
        Refusal::malformed);
  CHECK(identity == nullptr);
  CHECK(edge.auth->verify(token_with(""), "other", edge.time, edge.counters, &identity) ==
        Refusal::tenant);
  CHECK(edge.auth->verify(token_with(""), "acme", edge.time, edge.counters, &identity) ==
        Refusal::none);
  REQUIRE(identity);
  CHECK(identity->user == "u1");
}

TEST_CASE("authenticator: files that cannot be used are errors at once") {
  const TempFiles files;
  std::shared_ptr<const Authenticator> auth;
  AuthOptions options;
  options.key_file = files.at("absent");
  CHECK(Authenticator::make(options, &auth) == Status::not_found);
  options = {};
  options.anonymous = true;
  options.session_secret_file = files.at("absent");
  CHECK(Authenticator::make(options, &auth) == Status::not_found);
  files.write("absent", "short\n");
  CHECK(Authenticator::make(options, &auth) == Status::invalid);
  CHECK(auth == nullptr);
  options.session_secret_file = "";
  CHECK(Authenticator::make(options, &auth) == Status::ok);
  // Without keys no token is accepted.
  Counters counters;
  std::shared_ptr<const Identity> identity;
  CHECK(auth->verify(token_with(""), "acme", {kNow, 0}, counters, &identity) == Refusal::key);
}

TEST_CASE("authenticator: refusals have names, sentences and statuses") {
  CHECK(std::string_view(refusal_name(Refusal::none)) == "none");
  CHECK(std::string_view(refusal_name(Refusal::not_yet)) == "not_yet");
  CHECK(std::string_view(refusal_text(Refusal::none)).empty());
  CHECK(std::string_view(refusal_text(Refusal::expired)) == "the token has expired");
  CHECK(refusal_status(Refusal::missing) == 401);
  CHECK(refusal_status(Refusal::expired) == 401);
  CHECK(refusal_status(Refusal::tenant) == 403);
}

}  // namespace fce
