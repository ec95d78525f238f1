// SPDX-License-Identifier: Apache-2.0
// What the cache knows of one path: what is there, and for a file everything that an answer needs,
// ready to be sent.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/chunk.h"
#include "base/list.h"
#include "http/accept_encoding.h"
#include "http/conditional.h"
#include "http/file_root.h"
#include "http/message.h"

namespace fce {

// Values of header fields that all files of a directory share.
struct FileFields {
  std::string cache_control;  // "": none is sent
  bool vary = false;          // there may be precompressed variants
};

// One representation of a file: itself, or what was compressed beforehand. It stands in its cache's
// list of those that are held open.
class FileVariant : public ListNode<FileVariant> {
 public:
  FileVariant(std::string path, const FileIdentity& identity);
  FileVariant(const FileVariant&) = delete;
  FileVariant& operator=(const FileVariant&) = delete;

  // Composes the header fields. `type` and `fields` outlive the variant.
  void compose(ContentCoding coding, std::string_view type, const FileFields& fields);

  const std::string& path() const { return path_; }
  const FileIdentity& identity() const { return identity_; }
  uint64_t size() const { return identity_.size; }
  Validators validators() const {
    return {{etag_, etag_bytes_}, modified_s_, {last_modified_, sizeof last_modified_}};
  }
  // Of a 200 or 206.
  std::span<const Header> headers() const { return {headers_.data(), header_count_}; }
  // The first of them: those that a 304 has, too.
  std::span<const Header> headers_not_modified() const { return headers().first(kept_count_); }

  ChunkRef content;                // null: it is too large to be kept in memory
  std::shared_ptr<const Fd> file;  // held open for those to come, or null

  static constexpr size_t kHeadersMax = 8;

 private:
  void add(std::string_view name, std::string_view value) {
    headers_[header_count_++] = {name, value};
  }

  const std::string path_;  // below the root
  const FileIdentity identity_;
  int64_t modified_s_;
  size_t etag_bytes_ = 0;
  size_t header_count_ = 0;
  size_t kept_count_ = 0;
  std::array<Header, kHeadersMax> headers_;
  char last_modified_[29];
  char etag_[48];
};

struct CachedFile : ListNode<CachedFile> {
  enum class Kind : uint8_t {
    file,
    directory,  // its path lacks the slash at the end
    absent,
    denied,
    busy,    // not known now: no file descriptors
    failed,  // not known now: the disk
  };

  Kind kind = Kind::absent;
  std::string path;  // as it was asked for
  uint64_t checked_ms = 0;
  size_t cost_bytes = 0;
  std::unique_ptr<FileVariant> plain, gzip, br;

  FileVariant& variant(ContentCoding coding) const {
    if (coding == ContentCoding::br) return *br;
    return coding == ContentCoding::gzip ? *gzip : *plain;
  }
};

}  // namespace fce
