// SPDX-License-Identifier: Apache-2.0
#include "net/tls_peer.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "net/test_chains.h"
#include "net/tls_node.h"

namespace fce {
namespace {

std::string chain(std::initializer_list<const char*> certificates) {
  std::string out;
  for (const char* one : certificates) out += one;
  return out;
}

// A server with a chain, and streams that connect to it, on one loop.
struct TlsPair final : StreamNode {
  explicit TlsPair(const std::string& pem, const char* key = kLeafKey) {
    REQUIRE(files.load(store, {{pem.c_str(), key}}) == Status::ok);
    certificates = &store;
  }

  std::shared_ptr<const TlsTrust> trust(const std::string& pem) const {
    std::shared_ptr<const TlsTrust> out;
    REQUIRE(TlsTrust::load(files.write("ca", pem), &out) == Status::ok);
    return out;
  }

  struct Client final : StreamAcceptor {
    void on_stream(Stream&) override { ready = true; }
    void on_tls_failed(const char* why) override { failure = why; }
    TestOwner owner;
    bool ready = false;
    std::string failure;
  };

  // Connects, and has the handshake come to its end.
  std::unique_ptr<Client> connect(const TlsPeer& peer, const TlsTicket& ticket) {
    open();
    auto client = std::make_unique<Client>();
    TlsSession session;
    REQUIRE(peer.open(net, ticket, &session) == Status::ok);
    client->owner.stream = Stream::connect(net, std::exchange(clients.back(), -1), PeerAddress(),
                                           std::move(session), client->owner, *client);
    CHECK_FALSE(client->ready);  // never from within the call
    CHECK(client->owner.closes == 0);
    turn(30);
    return client;
  }
  void leave(Client& client) {
    if (client.owner.stream) client.owner.stream->abort(Status::canceled);
    turn(10);
    CHECK(client.owner.closes == 1);
  }
  // Why a client that trusts `ca` and asks for `name` does not come through; "" if it does.
  std::string verdict(const std::string& ca, const std::string& name) {
    const TlsPeer peer(trust(ca), name);
    const auto client = connect(peer, TlsTicket());
    CHECK(client->ready == client->failure.empty());
    if (!client->ready) {
      CHECK(client->owner.closes == 1);
      CHECK(client->owner.why == Status::tls);
    }
    leave(*client);
    return client->failure;
  }

