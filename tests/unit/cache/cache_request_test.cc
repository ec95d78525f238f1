// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_request.h"

#include <doctest/doctest.h>

#include "cache/support.h"

namespace fce {
namespace {

using test::Asked;
using test::Headers;

}  // namespace

TEST_CASE("a plain request") {
  Asked plain({{"accept", "*/*"}, {"upgrade", "h2c"}, {"content-length", "0"}});
  CHECK(plain->reads());
  CHECK_FALSE(plain->authorization);
  CHECK_FALSE(plain->cookie);
  CHECK_FALSE(plain->conditional);
  CHECK_FALSE(plain->for_origin);
  CHECK_FALSE(plain->upgrade);
  CHECK_FALSE(plain->has_body);
  CHECK_FALSE(plain->directives.no_cache);
  CHECK(Asked({}, "HEAD")->reads());
  CHECK_FALSE(Asked({}, "POST")->reads());
}

TEST_CASE("fields that matter") {
  CHECK(Asked(Headers{{"authorization", "x"}})->authorization);
  CHECK(Asked(Headers{{"cookie", "x"}})->cookie);
  CHECK(Asked(Headers{{"if-none-match", "x"}})->conditional);
  CHECK(Asked(Headers{{"if-modified-since", "x"}})->conditional);
  CHECK(Asked(Headers{{"if-match", "x"}})->for_origin);
  CHECK(Asked(Headers{{"if-unmodified-since", "x"}})->for_origin);
  CHECK(Asked(Headers{{"upgrade", "foo, WebSocket"}})->upgrade);
  CHECK(Asked(Headers{{"content-length", "1"}})->has_body);
  CHECK(Asked(Headers{{"transfer-encoding", "chunked"}})->has_body);
  CHECK(Asked(Headers{{"cache-control", "max-age=1"}, {"cache-control", "no-store"}})
            ->directives.no_store);
}

TEST_CASE("Pragma is for those without Cache-Control") {
  CHECK(Asked(Headers{{"pragma", "no-cache"}})->directives.no_cache);
  CHECK(Asked(Headers{{"pragma", "foo, No-Cache"}})->directives.no_cache);
  CHECK_FALSE(Asked(Headers{{"pragma", "foo"}})->directives.no_cache);
  CHECK_FALSE(
      Asked(Headers{{"pragma", "no-cache"}, {"cache-control", "max-age=1"}})->directives.no_cache);
}

TEST_CASE("clients may be ignored, but for no-store") {
  PolicyOptions options;
  options.ignore_client_cache_control = true;
  Asked ignored({{"cache-control", "no-cache, no-store, max-age=0, only-if-cached"}}, "GET",
                options);
  CHECK_FALSE(ignored->directives.no_cache);
  CHECK_FALSE(ignored->directives.only_if_cached);
  CHECK(ignored->directives.max_age == kNoDelta);
  CHECK(ignored->directives.no_store);
  CHECK_FALSE(Asked(Headers{{"pragma", "no-cache"}}, "GET", options)->directives.no_cache);
}

}  // namespace fce
