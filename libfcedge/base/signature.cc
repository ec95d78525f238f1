// SPDX-License-Identifier: Apache-2.0
#include "base/signature.h"

#include "base/crypto.h"
#include "base/fatal.h"
#include "base/wolfssl_options.h"

// wolfCrypt reads its options before any of its headers.
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/hmac.h>

namespace fce {
namespace {

word32 size_of(Bytes bytes) { return static_cast<word32>(bytes.size()); }

// A public key for the time of one call: wolfCrypt keeps scratch in its keys, so that threads
// cannot share one.
class P256Key {
 public:
  P256Key() : made_(wc_ecc_init(&key_) == 0) {}
  ~P256Key() {
    if (made_) wc_ecc_free(&key_);
  }
  P256Key(const P256Key&) = delete;
  P256Key& operator=(const P256Key&) = delete;

  bool set(Bytes x, Bytes y) {
    return made_ && x.size() == kP256CoordinateBytes && y.size() == kP256CoordinateBytes &&
           wc_ecc_import_unsigned(&key_, x.data(), y.data(), nullptr, ECC_SECP256R1) == 0;
  }
  ecc_key* get() { return &key_; }

 private:
  ecc_key key_;
  const bool made_;
};

class Ed25519Key {
 public:
  Ed25519Key() : made_(wc_ed25519_init(&key_) == 0) {}
  ~Ed25519Key() {
    if (made_) wc_ed25519_free(&key_);
  }
  Ed25519Key(const Ed25519Key&) = delete;
  Ed25519Key& operator=(const Ed25519Key&) = delete;

  bool set(Bytes key) {
    return made_ && key.size() == kEd25519KeyBytes &&
           wc_ed25519_import_public(key.data(), size_of(key), &key_) == 0;
  }
  ed25519_key* get() { return &key_; }

 private:
  ed25519_key key_;
  const bool made_;
};

}  // namespace

std::array<uint8_t, 32> hmac_sha256(Bytes key, std::string_view message) {
  std::array<uint8_t, 32> code;
  Hmac hmac;
  if (wc_HmacInit(&hmac, nullptr, INVALID_DEVID) != 0) fatal("HMAC is not available");
  const Bytes bytes = as_bytes(message);
  // With its sizes right HMAC cannot fail; a code that was not computed must never be compared.
  if (wc_HmacSetKey(&hmac, WC_SHA256, key.data(), size_of(key)) != 0 ||
      wc_HmacUpdate(&hmac, bytes.data(), size_of(bytes)) != 0 ||
      wc_HmacFinal(&hmac, code.data()) != 0)
    fatal("HMAC-SHA256 failed");
  wc_HmacFree(&hmac);
  return code;
}

bool is_p256_key(Bytes x, Bytes y) {
  P256Key key;
  return key.set(x, y) && wc_ecc_check_key(key.get()) == 0;
}

bool p256_verify(Bytes x, Bytes y, std::string_view message, Bytes signature) {
  P256Key key;
  if (signature.size() != kSignatureBytes || !key.set(x, y)) return false;
  constexpr word32 kHalf = kSignatureBytes / 2;
  byte der[80];  // two integers of at most 33 bytes, and what stands around them
  word32 der_bytes = sizeof der;
  if (wc_ecc_rs_raw_to_sig(signature.data(), kHalf, signature.data() + kHalf, kHalf, der,
                           &der_bytes) != 0)
    return false;
  const auto digest = sha256(message);
  int good = 0;
  return wc_ecc_verify_hash(der, der_bytes, digest.data(), static_cast<word32>(digest.size()),
                            &good, key.get()) == 0 &&
         good == 1;
}

bool ed25519_verify(Bytes key, std::string_view message, Bytes signature) {
  Ed25519Key public_key;
  if (signature.size() != kSignatureBytes || !public_key.set(key)) return false;
  if (message.data() == nullptr) message = "";
  int good = 0;
  return wc_ed25519_verify_msg(signature.data(), size_of(signature), as_bytes(message).data(),
                               static_cast<word32>(message.size()), &good, public_key.get()) == 0 &&
         good == 1;
}

}  // namespace fce
