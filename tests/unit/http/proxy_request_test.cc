// SPDX-License-Identifier: Apache-2.0
#include "http/proxy_request.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <string>
#include <utility>

#include "http/forwarded.h"

namespace fce {
namespace {

PeerAddress peer(const char* text) {
  PeerAddress out;
  if (std::strchr(text, ':')) {
    out.family = PeerAddress::Family::ipv6;
    REQUIRE(inet_pton(AF_INET6, text, out.ip.data()) == 1);
  } else if (std::strchr(text, '.')) {
    out.family = PeerAddress::Family::ipv4;
    REQUIRE(inet_pton(AF_INET, text, out.ip.data()) == 1);
  }
  return out;
}

// The fields of a request as the upstream gets them.
class Seen {
 public:
  Seen(const ProxyRules& rules, const char* from, std::vector<Header> headers,
       const std::string& authority = "a.example", bool tls = true) {
    request_.method = Method::get;
    request_.method_text = "GET";
    request_.path = "/";
    request_.headers = headers;
    request_.authority = authority;
    request_.tls = tls;
    const ProxyRequest made = make_proxy_request(rules, request_, peer(from), arena_);
    for (const Header& header : made.headers)
      text_ += std::string(header.name) + ": " + std::string(header.value) + "\n";
  }
  const std::string& text() const { return text_; }

