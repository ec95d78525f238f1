// SPDX-License-Identifier: Apache-2.0
#include "http/ws_handshake.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fce;

namespace {

struct Handshake {
  std::vector<Header> headers = {{"host", "a.example"},
                                 {"upgrade", "websocket"},
                                 {"connection", "Upgrade"},
                                 {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="},
                                 {"sec-websocket-version", "13"}};
  Request request;

  Handshake& set(std::string_view name, std::string_view value) {
    drop(name);
    return add(name, value);
  }
  Handshake& add(std::string_view name, std::string_view value) {
    headers.push_back({name, value});
    return *this;
  }
  Handshake& drop(std::string_view name) {
    std::erase_if(headers, [name](const Header& header) { return header.name == name; });
    return *this;
  }
  const Request& made() {
    if (request.method == Method::other) request.method = Method::get;
    request.headers = headers;
    return request;
  }
  int status() { return websocket_check(made()).status; }
};

}  // namespace

TEST_CASE("ws_handshake: the example of RFC 6455 section 1.3") {
  CHECK(websocket_accept_value("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  Handshake handshake;
  const WsHandshake check = websocket_check(handshake.made());
  CHECK(check.status == 101);
  CHECK(check.key == "dGhlIHNhbXBsZSBub25jZQ==");
}

TEST_CASE("ws_handshake: over HTTP/2 there is no key, and it is no GET that asks") {
  Handshake get;
  get.request.version = 20;
  CHECK(get.status() == 400);
  CHECK_FALSE(is_websocket_request(get.made()));
  Handshake connect;
  connect.request.version = 20;
  connect.request.protocol = "websocket";
  connect.drop("upgrade").drop("connection").drop("sec-websocket-key");
  CHECK(connect.status() == 101);
  CHECK(is_websocket_request(connect.made()));
  CHECK(websocket_check(connect.made()).key.empty());
  CHECK(connect.set("sec-websocket-version", "8").status() == 426);
}

TEST_CASE("ws_handshake: names are compared without case and stand in lists") {
  CHECK(Handshake().set("upgrade", "WebSocket").status() == 101);
  CHECK(Handshake().set("upgrade", "h2c, websocket").status() == 101);
  CHECK(Handshake().set("connection", "keep-alive, UPGRADE").status() == 101);
  CHECK(Handshake().set("connection", " ,keep-alive ,\tupgrade ,").status() == 101);
  CHECK(Handshake().set("connection", "keep-alive").add("connection", "upgrade").status() == 101);
  CHECK(Handshake().set("upgrade", "websocketx").status() == 400);
  CHECK(Handshake().set("upgrade", "").status() == 400);
  CHECK(Handshake().set("connection", "keep-alive").status() == 400);
  CHECK(Handshake().set("connection", "upgrades").status() == 400);
  CHECK(Handshake().drop("upgrade").status() == 400);
  CHECK(Handshake().drop("connection").status() == 400);
}

TEST_CASE("ws_handshake: method, version of HTTP, body") {
  Handshake post;
  post.request.method = Method::post;
  CHECK(post.status() == 400);
  CHECK_FALSE(is_websocket_request(post.made()));
  Handshake old;
  old.request.version = 10;
  CHECK(old.status() == 400);
  Handshake h3;
  h3.request.version = 30;
  CHECK(h3.status() == 400);
  Handshake body;
  body.request.body = as_bytes("x");
  CHECK(body.status() == 400);
  CHECK(is_websocket_request(Handshake().made()));
  CHECK_FALSE(is_websocket_request(Handshake().drop("upgrade").made()));
}

TEST_CASE("ws_handshake: only version 13") {
  for (const char* version : {"", "8", "12", "14", "013", "13, 8", "13x"})
    CHECK(Handshake().set("sec-websocket-version", version).status() == 426);
  CHECK(Handshake().drop("sec-websocket-version").status() == 426);
  CHECK(Handshake().add("sec-websocket-version", "13").status() == 426);
}

TEST_CASE("ws_handshake: the key is 16 bytes") {
  for (const char* key :
       {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===",
        "dGhlIHNhbXBsZSBub25jZXM=", "dGhlIHNhbXBsZSBub25j*Q==", "dGhlIHNhbXBsZSBub25jZ===", "AAAA"})
    CHECK(Handshake().set("sec-websocket-key", key).status() == 400);
  CHECK(Handshake().drop("sec-websocket-key").status() == 400);
  CHECK(Handshake().add("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==").status() == 400);
  CHECK(Handshake().set("sec-websocket-key", "++//++//++//++//++//+w==").status() == 101);
}

TEST_CASE("ws_handshake: subprotocols are compared with case") {
  Handshake offer;
  offer.add("sec-websocket-protocol", "chat, fcedge.v1").add("sec-websocket-protocol", "other");
  CHECK(websocket_offers(offer.made(), "fcedge.v1"));
  CHECK(websocket_offers(offer.made(), "other"));
  CHECK_FALSE(websocket_offers(offer.made(), "Chat"));
  CHECK_FALSE(websocket_offers(offer.made(), "fcedge"));
  CHECK_FALSE(websocket_offers(Handshake().made(), "chat"));
}
