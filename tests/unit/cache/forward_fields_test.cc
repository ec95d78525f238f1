// SPDX-License-Identifier: Apache-2.0
#include "cache/forward_fields.h"

#include <doctest/doctest.h>

#include <string>

#include "cache/support.h"

namespace fce {
namespace {

using test::Asked;
using test::Headers;

const Headers kConditional{{"accept", "*/*"},          {"if-none-match", "\"a\""},
                           {"if-modified-since", "x"}, {"range", "bytes=0-1"},
                           {"if-range", "\"a\""},      {"cookie", "c"}};

std::string sent(const Headers& headers, ForwardAs as, const StoredView* stored = nullptr,
                 std::string_view method = "GET", const PolicyOptions& options = {}) {
  Asked asked(headers, method, options);
  std::string out;
  for (const auto& [name, value] : forward_fields(*asked, as, stored, options, asked.arena)) {
    if (name == "via") continue;  // always
    out += name;
    out += '=';
    out += value;
    out += ' ';
  }
  return out;
}

}  // namespace

TEST_CASE("Via names all through which the request has come, us last") {
  const auto via = [](const Headers& headers, const PolicyOptions& options = {}) {
    Asked asked(headers, "GET", options);
    std::string out;
    for (const Header& field :
         forward_fields(*asked, ForwardAs::whole, nullptr, options, asked.arena))
      if (field.name == "via") out += field.value;
    return out;
  };
  CHECK(via({}) == "1.1 fcedge");
  CHECK(via({{"via", "1.0 a, 1.1 b"}, {"via", "2 c"}}) == "1.0 a, 1.1 b, 2 c, 1.1 fcedge");
  PolicyOptions options;
  options.cache_name = "edge-1";
  CHECK(via({}, options) == "1.1 edge-1");
  options.cache_name = "no token";
  CHECK(via({}, options) == "1.1 fcedge");
}

TEST_CASE("conditions and ranges") {
  CHECK(sent(kConditional, ForwardAs::as_is) ==
        "accept=*/* if-none-match=\"a\" if-modified-since=x range=bytes=0-1 if-range=\"a\" "
        "cookie=c ");
  CHECK(sent(kConditional, ForwardAs::whole) == "accept=*/* cookie=c ");
  StoredView stored;
  CHECK(sent(kConditional, ForwardAs::validate, &stored) == "accept=*/* cookie=c ");
  stored.etag = "W/\"b\"";
  CHECK(sent(kConditional, ForwardAs::validate, &stored) ==
        "accept=*/* cookie=c if-none-match=W/\"b\" ");
  stored.last_modified = "then";
  CHECK(sent(kConditional, ForwardAs::validate, &stored) ==
        "accept=*/* cookie=c if-none-match=W/\"b\" if-modified-since=then ");
  stored.etag = {};
  CHECK(sent({{"if-match", "*"}, {"if-unmodified-since", "x"}}, ForwardAs::validate, &stored) ==
        "if-modified-since=then ");
}

TEST_CASE("fields of the connection stay behind") {
  CHECK(sent({{"host", "h"},
              {"connection", "close, X-Mine"},
              {"x-mine", "1"},
              {"x-other", "2"},
              {"keep-alive", "1"},
              {"te", "trailers"},
              {"transfer-encoding", "chunked"},
              {"upgrade", "h2c"},
              {"proxy-authorization", "p"},
              {"proxy-connection", "c"},
              {"expect", "100-continue"},
              {"content-length", "3"},
              {"authorization", "a"}},
             ForwardAs::as_is) == "x-other=2 authorization=a ");
}

TEST_CASE("Accept-Encoding is sent as variants see it") {
  const Headers coded{{"accept-encoding", "gzip, deflate"}, {"accept-encoding", "br"}, {"a", "b"}};
  CHECK(sent(coded, ForwardAs::whole) == "a=b accept-encoding=br, gzip ");
  CHECK(sent(coded, ForwardAs::as_is, nullptr, "HEAD") == "a=b accept-encoding=br, gzip ");
  const std::string as_it_was = "accept-encoding=gzip, deflate accept-encoding=br a=b ";
  CHECK(sent(coded, ForwardAs::as_is, nullptr, "POST") == as_it_was);
  PolicyOptions exact;
  exact.normalise_accept_encoding = false;
  CHECK(sent(coded, ForwardAs::whole, nullptr, "GET", exact) == as_it_was);
  CHECK(sent({{"a", "b"}}, ForwardAs::whole) == "a=b ");
}

TEST_CASE("reduced Accept-Encoding") {
  struct Row {
    std::string_view value, reduced;
  };
  const Row rows[] = {
      {"", "identity"},
      {"deflate", "identity"},
      {"gzip", "gzip"},
      {"x-gzip", "gzip"},
      {"GZip", "gzip"},
      {"gzip, deflate, br, zstd", "br, gzip, zstd"},
      {"zstd,br", "br, zstd"},
      {"gzip;q=1.0, br;q=0.5", "br, gzip"},
      {"gzip;q=0", "identity"},
      {"gzip;q=0.000, br", "br"},
      {"gzip ; q=0.5", "gzip"},
      {"gzip;Q=0.5", "gzip"},
      {"gzip, gzip", "gzip"},
      // These have more to say.
      {"*", "*"},
      {"gzip, *;q=0", "gzip, *;q=0"},
      {"identity;q=0, gzip", "identity;q=0, gzip"},
      {"gzip;level=9", "gzip;level=9"},
      {"gzip;q=2", "gzip;q=2"},
  };
  for (const auto& [value, reduced] : rows) {
    const auto shown_value = value;  // clang captures no binding
    CAPTURE(shown_value);
    CHECK(reduced_accept_encoding(value) == reduced);
  }
}

}  // namespace fce
