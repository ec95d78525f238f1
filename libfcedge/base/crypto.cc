// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.h"

#include <sys/random.h>

#include <cerrno>

#include "base/fatal.h"
#include "base/wolfssl_options.h"

// wolfCrypt reads its options before any of its headers.
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/coding.h>
#include <wolfssl/wolfcrypt/sha.h>
#include <wolfssl/wolfcrypt/sha256.h>
#include <wolfssl/wolfcrypt/sha512.h>

namespace fce {

std::array<uint8_t, 20> sha1(std::string_view data) {
  std::array<uint8_t, 20> digest;
  wc_Sha sha;
  if (wc_InitSha(&sha) != 0) fatal("SHA-1 is not available");
  wc_ShaUpdate(&sha, as_bytes(data).data(), static_cast<word32>(data.size()));
  wc_ShaFinal(&sha, digest.data());
  wc_ShaFree(&sha);
  return digest;
}

void prepare_crypto() {
  static const bool done = [] {
    (void)sha256({});
    wc_Sha512 sha;
    if (wc_InitSha512(&sha) != 0) fatal("SHA-512 is not available");
    wc_Sha512Free(&sha);
    constexpr uint8_t kKey[16] = {};
    Aes aes;
    if (wc_AesInit(&aes, nullptr, INVALID_DEVID) != 0 ||
        wc_AesGcmSetKey(&aes, kKey, sizeof kKey) != 0)
      fatal("AES is not available");
    wc_AesFree(&aes);
    return true;
  }();
  (void)done;
}

std::array<uint8_t, 32> sha256(std::string_view data) {
  std::array<uint8_t, 32> digest;
  wc_Sha256 sha;
  if (wc_InitSha256(&sha) != 0) fatal("SHA-256 is not available");
  wc_Sha256Update(&sha, as_bytes(data).data(), static_cast<word32>(data.size()));
  wc_Sha256Final(&sha, digest.data());
  wc_Sha256Free(&sha);
  return digest;
}

void random_bytes(MutableBytes out) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = getrandom(out.data() + done, out.size() - done, 0);
    if (got < 0 && errno != EINTR) fatal("getrandom failed: errno %d", errno);
    if (got > 0) done += static_cast<size_t>(got);
  }
}

uint64_t random_u64() {
  uint64_t value;
  random_bytes({reinterpret_cast<uint8_t*>(&value), sizeof value});
  return value;
}

bool equals_in_constant_time(std::string_view given, std::string_view secret) {
  unsigned difference = given.size() == secret.size() ? 0 : 1;
  for (size_t i = 0; i < given.size(); ++i) {
    const char other = secret.empty() ? '\0' : secret[i % secret.size()];
    difference |= static_cast<unsigned char>(given[i] ^ other);
  }
  return difference == 0;
}

std::string base64(Bytes data) {
  std::string out((data.size() + 2) / 3 * 4 + 1, '\0');
  auto size = static_cast<word32>(out.size());
  const int result = Base64_Encode_NoNl(data.data(), static_cast<word32>(data.size()),
                                        reinterpret_cast<byte*>(out.data()), &size);
  if (result != 0) fatal("base64 failed: %d", result);
  out.resize(size);
  return out;
}

std::string hex(Bytes data) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(data.size() * 2);
  for (const uint8_t byte : data) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

Status aead_seal(Bytes key, Bytes nonce, Bytes additional, MutableBytes text, MutableBytes tag) {
  Aes aes;
  if (wc_AesInit(&aes, nullptr, -1) != 0) return fail(Status::tls, "AES cannot be set up");
  int result = wc_AesGcmSetKey(&aes, key.data(), static_cast<word32>(key.size()));
  if (result == 0) {
    result = wc_AesGcmEncrypt(&aes, text.data(), text.data(), static_cast<word32>(text.size()),
                              nonce.data(), static_cast<word32>(nonce.size()), tag.data(),
                              static_cast<word32>(tag.size()), additional.data(),
                              static_cast<word32>(additional.size()));
  }
  wc_AesFree(&aes);
  return result == 0 ? Status::ok : fail(Status::tls, "AES-GCM refused to seal");
}

Status aead_open(Bytes key, Bytes nonce, Bytes additional, MutableBytes text, Bytes tag) {
  Aes aes;
  if (wc_AesInit(&aes, nullptr, -1) != 0) return fail(Status::tls, "AES cannot be set up");
  int result = wc_AesGcmSetKey(&aes, key.data(), static_cast<word32>(key.size()));
  if (result == 0) {
    result = wc_AesGcmDecrypt(&aes, text.data(), text.data(), static_cast<word32>(text.size()),
                              nonce.data(), static_cast<word32>(nonce.size()), tag.data(),
                              static_cast<word32>(tag.size()), additional.data(),
                              static_cast<word32>(additional.size()));
  }
  wc_AesFree(&aes);
  return result == 0 ? Status::ok : fail(Status::tls, "AES-GCM: the tag does not match");
}

}  // namespace fce
