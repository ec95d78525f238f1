// SPDX-License-Identifier: Apache-2.0
// Tokens: verifying is total; without our signature nothing is accepted; with it, whatever the
// claims, the identity keeps to its limits. The first byte tells what the rest is: a whole token,
// claims to be signed, a header to be signed, a key set, or a pattern with a channel.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "auth/jwt.h"
#include "base/base64url.h"
#include "base/signature.h"
#include "http/name.h"

using namespace fce;

namespace {

constexpr int64_t kNow = 1'700'000'000;
constexpr std::string_view kKeys =
    R"({"keys":[{"kty":"oct","kid":"hs","k":"c2VjcmV0IG9mIHRoZSBmdXp6ZXIgLSAzMiBieXRlcyBsb25n"},)"
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","kid":"ec"},)"
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";
constexpr std::string_view kSecret = "secret of the fuzzer - 32 bytes long";

void require(bool condition) {
  if (!condition) std::abort();
}

const KeySet& keys() {
  static const std::shared_ptr<const KeySet> set = [] {
    std::shared_ptr<const KeySet> made;
    require(KeySet::parse(kKeys, &made) == Status::ok);
    return made;
  }();
  return *set;
}

std::string sign(std::string_view header, std::string_view claims) {
  const std::string text = base64url(as_bytes(header)) + "." + base64url(as_bytes(claims));
  return text + "." + base64url(hmac_sha256(as_bytes(kSecret), text));
}

void check(const Identity& identity) {
  require(identity.kind == Identity::Kind::token);
  require(is_name(identity.tenant));
  require(identity.user.empty() || is_name(identity.user));
  require(identity.groups.size() <= kIdentityGroupsMax);
  require(identity.rules.size() <= kIdentityRulesMax);
  require(identity.lists_channels || identity.rules.empty());
  require(identity.expires > kNow);
  for (const std::string& group : identity.groups) require(is_name(group));
  for (const ChannelRule& rule : identity.rules) {
    require(is_channel_pattern(rule.pattern));
    // A pattern is also the name of a channel that it matches.
    require(channel_matches(rule.pattern, rule.pattern));
    if (rule.rights & static_cast<uint8_t>(Right::publish))
      require(identity.allows(Right::publish, rule.pattern));
  }
}

void verify(std::string_view token, bool is_ours) {
  Identity identity;
  if (verify_jwt(token, keys(), {}, kNow, &identity) != Refusal::none) {
    require(identity.tenant.empty());
    return;
  }
  require(is_ours);
  check(identity);
}

// The same as channel_matches, by trying everything.
bool slow_matches(std::string_view pattern, std::string_view channel) {
  if (pattern == "*") return true;
  if (pattern.empty()) return channel.empty();
  if (pattern[0] != '*')
    return !channel.empty() && channel[0] == pattern[0] &&
           slow_matches(pattern.substr(1), channel.substr(1));
  if (slow_matches(pattern.substr(1), channel)) return true;
  return !channel.empty() && channel[0] != ':' && channel[0] != '/' &&
         slow_matches(pattern, channel.substr(1));
}

void check_pattern(std::string_view text) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos || text.size() > 64) return;
  const std::string_view pattern = text.substr(0, end);
  const std::string_view channel = text.substr(end + 1);
  if (is_channel_pattern(pattern))
    require(channel_matches(pattern, channel) == slow_matches(pattern, channel));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text = as_text({data + 1, size - 1});
  switch (data[0]) {
    case 't': verify(text, false); break;
    case 'c': verify(sign(R"({"alg":"HS256","kid":"hs"})", text), true); break;
    case 'h': verify(sign(text, R"({"tenant":"a","exp":1700000600})"), true); break;
    case 'p': check_pattern(text); break;
    case 'k': {
      std::shared_ptr<const KeySet> set;
      if (KeySet::parse(text, &set) == Status::ok) require(!set->keys().empty());
      break;
    }
    default: break;
  }
  return 0;
}
