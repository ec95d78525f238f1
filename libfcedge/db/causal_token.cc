// SPDX-License-Identifier: Apache-2.0
#include "db/causal_token.h"

#include <algorithm>
#include <iterator>

#include "base/base64url.h"
#include "base/crypto.h"
#include "base/signature.h"

namespace fce {
namespace {

constexpr char kVersion = 1;
constexpr size_t kMarkBytes = 16;
constexpr size_t kCodeBytes = 32;
// Version, mark, two times, and whether there is a signature.
constexpr size_t kPlainBytes = 1 + kMarkBytes + 8 + 8 + 1;
constexpr size_t kTimeSignatureBytes = 20 + 8;
// Base64url needs four characters for three bytes.
static_assert((kPlainBytes + kTimeSignatureBytes + kCodeBytes) * 4 <= kCausalTokenBytesMax * 3);

// Secrets may also sign other things, such as sessions: no text of theirs begins like this.
constexpr std::string_view kPurpose = "fcedge causal token\n";

void append_number(uint64_t value, int bytes, std::string* out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out->push_back(static_cast<char>(value >> shift));
}

uint64_t take_number(std::string_view* text, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | static_cast<uint8_t>((*text)[i]);
  text->remove_prefix(bytes);
  return value;
}

void append_time(const OperationTime& time, std::string* out) {
  append_number(time.seconds, 4, out);
  append_number(time.increment, 4, out);
}

OperationTime take_time(std::string_view* text) {
  OperationTime time;
  time.seconds = static_cast<uint32_t>(take_number(text, 4));
  time.increment = static_cast<uint32_t>(take_number(text, 4));
  return time;
}

std::string mark_of(std::string_view replica_set) {
  const auto digest = sha256(replica_set);
  return std::string(as_text(digest).substr(0, kMarkBytes));
}

std::string code_of(std::string_view payload, std::string_view secret) {
  const auto code = hmac_sha256(as_bytes(secret), std::string(kPurpose).append(payload));
  return std::string(as_text(code));
}

// All secrets are tried, also after one that fits: how long it takes tells nothing.
bool is_signed(std::string_view payload, std::string_view code,
               std::span<const std::string> secrets) {
  bool good = false;
  for (const std::string& secret : secrets)
    good |= equals_in_constant_time(code, code_of(payload, secret));
  return good;
}

bool is_possible(const CausalToken& token) {
  return token.operation != OperationTime() && token.operation <= token.cluster;
}

// What is behind the mark of a payload that we have signed.
bool read_payload(std::string_view text, CausalToken* out) {
  out->operation = take_time(&text);
  out->cluster = take_time(&text);
  const uint64_t has_signature = take_number(&text, 1);
  if (has_signature > 1 || text.size() != has_signature * kTimeSignatureBytes) return false;
  out->signature.reset();
  if (has_signature == 1) {
    ClusterTimeSignature& signature = out->signature.emplace();
    std::copy_n(as_bytes(text).begin(), signature.hash.size(), signature.hash.begin());
    text.remove_prefix(signature.hash.size());
    signature.key_id = static_cast<int64_t>(take_number(&text, 8));
  }
  return is_possible(*out);
}

}  // namespace

Status sign_causal_token(const CausalToken& token, std::string_view replica_set,
                         std::span<const std::string> secrets, std::string* out) {
  if (secrets.empty())
    return fail(Status::invalid, "there is no secret to sign causal tokens with");
  if (replica_set.empty()) return fail(Status::invalid, "a causal token is of a replica set");
  if (!is_possible(token))
    return fail(Status::invalid,
                "the operation time of a causal token is not zero and not after its cluster time");
  std::string payload(1, kVersion);
  payload.append(mark_of(replica_set));
  append_time(token.operation, &payload);
  append_time(token.cluster, &payload);
  payload.push_back(token.signature ? 1 : 0);
  if (token.signature) {
    payload.append(as_text(token.signature->hash));
    append_number(static_cast<uint64_t>(token.signature->key_id), 8, &payload);
  }
  payload.append(code_of(payload, secrets.front()));
  *out = base64url(as_bytes(payload));
  return Status::ok;
}

const char* token_check_name(TokenCheck check) {
  constexpr const char* kNames[] = {"good",    "too_big",   "malformed",
                                    "version", "signature", "foreign"};
  static_assert(std::size(kNames) == static_cast<size_t>(TokenCheck::foreign) + 1);
  return kNames[static_cast<size_t>(check)];
}

TokenCheck verify_causal_token(std::string_view text, std::string_view replica_set,
                               std::span<const std::string> secrets, CausalToken* out) {
  if (text.size() > kCausalTokenBytesMax) return TokenCheck::too_big;
  std::string bytes;
  if (!base64url_decode(text, &bytes) || bytes.empty()) return TokenCheck::malformed;
  if (bytes.front() != kVersion) return TokenCheck::version;
  if (bytes.size() < kPlainBytes + kCodeBytes) return TokenCheck::malformed;
  const std::string_view payload = std::string_view(bytes).substr(0, bytes.size() - kCodeBytes);
  const std::string_view code = std::string_view(bytes).substr(payload.size());
  if (!is_signed(payload, code, secrets)) return TokenCheck::signature;
  if (payload.substr(1, kMarkBytes) != mark_of(replica_set)) return TokenCheck::foreign;
  CausalToken token;
  if (!read_payload(payload.substr(1 + kMarkBytes), &token)) return TokenCheck::malformed;
  *out = token;
  return TokenCheck::good;
}

CausalToken later(const CausalToken& a, const CausalToken& b) {
  // The signature belongs to the cluster time and goes with it.
  CausalToken both = a.cluster < b.cluster ? b : a;
  if (a.cluster == b.cluster && !both.signature) both.signature = b.signature;
  both.operation = std::max(a.operation, b.operation);
  return both;
}

}  // namespace fce