  CertificateFiles files;
  CertificateStore store;
};

const std::string kNoCa =
    "no trusted CA vouches for its certificate: it is signed by itself or by an unknown "
    "one, or a certificate between is missing";
const std::string kOtherName = "its certificate is for another name";

}  // namespace

TEST_CASE("tls peer: a chain to a trusted CA is believed, for its names only") {
  TlsPair pair(chain({kLeaf, kIntermediate}));
  for (const char* name :
       {"good.example", "GOOD.example", "a.wild.example", "127.0.0.1", "::1", "0:0:0:0:0:0:0:1"}) {
    CAPTURE(name);
    CHECK(pair.verdict(kRootCa, name) == "");
  }
  for (const char* name : {"example", "bad.example", "wild.example", "a.b.wild.example",
                           "127.0.0.2", "::2", "good.example.org"}) {
    CAPTURE(name);
    CHECK(pair.verdict(kRootCa, name) == kOtherName);
  }
  CHECK(pair.count(Counter::upstream_tls_handshakes) == 6);
  CHECK(pair.count(Counter::upstream_tls_failures) == 7);
  CHECK(pair.count(Counter::upstream_tls_resumed) == 0);
}

TEST_CASE("tls peer: names stand in the certificate's extension for them") {
  TlsPair plain(chain({kLeafPlain, kIntermediate}));
  CHECK(plain.verdict(kRootCa, "good.example") == kOtherName);
  TlsPair address(chain({kLeafAddress, kIntermediate}));
  CHECK(address.verdict(kRootCa, "127.0.0.1") == kOtherName);
}

TEST_CASE("tls peer: what is wrong with a chain is told") {
  TlsPair good(chain({kLeaf, kIntermediate}));
  CHECK(good.verdict(kOtherCa, "good.example") == kNoCa);
  TlsPair bare(kLeaf);
  CHECK(bare.verdict(kRootCa, "good.example") == kNoCa);
  // The intermediate may be what one trusts.
  CHECK(bare.verdict(chain({kRootCa, kIntermediate}), "good.example") == "");
  TlsPair expired(chain({kLeafExpired, kIntermediate}));
  CHECK(expired.verdict(kRootCa, "good.example") ==
        "its certificate, or one of the chain, has expired");
  TlsPair future(chain({kLeafFuture, kIntermediate}));
  CHECK(future.verdict(kRootCa, "good.example") ==
        "its certificate, or one of the chain, is not valid yet");
  TlsPair self(kCertificateFirst.chain, kCertificateFirst.key);
  CHECK(self.verdict(kRootCa, "first.example") == kNoCa);
  CHECK(self.verdict(kCertificateFirst.chain, "first.example") == "");
  CHECK(self.verdict(kCertificateFirst.chain, "second.example") == kOtherName);
}

TEST_CASE("tls peer: a chain may hold more than is needed") {
  TlsPair crossed(chain({kLeaf, kIntermediate, kOtherCa}));
  CHECK(crossed.verdict(kRootCa, "good.example") == "");
}

TEST_CASE("tls peer: RSA chains") {
  TlsPair pair(kRsaLeaf, kRsaLeafKey);
  CHECK(pair.verdict(kRsaCa, "rsa.example") == "");
  CHECK(pair.verdict(kRsaCa, "good.example") == kOtherName);
  CHECK(pair.verdict(kRootCa, "rsa.example") == kNoCa);
}

TEST_CASE("tls peer: who is not verified is believed") {
  TlsPair pair(kLeafExpired);
  const TlsPeer peer(TlsTrust::anybody(), "whoever.example");
  const auto client = pair.connect(peer, TlsTicket());
  CHECK(client->ready);
  CHECK(client->owner.stream->alpn() == Alpn::http11);
  pair.leave(*client);
}

TEST_CASE("tls peer: bytes both ways, and a session that is resumed") {
  TlsPair pair(chain({kLeaf, kIntermediate}));
  const TlsPeer peer(pair.trust(kRootCa), "good.example");
  TlsTicket ticket;
  for (int i = 0; i < 3; ++i) {
    const auto client = pair.connect(peer, ticket);
    REQUIRE(client->ready);
    CHECK(client->owner.stream->tls().resumed() == (i > 0));
    const std::string up = counting_bytes(100'000), down = counting_bytes(300'000);
    client->owner.send(up);
    pair.owner().send(down);
    pair.turn(60);
    CHECK(pair.owner().data == up);
    CHECK(client->owner.data == down);
    ticket.keep(client->owner.stream->tls());
    pair.leave(*client);
  }
  CHECK(pair.count(Counter::upstream_tls_resumed) == 2);
  CHECK(pair.count(Counter::tls_resumed) == 2);
}

TEST_CASE("tls peer: streams of our own count as no clients") {
  TlsPair pair(chain({kLeaf, kIntermediate}));
  const TlsPeer peer(pair.trust(kRootCa), "good.example");
  const auto client = pair.connect(peer, TlsTicket());
  REQUIRE(client->ready);
  CHECK(pair.connections.load() == 1);  // the server's end
  CHECK(pair.net.stream_count == 1);
  pair.leave(*client);
  CHECK(pair.count(Counter::closed) == 0);
  CHECK(pair.owner().eofs == 1);
}

TEST_CASE("tls peer: a server that speaks no TLS") {
  TlsPair pair(kLeaf);
  pair.certificates = nullptr;
  pair.stream_hook = [](Stream& stream) {
    static_cast<TestOwner*>(stream.owner())->send("HTTP/1.1 400 Bad Request\r\n\r\n");
  };
  CHECK(pair.verdict(kRootCa, "good.example") != "");
}

TEST_CASE("tls peer: files of CAs") {
  CertificateFiles files;
  std::shared_ptr<const TlsTrust> trust;
  CHECK(TlsTrust::load(files.at("none"), &trust) != Status::ok);
  CHECK(std::string(last_error()).starts_with("cannot read "));
  CHECK(TlsTrust::load(files.write("empty", "nothing"), &trust) == Status::certificate);
  CHECK(std::string(last_error()).ends_with("has no certificate of a CA that can be used"));
  const std::string broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  CHECK(TlsTrust::load(files.write("broken", broken), &trust) == Status::certificate);
  REQUIRE(TlsTrust::load(files.write("mixed", broken + kRootCa + "text\n" + kRsaCa), &trust) ==
          Status::ok);
  CHECK(trust->certificates() == 2);
}

}  // namespace fce
