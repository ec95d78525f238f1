// SPDX-License-Identifier: Apache-2.0
// Anonymous sessions: verifying is total and accepts only what was signed, cookies are taken apart
// within bounds, secrets keep to their limits. The first byte tells what the rest is: a token, a
// token without its code that is to be signed, a Cookie field, secrets, or base64url.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "auth/session.h"
#include "base/base64url.h"
#include "base/signature.h"

using namespace fce;

namespace {

constexpr int64_t kNow = 1'700'000'000;
constexpr std::string_view kSecret = "the secret of the fuzzer, 32 bytes";

void require(bool condition) {
  if (!condition) std::abort();
}

const SessionSecrets& secrets() {
  static const std::shared_ptr<const SessionSecrets> made = [] {
    std::shared_ptr<const SessionSecrets> parsed;
    require(SessionSecrets::parse(kSecret, &parsed) == Status::ok);
    return parsed;
  }();
  return *made;
}

void verify(std::string_view token, bool is_ours) {
  Session session;
  if (verify_session(token, secrets(), "acme", kNow, &session) != Refusal::none) return;
  require(is_ours && session.expires > kNow && session.id.size() == 22);
}

void check_cookies(std::string_view field) {
  const Header headers[] = {{"cookie", field}, {kSessionField, "other"}};
  Request request;
  request.headers = headers;
  request.query = "session=last";
  const SessionCandidates candidates = session_candidates(request, "acme");
  require(candidates.count >= 2 && candidates.count <= kSessionCandidatesMax);
  require(candidates.tokens[candidates.count - 1] == "last");
  require(candidates.tokens[candidates.count - 2] == "other");
  for (size_t i = 0; i + 2 < candidates.count; ++i) {
    const std::string_view token = candidates.tokens[i];
    require(!token.empty() && token.find(';') == token.npos);
    require(token.data() >= field.data() &&
            token.data() + token.size() <= field.data() + field.size());
  }
}

void check_secrets(std::string_view text) {
  std::shared_ptr<const SessionSecrets> parsed;
  if (SessionSecrets::parse(text, &parsed) != Status::ok) return;
  require(!parsed->all().empty() && parsed->all().size() <= SessionSecrets::kSecretsMax);
  for (const std::string& secret : parsed->all())
    require(secret.size() >= SessionSecrets::kSecretBytesMin &&
            secret.size() <= SessionSecrets::kSecretBytesMax);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text = as_text({data + 1, size - 1});
  switch (data[0]) {
    case 't': verify(text, false); break;
    case 'm': {
      const std::string code = base64url(hmac_sha256(as_bytes(kSecret), text));
      verify(std::string(text) + "." + code, true);
      break;
    }
    case 'c': check_cookies(text); break;
    case 's': check_secrets(text); break;
    case 'b': {
      std::string bytes;
      // What can be decoded has one text only.
      if (base64url_decode(text, &bytes)) require(base64url(as_bytes(bytes)) == text);
      break;
    }
    default: break;
  }
  return 0;
}
