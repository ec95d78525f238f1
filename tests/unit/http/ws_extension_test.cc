// SPDX-License-Identifier: Apache-2.0
#include "http/ws_extension.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fce;

namespace {

// What comes of these lines of the field: the answer, "none" or "malformed".
std::string agree(std::vector<std::string_view> lines) {
  std::vector<Header> headers = {{"host", "a.example"}};
  for (const std::string_view line : lines) headers.push_back({"sec-websocket-extensions", line});
  Request request;
  request.headers = headers;
  const WsDeflate agreed = websocket_deflate(request);
  if (agreed.malformed) return "malformed";
  if (agreed.window_bits == 0) return "none";
  const std::string answer = websocket_deflate_answer(agreed);
  const std::string common =
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
  REQUIRE(answer.starts_with(common));
  return std::to_string(agreed.window_bits) + answer.substr(common.size());
}

}  // namespace

TEST_CASE("ws_extension: what browsers and libraries offer") {
  CHECK(agree({}) == "none");
  CHECK(agree({"permessage-deflate"}) == "15");
  CHECK(agree({"permessage-deflate; client_max_window_bits"}) == "15");
  CHECK(agree({"permessage-deflate; client_max_window_bits=12"}) == "15");
  CHECK(agree({"permessage-deflate;server_no_context_takeover;client_no_context_takeover"}) ==
        "15");
  CHECK(agree({"permessage-deflate; server_max_window_bits=12; client_max_window_bits"}) ==
        "12; server_max_window_bits=12");
  CHECK(agree({"permessage-deflate ; server_max_window_bits = \"9\""}) ==
        "9; server_max_window_bits=9");
  CHECK(agree({"permessage-deflate; server_max_window_bits=15"}) ==
        "15; server_max_window_bits=15");
}

TEST_CASE("ws_extension: the first offer that can be kept is taken") {
  CHECK(agree({"x-webkit-deflate-frame, permessage-deflate"}) == "15");
  CHECK(agree({"x-webkit-deflate-frame; a; b=c", "permessage-deflate"}) == "15");
  CHECK(agree({"permessage-deflate; server_max_window_bits=8, permessage-deflate"}) == "15");
  CHECK(agree({"permessage-deflate; server_max_window_bits=10, permessage-deflate"}) ==
        "10; server_max_window_bits=10");
  CHECK(
      agree({" , ,permessage-deflate; unknown,, permessage-deflate;server_max_window_bits=11,"}) ==
      "11; server_max_window_bits=11");
  CHECK(agree({"", "\tpermessage-deflate"}) == "15");
}

TEST_CASE("ws_extension: offers that are not valid are declined") {
  for (const char* parameter :
       {"server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16",
        "server_max_window_bits=09", "server_max_window_bits=8", "server_max_window_bits=1",
        "server_max_window_bits=150", "client_max_window_bits=7", "client_max_window_bits=x",
        "client_max_window_bits=08", "server_no_context_takeover=1", "client_no_context_takeover=x",
        "unknown", "SERVER_NO_CONTEXT_TAKEOVER",
        "server_max_window_bits=9;server_max_window_bits=9",
        "client_max_window_bits;client_max_window_bits",
        "server_no_context_takeover;server_no_context_takeover"}) {
    CAPTURE(parameter);
    CHECK(agree({"permessage-deflate;" + std::string(parameter)}) == "none");
  }
  CHECK(agree({"PERMESSAGE-DEFLATE"}) == "none");
  CHECK(agree({"permessage-deflate2"}) == "none");
}

TEST_CASE("ws_extension: a malformed field fails the handshake, wherever it is so") {
  for (const char* field :
       {";", "=", "permessage-deflate;", "permessage-deflate; =1", "permessage-deflate;a=",
        "permessage-deflate;a=\"", "permessage-deflate;a=\"\"", "permessage-deflate;a=\"b c\"",
        "permessage-deflate;a=\"b\\c\"", "permessage-deflate x", "permessage-deflate;;a",
        "permessage-deflate;a b", "permessage-deflate, @", "permessage-deflate;a=b=c", "\x7f",
        "permessage-deflate;a=\"b,c\"", "permessage-deflate/"}) {
    CAPTURE(field);
    CHECK(agree({field}) == "malformed");
    CHECK(agree({"permessage-deflate", field}) == "malformed");
  }
}
