// SPDX-License-Identifier: Apache-2.0
#include "net/tls_certificates.h"

#include <doctest/doctest.h>

#include "net/tls_client.h"
#include "net/tls_node.h"

namespace fce {
namespace {

// Whether a client that trusts this certificate only is content with what it gets for the name.
bool gets(TlsNode& node, const std::string& name, const TestCertificate& expected,
          bool tls12 = false) {
  int& fd = node.open();
  TlsClient client({.tls12 = tls12, .server_name = name, .trusted = expected.chain});
  client.exchange(node);
  node.leave(fd);
  node.turn();
  return client.connected;
}

fce_certificate files_of(const std::string& chain, const std::string& key) {
  return {sizeof(fce_certificate), chain.c_str(), key.c_str()};
}

}  // namespace

TEST_CASE("certificates: names match as RFC 6125 says") {
  const struct {
    const char* pattern;
    const char* name;
    bool match;
  } table[] = {
      {"a.example", "a.example", true},
      {"A.Example", "a.eXample", true},
      {"a.example", "b.example", false},
      {"a.example", "a.example.org", false},
      {"a.example", "", false},
      {"*.a.example", "x.a.example", true},
      {"*.A.example", "X.a.EXAMPLE", true},
      {"*.a.example", "a.example", false},
      {"*.a.example", ".a.example", false},
      {"*.a.example", "x.y.a.example", false},
      {"*.a.example", "xa.example", false},
      {"x*.a.example", "xy.a.example", false},
      {"*", "a", false},
      {"*", "a.example", false},
      {"*a.example", "xa.example", false},
      {"*.", "a.", true},
      {"a.*.example", "a.b.example", false},
  };
  for (const auto& entry : table) {
    CAPTURE(entry.pattern);
    CAPTURE(entry.name);
    CHECK(certificate_name_matches(entry.pattern, entry.name) == entry.match);
  }
}

TEST_CASE("certificates: the names of a leaf, in lower case") {
  std::vector<std::string> names;
  REQUIRE(certificate_names(kCertificateFirst.chain, &names) == Status::ok);
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"first.example", "www.first.example"});
  CHECK(certificate_names("", &names) == Status::certificate);
  CHECK(certificate_names("nonsense", &names) == Status::certificate);
  CHECK(certificate_names(kCertificateFirst.key, &names) == Status::certificate);
  const std::string whole = kCertificateFirst.chain;
  for (size_t cut = 0; cut + 40 < whole.size(); cut += 17)
    CHECK(certificate_names(whole.substr(0, cut), &names) == Status::certificate);
}

TEST_CASE("certificates: a server name picks its certificate, any other the first") {
  TlsNode node;
  for (const bool tls12 : {false, true}) {
    CHECK(gets(node, "first.example", kCertificateFirst, tls12));
    CHECK(gets(node, "WWW.first.example", kCertificateFirst, tls12));
    CHECK(gets(node, "any.wild.example", kCertificateWild, tls12));
    CHECK(gets(node, "rsa.example", kCertificateRsa, tls12));
    CHECK(gets(node, "unknown.example", kCertificateFirst, tls12));
    CHECK(gets(node, "", kCertificateFirst, tls12));
    CHECK_FALSE(gets(node, "rsa.example", kCertificateFirst, tls12));
  }
  CHECK(gets(node, "two.labels.wild.example", kCertificateFirst));
  CHECK(gets(node, "wild.example", kCertificateFirst));
}

TEST_CASE("certificates: a swap touches no open connection") {
  TlsNode node;
  node.open();
  TlsClient before({.trusted = kCertificateFirst.chain});
  before.exchange(node);
  REQUIRE(before.connected);
  // This one has begun: it keeps the set that it began with.
  TestOwner& old_owner = node.owner();
  const int old_client = node.client();
  REQUIRE(node.files.load(node.store, {kCertificateWild}) == Status::ok);
  CHECK(gets(node, "first.example", kCertificateWild));
  node.clients.push_back(old_client);
  before.write("still here");
  before.exchange(node);
  CHECK(old_owner.data == "still here");
  old_owner.send("so am I");
  before.exchange(node);
  CHECK(before.data == "so am I");
  node.clients.pop_back();
}

TEST_CASE("certificates: on any error the old set stays") {
  CertificateFiles files;
  CertificateStore store;
  CHECK(store.empty());
  CHECK(store.load({}) == Status::invalid);
  REQUIRE(files.load(store, {kCertificateFirst}) == Status::ok);
  const auto old = store.current();

  const std::string chain = files.write("good-chain", kCertificateFirst.chain);
  const std::string key = files.write("good-key", kCertificateFirst.key);
  const std::string other_key = files.write("other-key", kCertificateWild.key);
  const std::string rsa_key = files.write("rsa-key", kCertificateRsa.key);
  const std::string garbage = files.write("garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n");
  const std::string empty = files.write("empty", "");
  const std::string large = files.write("large", std::string(2 << 20, 'x'));
  const std::string missing = files.at("missing");
  const struct {
    fce_certificate certificate;
    Status status;
  } table[] = {
      {files_of(chain, other_key), Status::certificate},
      {files_of(chain, rsa_key), Status::certificate},
      {files_of(chain, chain), Status::certificate},
      {files_of(key, key), Status::certificate},
      {files_of(garbage, key), Status::certificate},
      {files_of(chain, garbage), Status::certificate},
      {files_of(empty, key), Status::certificate},
      {files_of(chain, empty), Status::certificate},
      {files_of(large, key), Status::certificate},
      {files_of(missing, key), Status::not_found},
      {files_of(chain, missing), Status::not_found},
      {{sizeof(fce_certificate), nullptr, key.c_str()}, Status::invalid},
      {{sizeof(fce_certificate), chain.c_str(), nullptr}, Status::invalid},
  };
  for (const auto& entry : table) {
    // The bad one comes after a good one: nothing of a list is taken unless all is good.
    const fce_certificate list[] = {files_of(chain, key), entry.certificate};
    CAPTURE(entry.certificate.chain_file ? entry.certificate.chain_file : "none");
    CHECK(store.load(list) == entry.status);
    CHECK(std::string(last_error()).size() > 10);
    CHECK(store.current() == old);
  }
}

}  // namespace fce
