// SPDX-License-Identifier: Apache-2.0
// The two halves of a key file, in one text. What is taken signs so that its own public key agrees,
// and is the same when its own record is read.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "geo/dnssec_key.h"
#include "geo/dnssec_key_text.h"

using namespace fce;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_key(const DnssecKey& key) {
  constexpr size_t kHead = 4;
  require(key.dnskey().size() == kHead + 2 * kP256CoordinateBytes);
  const auto signer = key.signer();
  require(signer != nullptr);
  std::array<uint8_t, kSignatureBytes> signature;
  require(signer->sign("message", &signature));
  const Bytes point = as_bytes(key.dnskey()).subspan(kHead);
  const Bytes x = point.first(kP256CoordinateBytes), y = point.subspan(kP256CoordinateBytes);
  require(p256_verify(x, y, "message", signature));
  require(key.ds_text().substr(0, 15) == "example. IN DS ");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  DnsName zone, owner;
  require(DnsName::parse("example.", DnsName(), &zone) == Status::ok);
  std::string dnskey;
  const bool known = read_dnskey(text, &owner, &dnskey) == Status::ok;
  std::shared_ptr<const DnssecKey> alone, both;
  if (DnssecKey::parse(text, "", zone, &alone) == Status::ok) check_key(*alone);
  if (DnssecKey::parse(text, text, zone, &both) != Status::ok) return 0;
  require(alone != nullptr && (known || text.empty()));
  require(both->dnskey() == dnskey);
  check_key(*both);
  return 0;
}