 private:
  Arena arena_;
  Request request_;
  std::string text_;
};

ProxyRules rules(bool forwarded, bool x_forwarded) {
  ProxyRules out;
  out.forwarded = forwarded;
  out.x_forwarded = x_forwarded;
  REQUIRE(out.trusted.add("10.0.0.0/8") == Status::ok);
  REQUIRE(out.trusted.add("fd00::/8") == Status::ok);
  return out;
}

const std::vector<Header> kClaims = {{"forwarded", "for=1.1.1.1;proto=http"},
                                     {"x-forwarded-for", "1.1.1.1"},
                                     {"x-forwarded-for", "2.2.2.2"},
                                     {"x-forwarded-proto", "http"},
                                     {"x-forwarded-host", "claimed.example"},
                                     {"x-forwarded-port", "81"},
                                     {"x_forwarded_for", "3.3.3.3"},
                                     {"x-real-ip", "1.1.1.1"},
                                     {"x-forwardedness", "mine"}};

}  // namespace

TEST_CASE("proxy request: what a client claims to be forwarded is replaced") {
  CHECK(Seen(rules(false, true), "192.0.2.1", kClaims).text() ==
        "x-forwardedness: mine\nx-forwarded-for: 192.0.2.1\nx-forwarded-proto: https\n"
        "x-forwarded-host: a.example\n");
  CHECK(Seen(rules(true, false), "192.0.2.1", kClaims).text() ==
        "x-forwardedness: mine\nforwarded: for=192.0.2.1;proto=https;host=a.example\n");
  CHECK(Seen(rules(false, false), "192.0.2.1", kClaims).text() == "x-forwardedness: mine\n");
}

TEST_CASE("proxy request: what a trusted proxy says is continued") {
  CHECK(Seen(rules(false, true), "10.1.2.3", kClaims).text() ==
        "forwarded: for=1.1.1.1;proto=http\nx-forwarded-port: 81\nx_forwarded_for: 3.3.3.3\n"
        "x-real-ip: 1.1.1.1\nx-forwardedness: mine\n"
        "x-forwarded-for: 1.1.1.1, 2.2.2.2, 10.1.2.3\nx-forwarded-proto: http\n"
        "x-forwarded-host: claimed.example\n");
  CHECK(Seen(rules(true, false), "fd00::1", {{"forwarded", "for=1.1.1.1"}, {"forwarded", ""}})
            .text() == "forwarded: for=1.1.1.1, for=\"[fd00::1]\";proto=https;host=a.example\n");
  // Without anything to continue, it says what it sees.
  CHECK(Seen(rules(false, true), "10.1.2.3", {}, "a.example", false).text() ==
        "x-forwarded-for: 10.1.2.3\nx-forwarded-proto: http\nx-forwarded-host: a.example\n");
}

TEST_CASE("proxy request: values that are no tokens are quoted in Forwarded") {
  CHECK(Seen(rules(true, false), "2001:db8::1", {}, "a.example:8443").text() ==
        "forwarded: for=\"[2001:db8::1]\";proto=https;host=\"a.example:8443\"\n");
  CHECK(Seen(rules(true, true), "unix", {}, "").text() ==
        "forwarded: for=unknown;proto=https\nx-forwarded-for: unknown\n"
        "x-forwarded-proto: https\n");
}

TEST_CASE("proxy request: prefixes are taken off and put on in whole segments") {
  struct Case {
    const char* strip;
    const char* add;
    const char* path;
    const char* query;  // null: none
    const char* target;
  };
  for (const Case& one :
       {Case{"", "", "/a", nullptr, "/a"}, Case{"", "", "/a", "", "/a?"},
        Case{"", "", "/", "x=/y", "/?x=/y"}, Case{"/api", "", "/api/x", nullptr, "/x"},
        Case{"/api", "", "/api", nullptr, "/"}, Case{"/api", "", "/api", "q", "/?q"},
        Case{"/api", "", "/api/", nullptr, "/"}, Case{"/api", "", "/apix", nullptr, "/apix"},
        Case{"/api", "/v1", "/api/x", "q", "/v1/x?q"}, Case{"/api", "/v1", "/api", nullptr, "/v1"},
        Case{"", "/v1", "/x", nullptr, "/v1/x"},
        Case{"/api", "", "/api//evil", nullptr, "//evil"}}) {
    CAPTURE(one.path);
    ProxyRules made;
    made.strip_prefix = one.strip;
    made.add_prefix = one.add;
    Request request;
    request.path = one.path;
    if (one.query) request.query = one.query;
    Arena arena;
    CHECK(rewrite_target(made, request, arena) == one.target);
  }
}

TEST_CASE("proxy request: an upgrade is passed on when it may be tunnelled") {
  ProxyRules made;
  made.upgrades = {"websocket", "x"};
  const auto upgrade_of = [&](std::vector<Header> headers, uint8_t version = 11,
                              std::string_view protocol = {}) {
    Arena arena;
    Request request;
    request.path = "/";
    request.headers = headers;
    request.version = version;
    request.protocol = protocol;
    const ProxyRequest out = make_proxy_request(made, request, PeerAddress(), arena);
    CHECK(out.websocket_key.size() == (protocol == "websocket" ? 24 : 0));
    return std::string(out.upgrade);
  };
  CHECK(upgrade_of({{"upgrade", "WebSocket"}, {"connection", "Upgrade"}}) == "websocket");
  CHECK(upgrade_of({{"upgrade", "h2c, x, websocket"}, {"connection", "a, upgrade"}}) == "x");
  CHECK(upgrade_of({{"upgrade", "h2c"}, {"connection", "upgrade"}}).empty());
  CHECK(upgrade_of({{"upgrade", "websocket"}}).empty());
  CHECK(upgrade_of({{"upgrade", "websocket"}, {"connection", "upgrade"}}, 10).empty());
  CHECK(upgrade_of({}, 20, "websocket") == "websocket");
  CHECK(upgrade_of({}, 20, "connect-udp").empty());
}

TEST_CASE("proxy request: Max-Forwards is a number, and of two methods only") {
  const auto value = [](std::string_view method, std::string_view text) {
    Request request;
    request.method = method_from(method);
    request.method_text = method;
    const Header fields[] = {{"max-forwards", text}};
    request.headers = fields;
    return max_forwards(request);
  };
  CHECK(value("OPTIONS", "0") == 0);
  CHECK(value("TRACE", " 10 ") == 10);
  CHECK(value("GET", "0") == -1);
  for (const char* text : {"", "-1", "1x", "99999999999999999999", "0x1"})
    CHECK(value("OPTIONS", text) == -1);
}

}  // namespace fce
