// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

namespace fce {
namespace {

std::string from_hex(std::string_view digits) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    out += static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1]));
  return out;
}

MutableBytes writable(std::string& text) {
  return {reinterpret_cast<uint8_t*>(text.data()), text.size()};
}

struct Sealed {
  std::string key = from_hex("feffe9928665731c6d6a8f9467308308");
  std::string nonce = from_hex("cafebabefacedbaddecaf888");
  std::string additional = from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  std::string text = from_hex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6"
      "b525b16aedf5aa0de657ba637b39");
  std::string tag = std::string(16, '\0');

  Status seal() {
    return aead_seal(as_bytes(key), as_bytes(nonce), as_bytes(additional), writable(text),
                     writable(tag));
  }
  Status open() {
    return aead_open(as_bytes(key), as_bytes(nonce), as_bytes(additional), writable(text),
                     as_bytes(tag));
  }
};

}  // namespace

TEST_CASE("crypto: SHA-1 and SHA-256 give the vectors of FIPS 180") {
  CHECK(hex(sha1("")) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(hex(sha1("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex(sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  CHECK(hex(sha1(std::string(1'000'000, 'a'))) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  CHECK(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(sha256(std::string(1'000'000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("crypto: base64 and hex give the vectors of RFC 4648") {
  CHECK(base64({}) == "");
  CHECK(base64(as_bytes("f")) == "Zg==");
  CHECK(base64(as_bytes("fo")) == "Zm8=");
  CHECK(base64(as_bytes("foo")) == "Zm9v");
  CHECK(base64(as_bytes("foob")) == "Zm9vYg==");
  CHECK(base64(as_bytes("fooba")) == "Zm9vYmE=");
  CHECK(base64(as_bytes("foobar")) == "Zm9vYmFy");
  CHECK(base64(as_bytes(std::string(100, '\xff'))) == std::string(133, '/') + "w==");
  CHECK(hex({}) == "");
  CHECK(hex(as_bytes(std::string("\x00\x01\x7f\x80\xff", 5))) == "00017f80ff");
}

TEST_CASE("crypto: AES-128-GCM gives McGrew and Viega's test case 4 and takes it back") {
  Sealed sealed;
  const std::string plain = sealed.text;
  REQUIRE(sealed.seal() == Status::ok);
  CHECK(
      hex(as_bytes(sealed.text)) ==
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84"
      "aa051ba30b396a0aac973d58e091");
  CHECK(hex(as_bytes(sealed.tag)) == "5bc94fbc3221a5db94fae95ae7121a47");
  REQUIRE(sealed.open() == Status::ok);
  CHECK(sealed.text == plain);
}

TEST_CASE("crypto: AEAD opens nothing that was touched") {
  Sealed whole;
  REQUIRE(whole.seal() == Status::ok);
  std::string Sealed::*const parts[] = {&Sealed::key, &Sealed::nonce, &Sealed::additional,
                                        &Sealed::text, &Sealed::tag};
  for (auto part : parts) {
    for (size_t i = 0; i < (whole.*part).size(); ++i) {
      Sealed touched = whole;
      (touched.*part)[i] = static_cast<char>((touched.*part)[i] ^ 1);
      REQUIRE(touched.open() != Status::ok);
    }
  }
  Sealed cut = whole;
  cut.text.pop_back();
  CHECK(cut.open() != Status::ok);
}

TEST_CASE("crypto: AEAD seals nothing at all, and long texts") {
  for (const size_t size : {0, 1, 15, 16, 17, 127, 128, 4096, 100'001}) {
    Sealed sealed;
    sealed.text.assign(size, 'p');
    REQUIRE(sealed.seal() == Status::ok);
    if (size > 15) CHECK(sealed.text != std::string(size, 'p'));
    REQUIRE(sealed.open() == Status::ok);
    CHECK(sealed.text == std::string(size, 'p'));
  }
  Sealed no_additional;
  no_additional.additional.clear();
  REQUIRE(no_additional.seal() == Status::ok);
  CHECK(no_additional.open() == Status::ok);
}

TEST_CASE("crypto: a key of a wrong size is an error") {
  Sealed sealed;
  sealed.key.pop_back();
  CHECK(sealed.seal() == Status::tls);
  CHECK(sealed.open() == Status::tls);
}

TEST_CASE("crypto: equality in constant time is equality") {
  CHECK(equals_in_constant_time("", ""));
  CHECK_FALSE(equals_in_constant_time("", "secret"));
  CHECK_FALSE(equals_in_constant_time("secret", ""));
  CHECK(equals_in_constant_time("secret", "secret"));
  CHECK_FALSE(equals_in_constant_time("secreT", "secret"));
  CHECK_FALSE(equals_in_constant_time("Secret", "secret"));
  CHECK_FALSE(equals_in_constant_time("secre", "secret"));
  CHECK_FALSE(equals_in_constant_time("secrets", "secret"));
  // What only repeats the secret, or is made of NULs, is not the secret.
  CHECK_FALSE(equals_in_constant_time("secretsecret", "secret"));
  CHECK_FALSE(equals_in_constant_time(std::string_view("\0", 1), ""));
  CHECK_FALSE(equals_in_constant_time(std::string_view("a\0", 2), "a"));
}

TEST_CASE("crypto: random bytes fill all of the place and differ") {
  std::string a(300, '\0'), b(300, '\0');
  random_bytes(writable(a));
  random_bytes(writable(b));
  CHECK(a != b);
  CHECK(a.substr(268) != std::string(32, '\0'));
  random_bytes({});
  CHECK(random_u64() != random_u64());
}

}  // namespace fce
