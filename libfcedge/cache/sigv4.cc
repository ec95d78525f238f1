// SPDX-License-Identifier: Apache-2.0
#include "cache/sigv4.h"

#include <algorithm>
#include <ctime>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/signature.h"
#include "http/field_list.h"
#include "http/percent.h"

namespace fce {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kTermination = "aws4_request";

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string day_of(const SigV4Scope& scope) {
  return std::string(scope.time.substr(0, kSigV4DayBytes));
}

// "20130524/us-east-1/s3/aws4_request"
std::string credential_scope(const SigV4Scope& scope) {
  std::string text = day_of(scope);
  for (const std::string_view part : {scope.region, scope.service, kTermination})
    text.append("/").append(part);
  return text;
}

// One name or value of a query: as the server reads it, and then as it has to be written.
std::string canonical_part(std::string_view part) {
  std::string decoded, out;
  sigv4_encode(percent_decode_field(part, &decoded) ? std::string_view(decoded) : part, false,
               &out);
  return out;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> fields;
  while (!query.empty()) {
    const std::string_view field = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(field.size() + 1, query.size()));
    if (field.empty()) continue;
    const std::string_view name = field.substr(0, field.find('='));
    const std::string_view value = field.substr(std::min(name.size() + 1, field.size()));
    fields.emplace_back(canonical_part(name), canonical_part(value));
  }
  std::sort(fields.begin(), fields.end());
  std::string out;
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out += '&';
    out.append(name).append("=").append(value);
  }
  return out;
}

// Blanks around a value do not count, and those within count as one.
void append_value(std::string_view value, std::string* out) {
  bool blank = false;
  for (const char c : trim_blanks(value)) {
    if (c != ' ' || !blank) out->push_back(c);
    blank = c == ' ';
  }
}

Bytes bytes_of(const SigV4Key& key) { return {key.data(), key.size()}; }

std::string hash_of(std::string_view text) { return hex(sha256(text)); }

}  // namespace

std::array<char, kSigV4TimeBytes> sigv4_time(int64_t seconds) {
  const auto time = static_cast<time_t>(seconds);
  tm parts{};
  gmtime_r(&time, &parts);
  char text[kSigV4TimeBytes + 1] = {};
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  std::array<char, kSigV4TimeBytes> out;
  std::copy_n(text, out.size(), out.begin());
  return out;
}

void sigv4_encode(std::string_view text, bool keep_slash, std::string* out) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_unreserved(c) || (c == '/' && keep_slash)) {
      out->push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out->push_back('%');
    out->push_back(kDigits[byte >> 4]);
    out->push_back(kDigits[byte & 15]);
  }
}

std::string sigv4_canonical_request(const SigV4Request& request, std::string* signed_headers) {
  std::vector<Header> headers(request.headers.begin(), request.headers.end());
  std::stable_sort(headers.begin(), headers.end(),
                   [](const Header& a, const Header& b) { return a.name < b.name; });
  signed_headers->clear();
  std::string out(request.method);
  out.append("\n").append(request.path).append("\n");
  out.append(canonical_query(request.query)).append("\n");
  for (size_t i = 0; i < headers.size(); ++i) {
    // Fields of one name are one, in the order in which they came.
    if (i > 0 && headers[i].name == headers[i - 1].name) {
      out.back() = ',';
    } else {
      out.append(headers[i].name).append(":");
      if (i > 0) signed_headers->append(";");
      signed_headers->append(headers[i].name);
    }
    append_value(headers[i].value, &out);
    out += '\n';
  }
  out.append("\n").append(*signed_headers).append("\n").append(request.payload_hash);
  return out;
}

std::string sigv4_string_to_sign(const SigV4Scope& scope, std::string_view canonical_request) {
  std::string out(kAlgorithm);
  out.append("\n").append(scope.time).append("\n").append(credential_scope(scope));
  return out.append("\n").append(hash_of(canonical_request));
}

SigV4Key sigv4_signing_key(std::string_view secret, const SigV4Scope& scope) {
  const std::string first = "AWS4" + std::string(secret);
  SigV4Key key = hmac_sha256(as_bytes(first), day_of(scope));
  for (const std::string_view part : {scope.region, scope.service, kTermination})
    key = hmac_sha256(bytes_of(key), part);
  return key;
}

std::string sigv4_authorization(const SigV4Request& request, const SigV4Scope& scope,
                                std::string_view key_id, const SigV4Key& key) {
  std::string signed_headers;
  const std::string canonical = sigv4_canonical_request(request, &signed_headers);
  const auto code = hmac_sha256(bytes_of(key), sigv4_string_to_sign(scope, canonical));
  std::string out(kAlgorithm);
  out.append(" Credential=").append(key_id).append("/").append(credential_scope(scope));
  out.append(", SignedHeaders=").append(signed_headers);
  return out.append(", Signature=").append(hex(code));
}

SigV4Signer::SigV4Signer(std::string region, std::string service)
    : region_(std::move(region)), service_(std::move(service)) {}

std::string SigV4Signer::sign(const SigV4Request& request, std::string_view time,
                              const AwsCredentials& credentials) const {
  const SigV4Scope scope{time, region_, service_};
  return sigv4_authorization(request, scope, credentials.key_id, key_for(scope, credentials));
}

SigV4Key SigV4Signer::key_for(const SigV4Scope& scope, const AwsCredentials& credentials) const {
  const std::lock_guard lock(mutex_);
  const std::string day = day_of(scope);
  if (day != day_ || credentials.secret != secret_) {
    key_ = sigv4_signing_key(credentials.secret, scope);
    day_ = day;
    secret_ = credentials.secret;
  }
  return key_;
}

}  // namespace fce
