// SPDX-License-Identifier: Apache-2.0
#include "http/cached_file.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/time.h"

namespace fce {

FileVariant::FileVariant(std::string path, const FileIdentity& identity)
    : path_(std::move(path)), identity_(identity) {
  // A date in the future would make every answer look older than itself (RFC 9110 section 8.8.2.1).
  modified_s_ = std::min(identity.modified_ns / 1'000'000'000, wall_seconds());
  static_assert(sizeof last_modified_ == kHttpDateBytes);
  format_http_date(modified_s_, last_modified_);
}

void FileVariant::compose(ContentCoding coding, std::string_view type, const FileFields& fields) {
  const bool br = coding == ContentCoding::br;
  const bool gzip = coding == ContentCoding::gzip;
  // Without the inode: nodes that hold the same files should agree.
  const int written = std::snprintf(etag_, sizeof etag_, "\"%llx-%llx%s\"",
                                    static_cast<unsigned long long>(identity_.modified_ns),
                                    static_cast<unsigned long long>(identity_.size),
                                    br     ? "-br"
                                    : gzip ? "-gz"
                                           : "");
  etag_bytes_ = static_cast<size_t>(written);

  header_count_ = 0;
  const Validators own = validators();
  add("etag", own.etag);
  if (!fields.cache_control.empty()) add("cache-control", fields.cache_control);
  if (fields.vary) add("vary", "Accept-Encoding");
  kept_count_ = header_count_;
  add("last-modified", own.last_modified);
  add("accept-ranges", "bytes");
  add("x-content-type-options", "nosniff");
  add("content-type", type);
  if (br || gzip) add("content-encoding", br ? "br" : "gzip");
}

}  // namespace fce
