// SPDX-License-Identifier: Apache-2.0
#include "cache/origin_url.h"

#include <doctest/doctest.h>

#include <string>

namespace fce {
namespace {

OriginUrl url_of(std::string_view text) {
  OriginUrl url;
  REQUIRE(OriginUrl::parse(text, &url) == Status::ok);
  return url;
}

Status clear_text(std::string_view text, bool allowed) {
  return check_clear_text(url_of(text), allowed);
}

}  // namespace

TEST_CASE("the URL of an origin is taken apart") {
  const OriginUrl plain = url_of("http://example.com");
  CHECK(!plain.tls());
  CHECK(plain.server.host == "example.com");
  CHECK(plain.server.port == 80);
  CHECK(plain.prefix == "");
  CHECK(plain.authority() == "example.com");

  const OriginUrl full = url_of("https://example.com:8443/a/b/");
  CHECK(full.tls());
  CHECK(full.server.port == 8443);
  CHECK(full.prefix == "/a/b");
  CHECK(full.authority() == "example.com:8443");

  CHECK(url_of("https://example.com:443/").authority() == "example.com");
  CHECK(url_of("http://example.com:443").authority() == "example.com:443");
  CHECK(url_of("https://[2001:db8::1]").authority() == "[2001:db8::1]");
  CHECK(url_of("https://[2001:db8::1]:99").authority() == "[2001:db8::1]:99");
  CHECK(url_of("https://[2001:db8::1]:99").server.host == "2001:db8::1");
  CHECK(url_of("unix:/run/app.sock").server.path == "/run/app.sock");
  CHECK(url_of("unix:/run/app.sock").authority() == "localhost");
}

TEST_CASE("what is no URL of an origin is refused with a sentence") {
  for (const char* text : {"",
                           "example.com",
                           "ftp://example.com",
                           "http://",
                           "https:///a",
                           "http://:80",
                           "http://user@example.com",
                           "http://example.com:0",
                           "http://example.com:65536",
                           "http://example.com:8x",
                           "http://example.com:",
                           "http://a b",
                           "http://2001:db8::1",
                           "http://[2001:db8::1",
                           "http://[example.com]",
                           "http://[::1]x",
                           "http://example.com/a?b",
                           "http://example.com/a#b",
                           "http://example.com/a b",
                           "http://example.com/a\nb",
                           "http://example.com?a",
                           "unix:",
                           "unix:run/app.sock"}) {
    CAPTURE(text);
    OriginUrl url;
    CHECK(OriginUrl::parse(text, &url) == Status::invalid);
    CHECK(std::string(last_error()).starts_with("the "));
  }
  OriginUrl url;
  CHECK(OriginUrl::parse("unix:/" + std::string(106, 'a'), &url) == Status::ok);
  CHECK(OriginUrl::parse("unix:/" + std::string(107, 'a'), &url) == Status::invalid);
}

TEST_CASE("an upstream takes the URL without its prefix") {
  for (const char* text : {"https://example.com:8443", "http://example.com", "unix:/run/app.sock",
                           "http://[2001:db8::1]:99", "https://[::1]"})
    CHECK(url_of(text).server_url() == text);
  CHECK(url_of("https://example.com:443/a").server_url() == "https://example.com");
}

TEST_CASE("local is this machine and nothing else") {
  for (const char* text : {"127.0.0.1", "127.255.0.9", "[::1]", "[::ffff:127.0.0.1]"}) {
    CAPTURE(text);
    CHECK(url_of(std::string("http://") + text).locality() == Locality::local);
  }
  for (const char* text : {"128.0.0.1", "10.0.0.1", "192.168.0.1", "169.254.0.1", "0.0.0.0", "[::]",
                           "[::2]", "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]"}) {
    CAPTURE(text);
    CHECK(url_of(std::string("http://") + text).locality() == Locality::remote);
  }
  for (const char* text : {"localhost", "127.1", "127.0.0.1.example.com", "0x7f000001"}) {
    CAPTURE(text);
    CHECK(url_of(std::string("http://") + text).locality() == Locality::unknown);
  }
  CHECK(url_of("http://127.0.0.1:80").locality() == Locality::local);
  CHECK(url_of("unix:/a").locality() == Locality::local);
  CHECK(url_of("http://192.168.0.1").locality() == Locality::remote);
  CHECK(url_of("http://[fd00::1]").locality() == Locality::remote);
  CHECK(url_of("http://localhost").locality() == Locality::unknown);
  CHECK(url_of("http://origin.example").locality() == Locality::unknown);
}

TEST_CASE("clear text leaves this machine only where that is allowed") {
  for (const char* text : {"http://127.0.0.1", "http://[::1]:8080", "unix:/a", "https://10.0.0.1",
                           "https://[2001:db8::1]", "http://origin.example"})
    CHECK(clear_text(text, false) == Status::ok);
  for (const char* text : {"http://10.0.0.1:8080", "http://[2001:db8::1]", "http://0.0.0.0"}) {
    CAPTURE(text);
    CHECK(clear_text(text, false) == Status::invalid);
    CHECK(clear_text(text, true) == Status::ok);
  }
  CHECK(clear_text("http://10.0.0.1:8080", false) == Status::invalid);
  CHECK(std::string(last_error()) ==
        "http://10.0.0.1:8080 is not on this machine: use https, or allow clear text to it");
}

}  // namespace fce
