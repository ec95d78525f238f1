// SPDX-License-Identifier: Apache-2.0
// AWS Signature Version 4, with the rules of S3: the path is signed as it is sent, neither encoded
// again nor normalised. Code without I/O; the time comes from the caller.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "http/message.h"

namespace fce {

// Who signs. `session_token` is "" for credentials that do not expire.
struct AwsCredentials {
  std::string key_id;
  std::string secret;
  std::string session_token;

  bool operator==(const AwsCredentials&) const = default;
};

// Values for x-amz-content-sha256: of a request without a body, and of one whose body is not
// signed.
constexpr std::string_view kEmptyPayloadHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

// "20130524T000000Z": a time as x-amz-date has it. Its first 8 characters are the day.
constexpr size_t kSigV4TimeBytes = 16;
constexpr size_t kSigV4DayBytes = 8;
std::array<char, kSigV4TimeBytes> sigv4_time(int64_t seconds);

// Appends `text`, of which all bytes but the unreserved ones of RFC 3986 are written as %XX; a
// slash stays one with `keep_slash`.
void sigv4_encode(std::string_view text, bool keep_slash, std::string* out);

struct SigV4Request {
  std::string_view method;
  std::string_view path;   // as it is sent, encoded by sigv4_encode
  std::string_view query;  // as it is sent, without "?"
  // What is signed, x-amz-date among it: names in lower case, in any order.
  std::span<const Header> headers;
  std::string_view payload_hash;
};

// Where and when a signature holds.
struct SigV4Scope {
  std::string_view time;  // as sigv4_time writes it
  std::string_view region;
  std::string_view service;
};

// The steps, one by one. `signed_headers` is set to "host;x-amz-date".
std::string sigv4_canonical_request(const SigV4Request& request, std::string* signed_headers);
std::string sigv4_string_to_sign(const SigV4Scope& scope, std::string_view canonical_request);

using SigV4Key = std::array<uint8_t, 32>;
SigV4Key sigv4_signing_key(std::string_view secret, const SigV4Scope& scope);

// The value of Authorization.
std::string sigv4_authorization(const SigV4Request& request, const SigV4Scope& scope,
                                std::string_view key_id, const SigV4Key& key);

// Signs for one region and service, and keeps the key of the day. Any thread.
class SigV4Signer {
 public:
  SigV4Signer(std::string region, std::string service);

  // The value of Authorization for a request at `time`.
  std::string sign(const SigV4Request& request, std::string_view time,
                   const AwsCredentials& credentials) const;

 private:
  SigV4Key key_for(const SigV4Scope& scope, const AwsCredentials& credentials) const;

  const std::string region_;
  const std::string service_;
  mutable std::mutex mutex_;  // guards what follows
  mutable std::string day_;
  mutable std::string secret_;
  mutable SigV4Key key_{};
};

}  // namespace fce
