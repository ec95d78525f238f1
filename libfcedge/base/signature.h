// SPDX-License-Identifier: Apache-2.0
// Signatures that tokens bear: HMAC-SHA256, ECDSA over P-256 and Ed25519. Like base/crypto, a door
// to wolfCrypt; it verifies only, since the edge signs with HMAC alone.
#pragma once

#include <array>
#include <cstdint>
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

// Ed25519 (RFC 8032 section 5.1).
bool ed25519_verify(Bytes key, std::string_view message, Bytes signature);

}  // namespace fce
