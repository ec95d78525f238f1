// SPDX-License-Identifier: Apache-2.0
#include "auth/key_set.h"

#include <algorithm>
#include <array>
#include <utility>

#include "auth/identity.h"
#include "base/base64url.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/signature.h"
#include "http/name.h"

namespace fce {
namespace {

constexpr JsonLimits kJson = {.depth_max = 8, .values_max = 8192};

constexpr std::string_view kNames[] = {"HS256", "ES256", "EdDSA"};

// How one entry was taken. `why` is the end of a sentence that begins with the entry's name.
enum class Taken : uint8_t { yes, skipped, bad };

class EntryReader {
 public:
  EntryReader(const Json& json, TokenKey* key) : json_(json), key_(key) {}

  const std::string& why() const { return why_; }

  Taken read() {
    std::string_view type;
    if (!json_.is_object()) return bad("is not an object");
    if (!optional_text("kid", &key_->id)) return Taken::bad;
    if (!key_->id.empty() && !is_name(key_->id))
      return bad("has a kid that is longer than 255 bytes or has control characters");
    if (!json_.find("kty") || !json_.find("kty")->read(&type)) return bad("has no kty");
    const Taken usable = read_use();
    if (usable != Taken::yes) return usable;
    if (type == "oct") return read_secret();
    if (type == "EC") return read_point();
    if (type == "OKP") return read_okp();
    return skip("has a kty that no supported algorithm uses");
  }

 private:
  Taken bad(std::string why) {
    why_ = std::move(why);
    return Taken::bad;
  }
  Taken skip(std::string why) {
    why_ = std::move(why);
    return Taken::skipped;
  }

  bool optional_text(std::string_view name, std::string* out) {
    const Json* member = json_.find(name);
    std::string_view text;
    if (member && !member->read(&text)) {
      why_ = "has a member " + std::string(name) + " that is not a string";
      return false;
    }
    *out = text;
    return true;
  }

  // A key may say what it is for: to verify signatures, or it is none of ours.
  Taken read_use() {
    std::string use;
    if (!optional_text("use", &use)) return Taken::bad;
    if (!use.empty() && use != "sig") return skip("is not for signatures by its use");
    const Json* operations = json_.find("key_ops");
    if (!operations) return Taken::yes;
    if (!operations->is_array()) return bad("has key_ops that are not an array");
    for (const Json& item : operations->items()) {
      std::string_view operation;
      if (!item.read(&operation)) return bad("has key_ops that are not strings");
      if (operation == "verify") return Taken::yes;
    }
    return skip("is not for verifying by its key_ops");
  }

  // The key's own `alg` may only confirm what its type says.
  Taken set_algorithm(TokenAlgorithm algorithm) {
    key_->algorithm = algorithm;
    std::string name;
    if (!optional_text("alg", &name)) return Taken::bad;
    if (!name.empty() && name != kNames[static_cast<size_t>(algorithm)])
      return skip("is for an algorithm that is not supported for its kty");
    return Taken::yes;
  }

  bool bytes(std::string_view name, std::string* out) {
    const Json* member = json_.find(name);
    std::string_view text;
    return member && member->read(&text) && base64url_decode(text, out);
  }

  Taken read_secret() {
    const Taken taken = set_algorithm(TokenAlgorithm::hs256);
    if (taken != Taken::yes) return taken;
    if (!bytes("k", &key_->material)) return bad("has no k in base64url");
    if (key_->material.size() < KeySet::kSecretBytesMin)
      return bad("has a secret of less than 32 bytes");
    return Taken::yes;
  }

  Taken read_point() {
    std::string curve, x, y;
    if (!optional_text("crv", &curve)) return Taken::bad;
    if (curve != "P-256") return skip("is on a curve that is not supported");
    const Taken taken = set_algorithm(TokenAlgorithm::es256);
    if (taken != Taken::yes) return taken;
    if (!bytes("x", &x) || !bytes("y", &y)) return bad("has no x and y in base64url");
    if (!is_p256_key(as_bytes(x), as_bytes(y))) return bad("is not a point of P-256");
    key_->material = x + y;
    return Taken::yes;
  }

  Taken read_okp() {
    std::string curve;
    if (!optional_text("crv", &curve)) return Taken::bad;
    if (curve != "Ed25519") return skip("is on a curve that is not supported");
    const Taken taken = set_algorithm(TokenAlgorithm::eddsa);
    if (taken != Taken::yes) return taken;
    if (!bytes("x", &key_->material)) return bad("has no x in base64url");
    if (key_->material.size() != kEd25519KeyBytes) return bad("has an x that is not 32 bytes");
    return Taken::yes;
  }

  const Json& json_;
  TokenKey* key_;
  std::string why_;
};

}  // namespace

bool parse_token_algorithm(std::string_view name, TokenAlgorithm* out) {
  const auto* const found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return false;
  *out = static_cast<TokenAlgorithm>(found - std::begin(kNames));
  return true;
}

bool TokenKey::verify(std::string_view message, Bytes signature) const {
  const Bytes key = as_bytes(material);
  switch (algorithm) {
    case TokenAlgorithm::hs256: {
      const auto code = hmac_sha256(key, message);
      return equals_in_constant_time(as_text(signature), as_text(code));
    }
    case TokenAlgorithm::es256:
      return p256_verify(key.first(kP256CoordinateBytes), key.subspan(kP256CoordinateBytes),
                         message, signature);
    case TokenAlgorithm::eddsa: return ed25519_verify(key, message, signature);
  }
  return false;
}

Status KeySet::add(const Json& json, size_t index) {
  TokenKey key;
  EntryReader reader(json, &key);
  const Taken taken = reader.read();
  std::string name = "key " + std::to_string(index + 1);
  // A kid that is not a name is not repeated to the log.
  if (is_name(key.id)) name += " (kid \"" + key.id + "\")";
  if (taken == Taken::bad) return fail(Status::invalid, name + " " + reader.why());
  if (taken == Taken::skipped) {
    skipped_.push_back(name + " " + reader.why());
    return Status::ok;
  }
  const bool twice = std::any_of(keys_.begin(), keys_.end(), [&](const TokenKey& other) {
    return !key.id.empty() && other.id == key.id && other.algorithm == key.algorithm;
  });
  if (twice) return fail(Status::invalid, name + " has the kid of another one");
  keys_.push_back(std::move(key));
  return Status::ok;
}

Status KeySet::parse(std::string_view text, std::shared_ptr<const KeySet>* out) {
  if (text.size() > kTextBytesMax) return fail(Status::too_big, "a key set of more than 256 KiB");
  Json json;
  Status status = Json::parse(text, kJson, &json);
  if (status != Status::ok) return status;
  const Json* keys = json.find("keys");
  if (!keys || !keys->is_array())
    return fail(Status::invalid, "a key set is an object with an array \"keys\"");
  if (keys->items().size() > kKeysMax) return fail(Status::too_big, "more than 256 keys");
  auto set = std::make_shared<KeySet>();
  for (size_t i = 0; i < keys->items().size(); ++i) {
    status = set->add(keys->items()[i], i);
    if (status != Status::ok) return status;
  }
  if (set->keys_.empty()) {
    return fail(Status::invalid, set->skipped_.empty() ? "the set has no keys"
                                                       : "no key is usable: " + set->skipped_[0]);
  }
  *out = std::move(set);
  return Status::ok;
}

}  // namespace fce
