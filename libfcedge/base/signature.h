// SPDX-License-Identifier: Apache-2.0
// Signatures that tokens bear: HMAC-SHA256, ECDSA over P-256 and Ed25519; and those of P-256 that
// the DNS makes of its records. Like base/crypto, a door to wolfCrypt.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"

namespace fce {

// RFC 2104. The key may have any length.
std::array<uint8_t, 32> hmac_sha256(Bytes key, std::string_view message);

constexpr size_t kP256CoordinateBytes = 32;
constexpr size_t kEd25519KeyBytes = 32;
constexpr size_t kSignatureBytes = 64;  // of both kinds

// Whether the two coordinates, big endian, are a point of the curve and thereby a public key.
bool is_p256_key(Bytes x, Bytes y);

// ECDSA with SHA-256 (RFC 7518 section 3.4): the signature is R and S, 32 bytes each. The key was
// found good by is_p256_key.
bool p256_verify(Bytes x, Bytes y, std::string_view message, Bytes signature);

// A private key of P-256. wolfCrypt keeps scratch in its keys, so one belongs to a thread.
class P256Signer {
 public:
  // Null unless `secret`, big endian, is one of the curve's private keys.
  static std::unique_ptr<P256Signer> make(Bytes secret);
  ~P256Signer();

  std::array<uint8_t, 2 * kP256CoordinateBytes> public_key() const;  // X and Y
  // As p256_verify takes it. False when wolfCrypt fails.
  bool sign(std::string_view message, std::array<uint8_t, kSignatureBytes>* signature);

 private:
  struct Key;
  explicit P256Signer(std::unique_ptr<Key> key);

  const std::unique_ptr<Key> key_;
  std::array<uint8_t, 2 * kP256CoordinateBytes> public_{};
};

// Ed25519 (RFC 8032 section 5.1).
bool ed25519_verify(Bytes key, std::string_view message, Bytes signature);

}  // namespace fce
