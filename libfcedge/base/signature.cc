// SPDX-License-Identifier: Apache-2.0
#include "base/signature.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "base/fatal.h"
#include "base/wolfssl_options.h"

// wolfCrypt reads its options before any of its headers.
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/random.h>

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

// wolfCrypt writes integers with the zeros that they begin with, and then refuses to read them.
Bytes without_zeros(Bytes number) {
  while (number.size() > 1 && number[0] == 0) number = number.subspan(1);
  return number;
}

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
  const Bytes r = without_zeros(signature.first(kSignatureBytes / 2));
  const Bytes s = without_zeros(signature.subspan(kSignatureBytes / 2));
  byte der[80];  // two integers of at most 33 bytes, and what stands around them
  word32 der_bytes = sizeof der;
  if (wc_ecc_rs_raw_to_sig(r.data(), size_of(r), s.data(), size_of(s), der, &der_bytes) != 0)
    return false;
  const auto digest = sha256(message);
  int good = 0;
  return wc_ecc_verify_hash(der, der_bytes, digest.data(), static_cast<word32>(digest.size()),
                            &good, key.get()) == 0 &&
         good == 1;
}

struct P256Signer::Key {
  Key() : made(wc_ecc_init(&key) == 0 && wc_InitRng(&rng) == 0) {}
  ~Key() {
    if (!made) return;
    wc_ecc_free(&key);  // which also wipes it
    wc_FreeRng(&rng);
  }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  ecc_key key;
  WC_RNG rng;
  const bool made;
};

P256Signer::P256Signer(std::unique_ptr<Key> key) : key_(std::move(key)) {}

P256Signer::~P256Signer() = default;

std::unique_ptr<P256Signer> P256Signer::make(Bytes secret) {
  auto key = std::make_unique<Key>();
  if (!key->made || secret.size() != kP256CoordinateBytes ||
      wc_ecc_import_private_key_ex(secret.data(), size_of(secret), nullptr, 0, &key->key,
                                   ECC_SECP256R1) != 0 ||
      wc_ecc_make_pub_ex(&key->key, nullptr, &key->rng) != 0 || wc_ecc_check_key(&key->key) != 0)
    return nullptr;
  std::unique_ptr<P256Signer> signer(new P256Signer(std::move(key)));
  word32 x_bytes = kP256CoordinateBytes, y_bytes = kP256CoordinateBytes;
  uint8_t* x = signer->public_.data();
  if (wc_ecc_export_public_raw(&signer->key_->key, x, &x_bytes, x + kP256CoordinateBytes,
                               &y_bytes) != 0)
    return nullptr;
  return signer;
}

std::array<uint8_t, 2 * kP256CoordinateBytes> P256Signer::public_key() const { return public_; }

bool P256Signer::sign(std::string_view message, std::array<uint8_t, kSignatureBytes>* signature) {
  const auto digest = sha256(message);
  byte der[80];
  word32 der_bytes = sizeof der;
  byte r[kP256CoordinateBytes], s[kP256CoordinateBytes];
  word32 r_bytes = sizeof r, s_bytes = sizeof s;
  if (wc_ecc_sign_hash(digest.data(), static_cast<word32>(digest.size()), der, &der_bytes,
                       &key_->rng, &key_->key) != 0 ||
      wc_ecc_sig_to_rs(der, der_bytes, r, &r_bytes, s, &s_bytes) != 0)
    return false;
  // They come without the zeros at their beginning.
  signature->fill(0);
  std::copy_n(r, r_bytes, signature->begin() + (kP256CoordinateBytes - r_bytes));
  std::copy_n(s, s_bytes, signature->begin() + (kSignatureBytes - s_bytes));
  return true;
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
