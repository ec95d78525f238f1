// SPDX-License-Identifier: Apache-2.0
#include "cache/http_origin.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "../http/fake_transport.h"
#include "fetch_record.h"

namespace fce {
namespace {

struct Setup : TestShard {
  explicit Setup(const HttpOriginOptions& options) {
    REQUIRE(HttpOrigin::make(options, server, &origin) == Status::ok);
  }
  const AskedFor& ask(FetchRequest request) {
    fetch = origin->start(http, std::move(request), sink);
    return server->requests.back();
  }

  const std::shared_ptr<FakeFetcher> server = std::make_shared<FakeFetcher>();
  std::shared_ptr<const Fetcher> origin;
  RecordSink sink;
  std::unique_ptr<Fetch> fetch;
};

std::string refusal(const HttpOriginOptions& options) {
  std::shared_ptr<const Fetcher> origin;
  return HttpOrigin::make(options, std::make_shared<FakeFetcher>(), &origin) == Status::ok
             ? ""
             : last_error();
}

}  // namespace

TEST_CASE("a request goes to the origin's own name, below its prefix") {
  Setup setup({.url = "https://origin.example:8443/site/", .host = "", .headers = {}});
  const AskedFor& asked = setup.ask(request_for("/a?b=c"));
  CHECK(asked.authority == "origin.example:8443");
  CHECK(asked.target == "/site/a?b=c");
  CHECK(setup.ask(request_for("*")).target == "*");
  Setup below({.url = "unix:/run/app.sock", .host = "", .headers = {}, .prefix = "/v1/"});
  CHECK(below.ask(request_for("/a")).target == "/v1/a");
}

TEST_CASE("the name can be another one, or the client's") {
  Setup other({.url = "https://10.0.0.1", .host = "www.example", .headers = {}});
  CHECK(other.ask(request_for("/a")).authority == "www.example");
  CHECK(other.ask(request_for("/a")).target == "/a");
  Setup same({.url = "https://10.0.0.1", .host = "*", .headers = {}});
  CHECK(same.ask(request_for("/a")).authority == "client.example");
  FetchRequest said = request_for("/a");
  said.authority_set = true;
  CHECK(other.ask(std::move(said)).authority == "client.example");
  Setup unix_socket({.url = "unix:/run/app.sock", .host = "", .headers = {}});
  CHECK(unix_socket.ask(request_for("/a")).authority == "localhost");
}

TEST_CASE("fields of the operator's take the place of the client's") {
  Setup setup({.url = "https://origin.example",
               .host = "",
               .headers = {{"X-Edge-Key", "k"}, {"authorization", "Basic b3duZXI="}}});
  const Header headers[] = {{"accept", "*/*"}, {"authorization", "Bearer x"}, {"x-edge-key", "no"}};
  CHECK(setup.ask(request_for("/a", headers)).headers ==
        Fields{{"accept", "*/*"}, {"x-edge-key", "k"}, {"authorization", "Basic b3duZXI="}});
}

TEST_CASE("body and upgrade are passed through") {
  Setup setup({.url = "https://origin.example", .host = "", .headers = {}});
  FetchRequest request = request_for("/a", {}, "POST");
  request.body = Body::copy_of("content");
  request.upgrade = true;
  const AskedFor& asked = setup.ask(std::move(request));
  CHECK(asked.method == "POST");
  CHECK(asked.body == "content");
  CHECK(asked.upgrade);
  asked.answer(200, {}, "text");
  CHECK(setup.sink.body == "text");
}

TEST_CASE("options that cannot work are refused with a sentence") {
  CHECK(refusal({.url = "https://origin.example", .host = "", .headers = {}}) == "");
  CHECK(refusal({.url = "origin.example", .host = "", .headers = {}}) != "");
  for (const char* wrong : {"v1", "/v1?q", "/a b"})
    CHECK(refusal({.url = "https://a.example", .host = "", .headers = {}, .prefix = wrong}) != "");
  CHECK(refusal({.url = "https://origin.example", .host = "a b", .headers = {}}) ==
        "\"a b\" is not a host");
  for (const char* name :
       {"Host", "connection", "Content-Length", "transfer-encoding", "upgrade"}) {
    CAPTURE(name);
    CHECK(refusal({.url = "https://o.example", .host = "", .headers = {{name, "x"}}})
              .find("cannot be set") != std::string::npos);
  }
  for (const char* name : {"", "a b", "a:", "a\n"}) {
    CAPTURE(name);
    CHECK(refusal({.url = "https://o.example", .host = "", .headers = {{name, "x"}}}) != "");
  }
  CHECK(refusal({.url = "https://o.example", .host = "", .headers = {{"a", "x\r\nb: c"}}}) != "");
  CHECK(refusal({.url = "http://10.0.0.1", .host = "", .headers = {}}).find("clear text") !=
        std::string::npos);
  CHECK(refusal({.url = "http://10.0.0.1", .host = "", .headers = {}, .clear_text = true}) == "");
}

}  // namespace fce
