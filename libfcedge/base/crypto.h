// SPDX-License-Identifier: Apache-2.0
// The one door to wolfCrypt: hashes, random bytes, comparison in constant time, AEAD for tickets.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

namespace fce {

std::array<uint8_t, 20> sha1(std::string_view data);
std::array<uint8_t, 32> sha256(std::string_view data);

// wolfSSL picks its code for this processor when a hash or a cipher is first used, without a lock:
// so that is to be done before there are threads.
void prepare_crypto();

// Fills from the kernel's generator; aborts if that fails, since nothing safe can follow.
void random_bytes(MutableBytes out);
uint64_t random_u64();

// Tells whether two texts are equal in a time that depends on the length of `given` only.
bool equals_in_constant_time(std::string_view given, std::string_view secret);

std::string base64(Bytes data);
std::string hex(Bytes data);

// SipHash-2-4 with a 16-byte key, for hash tables that clients fill.
uint64_t siphash(const std::array<uint8_t, 16>& key, std::string_view data);

// AES-128-GCM in place. `nonce` is 12 bytes and never twice the same under one key; `tag` 16.
Status aead_seal(Bytes key, Bytes nonce, Bytes additional, MutableBytes text, MutableBytes tag);
Status aead_open(Bytes key, Bytes nonce, Bytes additional, MutableBytes text, Bytes tag);

}  // namespace fce
