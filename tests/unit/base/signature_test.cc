// SPDX-License-Identifier: Apache-2.0
#include "base/signature.h"

#include <doctest/doctest.h>

#include <string>

#include "base/base64url.h"
#include "base/crypto.h"

namespace fce {
namespace {

std::string decoded(std::string_view text) {
  std::string out;
  REQUIRE(base64url_decode(text, &out));
  return out;
}

// RFC 7515 appendix A.3.
struct Ecdsa {
  std::string x = decoded("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
  std::string y = decoded("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
  std::string message =
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQog"
      "Imh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  std::string signature = decoded(
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");

  bool good() const { return p256_verify(as_bytes(x), as_bytes(y), message, as_bytes(signature)); }
};

// RFC 8037 appendix A.4.
struct Eddsa {
  std::string key = decoded("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
  std::string message = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  std::string signature = decoded(
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");

  bool good() const { return ed25519_verify(as_bytes(key), message, as_bytes(signature)); }
};

// Flips each bit of a part in turn: nothing that was touched is good.
template <class Signed>
void check_touched(std::string Signed::*part) {
  const Signed whole;
  for (size_t bit = 0; bit < (whole.*part).size() * 8; ++bit) {
    Signed touched = whole;
    (touched.*part)[bit / 8] = static_cast<char>((touched.*part)[bit / 8] ^ (1 << bit % 8));
    REQUIRE_FALSE(touched.good());
  }
}

std::string from_hex(std::string_view digits) {
  std::string out;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  return out;
}

}  // namespace

TEST_CASE("signature: HMAC-SHA256 gives the vectors of RFC 4231") {
  CHECK(hex(hmac_sha256(as_bytes(std::string(20, '\x0b')), "Hi There")) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex(hmac_sha256(as_bytes("Jefe"), "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex(hmac_sha256(as_bytes(std::string(131, '\xaa')),
                        "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(hex(hmac_sha256({}, "")) ==
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("signature: ECDSA takes RFC 7515 A.3 and nothing that was touched") {
  CHECK(Ecdsa().good());
  check_touched(&Ecdsa::message);
  check_touched(&Ecdsa::signature);
}

TEST_CASE("signature: Ed25519 takes RFC 8037 A.4 and nothing that was touched") {
  CHECK(Eddsa().good());
  check_touched(&Eddsa::message);
  check_touched(&Eddsa::signature);
  check_touched(&Eddsa::key);
}

TEST_CASE("signature: signatures and keys of a wrong size are refused") {
  for (const size_t size : {0, 1, 31, 32, 63, 65, 72, 128}) {
    Ecdsa ec;
    ec.signature.resize(size);
    CHECK_FALSE(ec.good());
    Eddsa ed;
    ed.signature.resize(size);
    CHECK_FALSE(ed.good());
  }
  for (const size_t size : {0, 31, 33, 64}) {
    Ecdsa ec;
    ec.x.resize(size);
    CHECK_FALSE(ec.good());
    CHECK_FALSE(is_p256_key(as_bytes(ec.x), as_bytes(ec.y)));
    Eddsa ed;
    ed.key.resize(size);
    CHECK_FALSE(ed.good());
  }
}

TEST_CASE("signature: R and S outside 1 to n-1 are refused") {
  // With R = S = 0 a verifier without this check takes any message (CVE-2022-21449).
  const std::string order =
      from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  const std::string zero(32, '\0'), top(32, '\xff');
  const Ecdsa whole;
  for (const std::string& bad : {zero, order, top}) {
    for (const std::string& other : {zero, order, top, whole.signature.substr(0, 32)}) {
      Ecdsa ec;
      ec.signature = bad + other;
      CHECK_FALSE(ec.good());
      ec.signature = other + bad;
      CHECK_FALSE(ec.good());
    }
  }
}

TEST_CASE("signature: what is signed is verified, whatever R and S begin with") {
  std::array<uint8_t, kP256CoordinateBytes> secret{};
  secret.back() = 7;
  const auto signer = P256Signer::make(secret);
  REQUIRE(signer);
  const auto key = signer->public_key();
  const Bytes x = Bytes(key).first(kP256CoordinateBytes);
  const Bytes y = Bytes(key).subspan(kP256CoordinateBytes);
  // One of 256 begins with a zero.
  bool short_r = false, short_s = false;
  for (int i = 0; !short_r || !short_s; ++i) {
    const std::string message = "message " + std::to_string(i);
    std::array<uint8_t, kSignatureBytes> signature;
    REQUIRE(signer->sign(message, &signature));
    REQUIRE(p256_verify(x, y, message, signature));
    short_r = short_r || signature[0] == 0;
    short_s = short_s || signature[kSignatureBytes / 2] == 0;
  }
}

TEST_CASE("signature: what is no number of the curve signs nothing") {
  std::array<uint8_t, kP256CoordinateBytes> secret{};
  CHECK_FALSE(P256Signer::make(secret));
  secret.fill(0xff);
  CHECK_FALSE(P256Signer::make(secret));
  CHECK_FALSE(P256Signer::make(Bytes(secret).first(31)));
}

TEST_CASE("signature: what is not on the curve is no key") {
  const Ecdsa ec;
  CHECK(is_p256_key(as_bytes(ec.x), as_bytes(ec.y)));
  CHECK_FALSE(is_p256_key(as_bytes(ec.y), as_bytes(ec.x)));
  const std::string zero(32, '\0'), top(32, '\xff');
  CHECK_FALSE(is_p256_key(as_bytes(zero), as_bytes(zero)));
  CHECK_FALSE(is_p256_key(as_bytes(ec.x), as_bytes(zero)));
  CHECK_FALSE(is_p256_key(as_bytes(top), as_bytes(top)));
}

TEST_CASE("signature: Ed25519 takes the vectors of RFC 8032, also of an empty message") {
  const std::string key =
      from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  const std::string signature = from_hex(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
      "b46bd25bf5f0595bbe24655141438e7a100b");
  CHECK(ed25519_verify(as_bytes(key), {}, as_bytes(signature)));
  CHECK(ed25519_verify(as_bytes(key), "", as_bytes(signature)));
  CHECK_FALSE(ed25519_verify(as_bytes(key), "x", as_bytes(signature)));
}

}  // namespace fce
