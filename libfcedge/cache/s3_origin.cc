// SPDX-License-Identifier: Apache-2.0
#include "cache/s3_origin.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/log.h"
#include "base/time.h"
#include "cache/known_fetch.h"
#include "cache/s3_fetch.h"
#include "cache/s3_key.h"

namespace fce {
namespace {

constexpr const char* kDefaultRegion = "us-east-1";
constexpr size_t kRegionBytesMax = 64;
// S3 takes what was signed within a quarter of an hour, others within less.
constexpr int64_t kClockToleranceS = 240;
constexpr uint64_t kTellEveryMs = 10'000;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_region(std::string_view text) {
  return !text.empty() && text.size() <= kRegionBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
         });
}

// A label of a host name; the dots of a bucket's name would need a certificate that nobody has.
bool is_host_bucket(std::string_view text, bool dots) {
  return text.size() >= 3 && text.size() <= 63 && is_lower_or_digit(text.front()) &&
         is_lower_or_digit(text.back()) && std::all_of(text.begin(), text.end(), [&](char c) {
           return is_lower_or_digit(c) || c == '-' || (dots && c == '.');
         });
}

// Older buckets, and those of other servers, have names that no host has.
bool is_path_bucket(std::string_view text) {
  return text.size() >= 3 && text.size() <= 255 && text != "..." &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
                  c == '_';
         });
}

// Whether keys can begin with it: as a path it would lead to itself.
bool is_key_prefix(const std::string& prefix) {
  std::string path = "/", key;
  sigv4_encode(prefix, true, &path);
  return prefix.empty() || (s3_key_of(path, "", "", &key) && key == prefix);
}

Status check_bucket(const S3OriginOptions& options, const OriginUrl& url) {
  if (options.path_style) {
    if (is_path_bucket(options.bucket)) return Status::ok;
    return fail(Status::invalid, "\"" + options.bucket + "\" is not the name of a bucket");
  }
  if (!is_host_bucket(options.bucket, !url.tls()))
    return fail(Status::invalid, "the bucket \"" + options.bucket +
                                     "\" cannot be part of a host's name: use the path style");
  if (url.locality() != Locality::unknown)
    return fail(Status::invalid,
                "the endpoint has no name that a bucket could be put before: use "
                "the path style");
  return Status::ok;
}

}  // namespace

Status S3Place::from(const S3OriginOptions& options, S3Place* out) {
  const std::string region = options.region.empty() ? kDefaultRegion : options.region;
  if (!is_region(region)) return fail(Status::invalid, "\"" + region + "\" is not a region");
  const std::string endpoint =
      options.endpoint.empty() ? "https://s3." + region + ".amazonaws.com" : options.endpoint;
  OriginUrl url;
  Status status = OriginUrl::parse(endpoint, &url);
  if (status != Status::ok) return status;
  if (!url.prefix.empty())
    return fail(Status::invalid,
                "the endpoint of an S3 origin has no path; a prefix of keys is "
                "given by itself");
  status = check_bucket(options, url);
  if (status == Status::ok) status = check_clear_text(url, options.clear_text);
  if (status != Status::ok) return status;
  if (!is_key_prefix(options.prefix) || !is_key_prefix(options.index))
    return fail(Status::invalid, "the prefix or the index could not be part of an object's key");
  if (!options.path_style) url.server.host = options.bucket + "." + url.server.host;
  out->authority = url.authority();
  out->path = options.path_style ? "/" + options.bucket + "/" : "/";
  out->url = std::move(url);
  return Status::ok;
}

Status S3Origin::make(const S3OriginOptions& options, std::shared_ptr<const Fetcher> server,
                      std::shared_ptr<const Fetcher>* out) {
  S3Place place;
  Status status = S3Place::from(options, &place);
  if (status != Status::ok) return status;
  std::unique_ptr<S3Credentials> credentials;
  status = S3Credentials::make(options.credentials, &credentials);
  if (status != Status::ok) return status;
  out->reset(new S3Origin(options, std::move(place), std::move(server), std::move(credentials)));
  return Status::ok;
}

S3Origin::S3Origin(const S3OriginOptions& options, S3Place place,
                   std::shared_ptr<const Fetcher> server,
                   std::unique_ptr<S3Credentials> credentials)
    : options_(options),
      place_(std::move(place)),
      server_(std::move(server)),
      credentials_(std::move(credentials)),
      signer_(options.region.empty() ? kDefaultRegion : options.region, "s3") {}

std::unique_ptr<Fetch> S3Origin::start(HttpContext& http, FetchRequest&& request,
                                       FetchSink& sink) const {
  if (request.method != "GET" && request.method != "HEAD")
    return std::make_unique<KnownFetch>(http, sink, FetchError::refused);
  std::string key;
  if (!s3_key_of(request.target, options_.prefix, options_.index, &key))
    return std::make_unique<KnownFetch>(http, sink, 404);
  std::string path = place_.path;
  sigv4_encode(key, true, &path);
  return std::make_unique<S3Fetch>(shared_from_this(), http, request, std::move(path), sink);
}

bool S3Origin::learn_clock(int64_t date_s, int64_t signed_at_s) const {
  if (std::abs(date_s - signed_at_s) < kClockToleranceS) return false;
  const int64_t offset_s = date_s - wall_seconds();
  clock_offset_s_.store(offset_s, std::memory_order_relaxed);
  log(LogLevel::warn, "the clock of an S3 origin differs bucket=%s offset_s=%lld",
      log_safe(options_.bucket).c_str(), static_cast<long long>(offset_s));
  return true;
}

void S3Origin::tell(uint16_t status, std::string_view code, std::string_view region) const {
  const uint64_t now_ms = monotonic_us() / 1000;
  uint64_t after_ms = tell_after_ms_.load(std::memory_order_relaxed);
  if (now_ms < after_ms || !tell_after_ms_.compare_exchange_strong(after_ms, now_ms + kTellEveryMs))
    return;
  log(LogLevel::error, "an S3 origin gives no answer bucket=%s status=%u code=%s%s%s",
      log_safe(options_.bucket).c_str(), status, log_safe(code).c_str(),
      region.empty() ? "" : " region=", log_safe(region).c_str());
}

}  // namespace fce
