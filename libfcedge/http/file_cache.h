// SPDX-License-Identifier: Apache-2.0
// FileCache: the files of a directory as one shard knows them. Small ones are kept in memory, and
// believed for a short time without asking the file system; so a hot file costs one hash lookup.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/list.h"
#include "base/status.h"
#include "http/cached_file.h"
#include "http/file_root.h"
#include "metrics/counters.h"

namespace fce {

struct FileCacheOptions {
  std::string root;
  std::string index = "index.html";
  FileFields fields;  // `vary` also has FILE.br and FILE.gz looked for
  uint64_t memory_bytes_max = 32 << 20;
  uint64_t revalidate_ms = 1000;
};

class FileCache {
 public:
  // Files above this are read from the disk (which is: from the page cache) for each answer.
  static constexpr uint64_t kContentBytesMax = 256 * 1024;
  // Of those that were sent from the disk lately so many are held open.
  static constexpr size_t kOpenFilesMax = 64;
  // Paths that lead to no file are remembered, so that a herd after one is cheap; but so few, and
  // so short, that a client who makes paths up costs no memory.
  static constexpr size_t kNegativesMax = 1024;
  static constexpr size_t kNegativePathBytesMax = 255;

  // `options` outlives the cache.
  explicit FileCache(const FileCacheOptions& options);

  // FCE_ENOENT or FCE_EACCES when the root is not a readable directory.
  Status open();

  // What is at `path`, which is relative to the root; one that is empty or ends in "/" is that
  // directory's index. Valid until the next call.
  const CachedFile& find(std::string_view path, uint64_t now_ms, Counters& counters);
  // The open file behind a variant, which is held open for a while. Null when it is not the same
  // any more; `forget` the file then and ask again.
  std::shared_ptr<const Fd> open_variant(const CachedFile& file, ContentCoding coding,
                                         Counters& counters);
  void forget(const CachedFile& file);

  uint64_t memory_bytes() const { return memory_bytes_; }
  size_t size() const { return files_.size(); }
  FileRoot& root() { return root_; }

 private:
  struct PathHash {
    std::array<uint8_t, 16> key;
    size_t operator()(std::string_view path) const;
  };

  const CachedFile& load(std::string_view path, uint64_t now_ms, Counters& counters);
  FileRoot::Found load_file(const std::string& path, CachedFile* file);
  std::unique_ptr<FileVariant> load_variant(const std::string& path, ContentCoding coding,
                                            std::string_view type, FileRoot::Found* found);
  bool unchanged(const CachedFile& file) const;
  bool unchanged(const std::string& path, const FileVariant* variant) const;
  const CachedFile& keep(std::unique_ptr<CachedFile> file, Counters& counters);
  const CachedFile& keep_negative(std::unique_ptr<CachedFile> file);
  const CachedFile& keep_outside(std::unique_ptr<CachedFile> file);
  void erase(CachedFile* file);
  void close_file(FileVariant* variant);
  // Drops everything and returns true when the root is another directory by now.
  bool follow_root(uint64_t now_ms);

  const FileCacheOptions& options_;
  FileRoot root_;
  uint64_t root_checked_ms_ = 0;
  uint64_t memory_bytes_ = 0;
  size_t negatives_count_ = 0;
  std::unordered_map<std::string_view, std::unique_ptr<CachedFile>, PathHash> files_;
  // The least recently used first.
  List<CachedFile> used_;
  List<CachedFile> negatives_;
  List<FileVariant> open_;
  size_t open_count_ = 0;
  std::unique_ptr<CachedFile> outside_;  // the last answer that is not in the cache
};

// Whether a path may name a file at all: no NUL or other control characters, no backslash, no empty
// segment but the last, and none that begins with a dot.
bool is_servable_path(std::string_view path);

}  // namespace fce
