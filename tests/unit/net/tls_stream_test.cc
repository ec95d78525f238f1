// SPDX-License-Identifier: Apache-2.0
// TLS streams against wolfSSL's client: handshake, data, limits.
#include <doctest/doctest.h>

#include "net/stream.h"
#include "net/tls_client.h"
#include "net/tls_node.h"

namespace fce {

BOTH_PATHS_CASE("tls: data both ways, TLS 1.2 and 1.3") {
  for (const bool tls12 : {false, true}) {
    CAPTURE(tls12);
    TlsNode node;
    node.open();
    TlsClient client({.tls12 = tls12, .server_name = "first.example", .alpn = "h2,http/1.1"});
    client.exchange(node);
    REQUIRE(client.connected);
    CHECK(node.count(Counter::tls_handshakes) == 1);
    HistogramSnapshot timed;
    timed.add(node.counters.get(Histogram::tls_handshake));
    CHECK(timed.count() == 1);
    CHECK(timed.sum() > 0);
    CHECK(timed.quantile(1) < 3'600'000'000);  // no difference of clocks that went round
    CHECK(node.count(Counter::tls_resumed) == 0);
    CHECK(node.owner().stream->is_tls());
    CHECK(node.owner().stream->alpn() == Alpn::h2);
    CHECK(client.protocol() == "h2");
    client.write("hello");
    client.exchange(node);
    CHECK(node.owner().data == "hello");
    node.owner().send("world");
    client.exchange(node);
    CHECK(client.data == "world");
  }
}

BOTH_PATHS_CASE("tls: ALPN") {
  const struct {
    const char* offer;
    Alpn agreed;
  } table[] = {{"", Alpn::none}, {"http/1.1", Alpn::http11}, {"http/1.1,h2", Alpn::h2}};
  for (const auto& entry : table) {
    CAPTURE(entry.offer);
    TlsNode node;
    node.open();
    TlsClient client({.alpn = entry.offer});
    client.exchange(node);
    REQUIRE(client.connected);
    // Whose order wins is ours to say; that something of the offer is chosen is not.
    if (std::string(entry.offer).find(',') == std::string::npos)
      CHECK(node.owner().stream->alpn() == entry.agreed);
    else
      CHECK(node.owner().stream->alpn() != Alpn::none);
  }
  TlsNode node;
  node.open();
  TlsClient client({.alpn = "spdy/3"});
  client.exchange(node);
  CHECK_FALSE(client.connected);
  CHECK(node.owners.empty());
  CHECK(node.count(Counter::tls_failures) == 1);
  CHECK(node.connections.load() == 0);
}

BOTH_PATHS_CASE("tls: a handshake byte by byte, and data behind it in the same bytes") {
  for (const bool tls12 : {false, true}) {
    CAPTURE(tls12);
    TlsNode node;
    node.limits.tls_handshakes_per_turn = 1;
    node.open();
    TlsClient client({.tls12 = tls12, .server_name = "first.example"});
    std::string plain;
    for (int i = 0; i < 10 && !client.connected; ++i) {
      client.step();
      if (client.connected) client.write("early bird");
      for (const char byte : std::exchange(client.out, {})) {
        REQUIRE(::send(node.client(), &byte, 1, MSG_NOSIGNAL) == 1);
        node.turn(2);
      }
      client.in += node.receive();
    }
    REQUIRE(client.connected);
    if (!tls12) {
      client.exchange(node);
    } else {
      client.write("early bird");
      client.exchange(node);
    }
    REQUIRE(node.owners.size() == 1);
    CHECK(node.owner().data.starts_with("early bird"));
    node.owner().send("answer");
    client.exchange(node);
    CHECK(client.data == "answer");
  }
}

BOTH_PATHS_CASE("tls: a ClientHello in two pieces, cut at every byte") {
  TlsClient probe({.server_name = "www.wild.example"});
  probe.step();
  const std::string hello = probe.out;
  for (size_t cut = 1; cut < hello.size(); ++cut) {
    TlsNode node;
    node.open();
    node.send(hello.substr(0, cut));
    REQUIRE(node.receive().empty());
    node.send(hello.substr(cut));
    REQUIRE(node.receive().size() > 100);  // ServerHello and the rest of its flight
  }
}

BOTH_PATHS_CASE("tls: what is no TLS is refused at the first byte that tells") {
  for (const std::string& garbage :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("\x15\x03\x01", 3),
        std::string("\x16\x02", 2), std::string("\x16\x03\x01\x00\x05\x02", 6),
        std::string("\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff", 10),
        std::string("\x16\x03\x01\x00\x00\x01", 6)}) {
    TlsNode node;
    node.open();
    node.send(garbage);
    node.receive();
    CHECK(node.eof);
    CHECK(node.owners.empty());
    CHECK(node.count(Counter::tls_failures) == 1);
    CHECK(node.connections.load() == 0);
  }
}

BOTH_PATHS_CASE("tls: a ClientHello that never ends is refused by its size") {
  TlsNode node;
  node.open();
  node.send(std::string("\x16\x03\x01\xff\xff\x01", 6) + std::string(30'000, 'x'));
  node.receive();
  CHECK(node.eof);
  CHECK(node.count(Counter::tls_failures) == 1);
}

BOTH_PATHS_CASE("tls: a hello with each byte changed harms nobody") {
  TlsClient probe({.server_name = "first.example"});
  probe.step();
  const std::string hello = probe.out;
  TlsNode node;
  for (size_t at = 0; at < hello.size(); ++at) {
    std::string changed = hello;
    changed[at] = static_cast<char>(changed[at] ^ 0xff);
    int& client = node.open();
    node.send(changed);
    node.receive();
    node.leave(client);
    node.turn(3);
  }
  CHECK(node.owners.empty());
  CHECK(node.connections.load() == 0);
}

BOTH_PATHS_CASE("tls: a slow handshake is cut off, whatever trickles in") {
  TlsNode node;
  node.limits.tls_handshake_ms = 1000;
  node.open();
  TlsClient client({});
  client.step();
  for (size_t i = 0; i < 12; ++i) {
    node.send(client.out.substr(i, 1));
    node.pass_time(100);
  }
  node.receive();
  CHECK(node.eof);
  CHECK(node.count(Counter::limit_tls_handshake) == 1);
  CHECK(node.connections.load() == 0);

  // In the middle of it, and while the peer does not take our flight.
  node.buffer_bytes = 2304;
  node.open();
  TlsClient silent({});
  silent.step();
  node.send(silent.out);
  CHECK(node.connections.load() == 1);
  node.pass_time(600);
  node.receive();  // the flight is taken at last, but nothing answers it
  node.pass_time(700);
  CHECK(node.count(Counter::limit_tls_handshake) == 2);
  CHECK(node.count(Counter::limit_write_time) == 0);
  CHECK(node.connections.load() == 0);
}

BOTH_PATHS_CASE("tls: a large message of fan-out is encrypted as the reader takes it") {
  const std::string text = counting_bytes(200'000);
  TlsNode node;
  node.buffer_bytes = 16'384;
  node.open();
  TlsClient client({});
  client.exchange(node);
  REQUIRE(client.connected);
  node.owner().output = "first";
  node.owner().whole = ChunkRef::copy_of(as_bytes(text));
  node.owner().stream->want_flush(Lane::fanout);
  node.turn(50);
  // What follows it stays behind it.
  node.owner().output = "last";
  node.owner().stream->want_flush(Lane::fanout);
  client.exchange(node);
  CHECK(client.data == "first" + text + "last");
  CHECK(node.count(Counter::short_passes) >= 10);
}

BOTH_PATHS_CASE("tls: at most so many handshake steps a turn") {
  TlsNode node;
  node.limits.tls_handshakes_per_turn = 2;
  node.loop.set_admission_us(10'000'000);
  TlsClient client({});
  client.step();
  for (int i = 0; i < 6; ++i) {
    node.open();
    REQUIRE(::send(node.client(), client.out.data(), client.out.size(), MSG_NOSIGNAL) > 0);
  }
  const auto answered = [&] {
    int count = 0;
    char byte;
    for (const int fd : node.clients) count += ::recv(fd, &byte, 1, MSG_PEEK) == 1;
    return count;
  };
  for (int turns = 1; turns <= 3; ++turns) {
    node.turn(1);
    CHECK(answered() == 2 * turns);
  }
}

BOTH_PATHS_CASE("tls: megabytes both ways, with back-pressure") {
  for (const bool tls12 : {false, true}) {
    TlsNode node;
    node.buffer_bytes = 16'384;
    node.open();
    TlsClient client({.tls12 = tls12});
    client.exchange(node);
    REQUIRE(client.connected);
    const std::string down = counting_bytes(1'500'000);
    node.owner().send(down);
    node.turn(20);
    CHECK(node.owner().stream->blocked());
    client.exchange(node);
    CHECK(client.data.size() == down.size());
    CHECK((client.data == down));
    const std::string up = counting_bytes(1'000'000);
    client.write(up);
    client.exchange(node);
    CHECK((node.owner().data == up));
    CHECK(node.owner().closes == 0);
  }
}

BOTH_PATHS_CASE("tls: many small pieces become few records") {
  TlsNode node;
  node.open();
  TlsClient client({});
  client.exchange(node);
  REQUIRE(client.connected);
  const uint64_t before = node.count(Counter::bytes_out);
  node.owner().flush_hook = [] {};
  std::string all;
  for (int i = 0; i < 1000; ++i) all += "piece " + std::to_string(i) + ";";
  node.owner().send(all);
  client.exchange(node);
  CHECK(client.data == all);
  CHECK(node.count(Counter::bytes_out) - before < all.size() + 100);
}

BOTH_PATHS_CASE("tls: close_notify from either side") {
  for (const bool tls12 : {false, true}) {
    TlsNode node;
    node.open();
    TlsClient client({.tls12 = tls12});
    client.exchange(node);
    client.write("last words");
    client.close();
    client.exchange(node);
    CHECK(node.owner().data == "last words");
    CHECK(node.owner().eofs == 1);
    node.owner().send("answer");
    node.owner().stream->close();
    client.exchange(node);
    CHECK(node.owner().closes == 1);
    CHECK(node.owner().why == Status::ok);

    node.open();
    TlsClient second({.tls12 = tls12});
    second.exchange(node);
    node.owner().send("bye");
    node.owner().stream->close();
    second.exchange(node);
    CHECK(second.data == "bye");
    CHECK(second.closed);
  }
}

BOTH_PATHS_CASE("tls: an answer reaches a client that has said close_notify") {
  TlsNode node;
  node.open();
  TlsClient client({});
  client.exchange(node);
  client.write("request");
  client.close();
  const std::string bytes = std::exchange(client.out, {});
  node.send(bytes);
  REQUIRE(node.owner().eofs == 1);
  node.owner().send("answer");
  node.turn();
  CHECK(node.owner().closes == 0);
  CHECK(node.receive().size() > 6);
}

BOTH_PATHS_CASE("tls: a record that was touched ends the connection") {
  TlsNode node;
  node.open();
  TlsClient client({});
  client.exchange(node);
  client.write("secret");
  client.out.back() = static_cast<char>(client.out.back() ^ 1);
  node.send(client.out);
  CHECK(node.owner().data.empty());
  CHECK(node.owner().eofs == 0);
  CHECK(node.owner().closes == 1);
  CHECK(node.owner().why == Status::tls);
}

BOTH_PATHS_CASE("tls: abort within on_data leaves nothing for the next connection") {
  TlsNode node;
  node.open();
  TlsClient first({});
  first.exchange(node);
  node.owner().data_hook = [&] { node.owner().stream->abort(Status::protocol); };
  first.write("one");
  first.write("two");
  node.send(first.out);
  CHECK(node.owner().closes == 1);
  CHECK(node.owner().data == "one");
  CHECK(node.net.tls_in.empty());
  CHECK(node.net.tls_out.empty());
  node.open();
  TlsClient second({});
  second.exchange(node);
  REQUIRE(second.connected);
  second.write("three");
  second.exchange(node);
  CHECK(node.owner().data == "three");
}

BOTH_PATHS_CASE("tls: KeyUpdates within the limit are answered, a flood is cut off") {
  TlsNode node;
  node.limits.tls_key_updates_max = 6;
  node.open();
  TlsClient client({});
  client.exchange(node);
  REQUIRE(client.connected);
  for (int i = 0; i < 5; ++i) {
    REQUIRE(wolfSSL_update_keys(client.ssl()) == WOLFSSL_SUCCESS);
    client.exchange(node);
    client.write("x");
    client.exchange(node);
  }
  CHECK(node.owner().data == "xxxxx");
  CHECK(node.count(Counter::limit_key_updates) == 0);
  for (int i = 0; i < 5 && node.owner().closes == 0; ++i) {
    wolfSSL_update_keys(client.ssl());
    client.exchange(node);
  }
  CHECK(node.owner().closes == 1);
  CHECK(node.owner().why == Status::protocol);
  CHECK(node.count(Counter::limit_key_updates) == 1);
}

BOTH_PATHS_CASE("tls: many records in pieces are no flood of KeyUpdates") {
  TlsNode node;
  node.limits.tls_key_updates_max = 2;
  node.open();
  TlsClient client({});
  client.exchange(node);
  for (int i = 0; i < 100; ++i) client.write("record");
  const std::string bytes = std::exchange(client.out, {});
  for (size_t at = 0; at < bytes.size(); at += 3) node.send(bytes.substr(at, 3));
  CHECK(node.owner().data.size() == 600);
  CHECK(node.owner().closes == 0);
}

}  // namespace fce
