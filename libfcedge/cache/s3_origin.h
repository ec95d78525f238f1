// SPDX-License-Identifier: Apache-2.0
// S3Origin: the objects of a bucket, read with signed requests (GET and HEAD).
//
// What is asked: the path names the object (cache/s3_key.h); the query is dropped, since in S3 it
// would ask for something else than the object. Range and If-* fields are passed on, no others. A
// Range with If-Range asks for the whole object instead: S3 does not define If-Range.
//
// What is answered:
//   200, 206, 304, 412, 416  as they came, with the fields that an object can have. All of x-amz-*
//                            stays inside, but x-amz-meta-cache-tag and x-amz-meta-surrogate-key
//                            become Cache-Tag and Surrogate-Key.
//   404                      without its body
//   403                      without its body, when the object is what is denied. S3 says so, too,
//                            for an object that is not there when the credentials have no right to
//                            list the bucket: `forbidden_is_absent` makes that a 404.
//   403, 400, 401            for another reason (a bad key, an unknown region, an expired token):
//                            the fetch fails as `malformed`, so that no client's answer, and
//                            nothing in a cache, depends on our configuration. The log has S3's own
//                            code. To HEAD S3 gives no reason; then it is the object that is
//                            denied.
//   301, 302, 307, 308       the fetch fails as `malformed`, and the log says which region to set
//   5xx                      without its body, with Retry-After: what a cache makes of a failing
//                            origin (RFC 5861)
//   clock                    a 403 whose Date is far from ours is asked once more by that clock,
//   and
//                            so are later requests
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"
#include "cache/origin_url.h"
#include "cache/s3_credentials.h"
#include "cache/sigv4.h"
#include "http/fetch.h"

namespace fce {

struct S3OriginOptions {
  std::string bucket;
  std::string region;    // "": us-east-1
  std::string endpoint;  // "": https://s3.REGION.amazonaws.com
  // http://ENDPOINT/BUCKET/KEY in place of http://BUCKET.ENDPOINT/KEY.
  bool path_style = false;
  std::string prefix;  // of all keys, as "public/"
  std::string index;   // added to a key that is empty or ends in "/"; "": there is no such object
  bool forbidden_is_absent = false;
  bool clear_text = false;  // may use http: to somewhere else than this machine
  S3CredentialOptions credentials;
};

// What the options say, checked and put together.
struct S3Place {
  OriginUrl url;          // of the server to connect to: for virtual-host style BUCKET.ENDPOINT
  std::string authority;  // for Host, which is signed
  std::string path;       // before the key: "/" or "/BUCKET/"

  static Status from(const S3OriginOptions& options, S3Place* out);
};

class S3Origin final : public Fetcher, public std::enable_shared_from_this<S3Origin> {
 public:
  // `server` reaches the place of the options (make_origin_server). Reads the credentials.
  static Status make(const S3OriginOptions& options, std::shared_ptr<const Fetcher> server,
                     std::shared_ptr<const Fetcher>* out);

  std::unique_ptr<Fetch> start(HttpContext& http, FetchRequest&& request,
                               FetchSink& sink) const override;

 private:
  friend class S3Fetch;
  S3Origin(const S3OriginOptions& options, S3Place place, std::shared_ptr<const Fetcher> server,
           std::unique_ptr<S3Credentials> credentials);
  // Whether S3's clock was that far from the time that was signed that it may have refused by it.
  bool learn_clock(int64_t date_s, int64_t signed_at_s) const;
  // Logs what S3 has against us, now and then.
  void tell(uint16_t status, std::string_view code, std::string_view region) const;

  const S3OriginOptions options_;
  const S3Place place_;
  const std::shared_ptr<const Fetcher> server_;
  const std::unique_ptr<S3Credentials> credentials_;
  const SigV4Signer signer_;
  mutable std::atomic<int64_t> clock_offset_s_{0};  // of S3's clock to ours
  mutable std::atomic<uint64_t> tell_after_ms_{0};
};

}  // namespace fce
