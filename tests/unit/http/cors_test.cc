// SPDX-License-Identifier: Apache-2.0
#include "http/cors.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <vector>

namespace fce {
namespace {

OriginPolicy policy(std::string_view list) {
  OriginPolicy out;
  REQUIRE(OriginPolicy::parse(list, &out) == Status::ok);
  return out;
}

struct TestRequest : Request {
  explicit TestRequest(std::initializer_list<Header> list, Method the_method = Method::get)
      : fields(list) {
    headers = fields;
    method = the_method;
    authority = "Example.com:8443";
    host = "example.com";
  }
  std::vector<Header> fields;
};

std::string joined(const std::vector<Header>& fields) {
  std::string text;
  for (const Header& field : fields)
    text += std::string(field.name) + ": " + std::string(field.value) + "\n";
  return text;
}

std::string fields_for(const OriginPolicy& origins, std::initializer_list<Header> headers) {
  std::vector<Header> fields;
  add_cors_fields(TestRequest(headers), origins, &fields);
  return joined(fields);
}

}  // namespace

TEST_CASE("origin lists") {
  const OriginPolicy two = policy(" https://A.example, http://b.example:8080\t");
  CHECK(two.allows("https://a.example"));
  CHECK(two.allows("http://b.example:8080"));
  for (const std::string_view origin :
       {"", "null", "http://a.example", "https://a.example:444", "https://a.example.evil",
        "https://a.example/", "https://xa.example"})
    CHECK_FALSE(two.allows(origin));
  CHECK(policy("https://a.example:443 http://b:80").origins ==
        std::vector<std::string>{"https://a.example", "http://b"});
  CHECK(policy("*").allows("null"));
  CHECK_FALSE(policy("").allows("https://a.example"));
}

TEST_CASE("origin lists that are mistakes") {
  OriginPolicy out = policy("https://kept.example");
  for (const std::string_view list :
       {"a.example", "https://", "://a", "https://a/", "https://*.a", "https://a/b", "https://u@a",
        "null", "**", "https://a https:/b", "ht tp://a"})
    CHECK(OriginPolicy::parse(list, &out) == Status::invalid);
  CHECK(out.allows("https://kept.example"));
}

TEST_CASE("same origin") {
  TestRequest request({});
  request.tls = true;
  CHECK(is_same_origin(request, "https://example.com:8443"));
  CHECK_FALSE(is_same_origin(request, "http://example.com:8443"));
  CHECK_FALSE(is_same_origin(request, "https://example.com"));
  CHECK_FALSE(is_same_origin(request, "https://example.com:8443.evil"));
  for (const std::string_view origin :
       {"", "null", "example.com:8443", "https://", "ws://example.com"})
    CHECK_FALSE(is_same_origin(request, origin));
  request.authority = "example.com:443";
  CHECK(is_same_origin(request, "https://example.com"));
  request.authority = "example.com";
  CHECK(is_same_origin(request, "https://example.com"));
  // In clear, TLS may have ended at a proxy.
  request.tls = false;
  CHECK(is_same_origin(request, "https://example.com"));
  CHECK(is_same_origin(request, "http://example.com"));
  CHECK_FALSE(is_same_origin(request, "ftp://example.com"));
}

TEST_CASE("fields of an answer") {
  CHECK(fields_for({}, {{"origin", "https://a"}}).empty());
  CHECK(fields_for(policy("*"), {}).empty());
  CHECK(fields_for(policy("*"), {{"origin", "https://a"}}) == "access-control-allow-origin: *\n");
  CHECK(fields_for(policy("https://a"), {}) == "vary: Origin\n");
  CHECK(fields_for(policy("https://a"), {{"origin", "https://b"}}) == "vary: Origin\n");
  CHECK(fields_for(policy("https://a"), {{"origin", "https://a"}}) ==
        "vary: Origin\naccess-control-allow-origin: https://a\n"
        "access-control-allow-credentials: true\n");
}

TEST_CASE("preflights") {
  const TestRequest request({{"origin", "https://a"},
                             {"access-control-request-method", "PUT"},
                             {"access-control-request-headers", "content-type, x-a"}},
                            Method::options);
  CHECK(is_preflight(request));
  CHECK_FALSE(is_preflight(TestRequest({{"origin", "https://a"}}, Method::options)));
  CHECK_FALSE(is_preflight(
      TestRequest({{"origin", "https://a"}, {"access-control-request-method", "PUT"}})));

  const OriginPolicy allowed = policy("https://a"), other = policy("https://b");
  std::vector<Header> fields;
  CHECK(add_preflight_fields(request, &allowed, "GET, PUT", &fields));
  CHECK(joined(fields) ==
        "vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\n"
        "access-control-allow-origin: https://a\naccess-control-allow-credentials: true\n"
        "access-control-allow-methods: GET, PUT\naccess-control-allow-headers: content-type, x-a\n"
        "access-control-max-age: 7200\n");
  for (const OriginPolicy* refused : {&other, static_cast<const OriginPolicy*>(nullptr)}) {
    fields.clear();
    CHECK_FALSE(add_preflight_fields(request, refused, "GET, PUT", &fields));
    CHECK(joined(fields) ==
          "vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\n");
  }
}

TEST_CASE("what is no list of field names is not sent back") {
  const TestRequest request({{"origin", "https://a"},
                             {"access-control-request-method", "PUT"},
                             {"access-control-request-headers", "a: b"}},
                            Method::options);
  const OriginPolicy any = policy("*");
  std::vector<Header> fields;
  CHECK(add_preflight_fields(request, &any, "PUT", &fields));
  CHECK(joined(fields).find("allow-headers") == std::string::npos);
}

TEST_CASE("whose WebSocket may be opened") {
  CHECK(websocket_origin_allowed(TestRequest({}), {}));
  CHECK(websocket_origin_allowed(TestRequest({{"origin", "https://example.com:8443"}}), {}));
  CHECK_FALSE(websocket_origin_allowed(TestRequest({{"origin", "https://evil"}}), {}));
  CHECK_FALSE(websocket_origin_allowed(TestRequest({{"origin", ""}}), {}));
  CHECK_FALSE(websocket_origin_allowed(TestRequest({{"origin", "null"}}), policy("https://a")));
  CHECK(websocket_origin_allowed(TestRequest({{"origin", "https://a"}}), policy("https://a")));
  CHECK(websocket_origin_allowed(TestRequest({{"origin", "null"}}), policy("*")));
}

}  // namespace fce
