// SPDX-License-Identifier: Apache-2.0
#include "net/tls_session.h"

#include <doctest/doctest.h>

#include <string>

#include "net/tls_client.h"
#include "net/tls_node.h"

namespace fce {
namespace {

int hello_bytes(std::string_view text) { return TlsSession::hello_bytes(as_bytes(text)); }

struct Resumption {
  bool resumed_by_client;
  uint64_t resumed_by_server;
};

// Connects once for a ticket, then again with it to another node with other contexts.
Resumption resume(bool tls12, bool swap) {
  TlsNode first, second;
  first.open();
  TlsClient client({.tls12 = tls12, .server_name = "first.example"});
  client.exchange(first);
  REQUIRE(client.connected);
  client.write("x");
  client.exchange(first);
  if (swap) REQUIRE(second.files.load(second.store, {kCertificateFirst}) == Status::ok);
  WOLFSSL_SESSION* session = wolfSSL_get1_session(client.ssl());
  REQUIRE(session != nullptr);
  second.open();
  TlsClient again({.tls12 = tls12, .server_name = "first.example", .session = session});
  again.exchange(second);
  REQUIRE(again.connected);
  again.write("resumed");
  again.exchange(second);
  CHECK(second.owner().data == "resumed");
  const Resumption result{wolfSSL_session_reused(again.ssl()) != 0,
                          second.count(Counter::tls_resumed)};
  wolfSSL_SESSION_free(session);
  return result;
}

}  // namespace

TEST_CASE("tls session: how many bytes a ClientHello has") {
  CHECK(hello_bytes("") == 0);
  CHECK(hello_bytes("\x16") == 0);
  CHECK(hello_bytes("\x16\x03") == 0);
  CHECK(hello_bytes(std::string_view("\x16\x03\x01\x00\x02\x01", 6)) == 0);
  CHECK(hello_bytes(std::string_view("\x16\x03\x01\x00\x02\x01\x00", 7)) == 7);
  CHECK(hello_bytes(std::string_view("\x16\x03\x01\x00\x02\x01\x00zzz", 10)) == 7);
  CHECK(hello_bytes("\x17") == -1);
  CHECK(hello_bytes("G") == -1);
  CHECK(hello_bytes("\x16\x02") == -1);
  CHECK(hello_bytes(std::string_view("\x16\x03\x01\x00\x02\x02", 6)) == -1);
  CHECK(hello_bytes(std::string("\x16\x03\x01\xff\xff\x01", 6) + std::string(0xfffe, 'x')) ==
        5 + 0xffff);
}

TEST_CASE("tls session: a ticket is good for other contexts, also after a swap") {
  for (const bool tls12 : {false, true}) {
    for (const bool swap : {false, true}) {
      CAPTURE(tls12);
      CAPTURE(swap);
      const Resumption result = resume(tls12, swap);
      CHECK(result.resumed_by_client);
      CHECK(result.resumed_by_server == 1);
    }
  }
}

TEST_CASE("tls session: it moves, and an empty one is none") {
  TlsSession empty;
  CHECK_FALSE(empty);
  CHECK(empty.alpn() == Alpn::none);
  TlsSession moved(std::move(empty));
  CHECK_FALSE(moved);
}

}  // namespace fce
