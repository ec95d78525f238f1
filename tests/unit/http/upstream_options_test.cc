// SPDX-License-Identifier: Apache-2.0
#include "http/upstream_options.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "http/upstream.h"

namespace fce {

TEST_CASE("upstream options: what is no upstream is refused with a reason") {
  const auto why = [](auto&& change) {
    UpstreamOptions options;
    options.name = "u";
    options.peers = {{"http://127.0.0.1:80"}};
    change(options);
    std::shared_ptr<const Upstream> out;
    return Upstream::make(options, &out) == Status::ok ? std::string("ok") : last_error();
  };
  CHECK(why([](auto&) {}) == "ok");
  CHECK(why([](auto& o) { o.peers.clear(); }) == "the upstream \"u\" has no server");
  CHECK(why([](auto& o) { o.peers[0].weight = 0; }) ==
        "the upstream \"u\" has a weight that is not from 1 to 1000");
  CHECK(why([](auto& o) { o.peers[0].backup = true; }) ==
        "the upstream \"u\" has backup servers only");
  CHECK(why([](auto& o) { o.connections_max = 0; }) == "the upstream \"u\" may have no connection");
  CHECK(why([](auto& o) { o.check_path = "x"; }) ==
        "the upstream \"u\" has a check path without \"/\"");
  CHECK(why([](auto& o) { o.tries_max = 0; }) == "the upstream \"u\" may not be tried once");
  CHECK(why([](auto& o) {
          o.peers[0].url = "https://h";
          o.tls_ca_file = "/nonexistent/ca";
        }) == "cannot read /nonexistent/ca: No such file or directory");
}

TEST_CASE("upstream options: addresses") {
  const auto parse = [](const std::string& text) {
    UpstreamUrl url;
    if (UpstreamUrl::parse(text, &url) != Status::ok) return std::string("refused");
    static const char* const kinds[] = {"http", "https", "unix"};
    return std::string(kinds[static_cast<size_t>(url.kind)]) + " " + url.host + " " +
           std::to_string(url.port) + " " + url.path + " " + url.authority;
  };
  CHECK(parse("http://h") == "http h 80  h");
  CHECK(parse("HTTPS://h.example:8443/") == "https h.example 8443  h.example:8443");
  CHECK(parse("http://[::1]:80") == "http ::1 80  [::1]:80");
  CHECK(parse("https://[2001:db8::1]") == "https 2001:db8::1 443  [2001:db8::1]");
  CHECK(parse("http://127.0.0.1:1") == "http 127.0.0.1 1  127.0.0.1:1");
  CHECK(parse("unix:/run/app.sock") == "unix  0 /run/app.sock localhost");
  for (const char* bad :
       {"", "h", "h:80", "ftp://h", "http://", "http://h:", "http://h:0", "http://h:65536",
        "http://h:8x", "http://h/path", "http://h?q", "http://u@h", "http://h h", "http://::1",
        "http://[h]", "http://[::1", "unix:", "unix:rel",

        "http://:80"}) {
    CAPTURE(bad);
    CHECK(parse(bad) == "refused");
  }
  CHECK(parse("unix:/" + std::string(200, 'x')) == "refused");
}

}  // namespace fce
