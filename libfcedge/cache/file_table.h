// SPDX-License-Identifier: Apache-2.0
// FileTable: the store's files by number, for readers. Striped, like the index. A segment is in it
// from its beginning to its deletion; of a large file only a description is, and the file itself
// as long as somebody reads it or it was among the last that were opened.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "cache/large_file.h"
#include "cache/store_file.h"

namespace fce {

struct LargeInfo {
  FileName name;
  ObjectKey key;
  uint64_t sequence = 0;
  uint64_t bytes = 0;  // accounted for
  bool replaces = false;
};

class FileTable {
 public:
  // Large files that stay open though nobody reads them.
  static constexpr size_t kOpenMax = 256;

  FileTable(std::shared_ptr<StoreDirectory> directory, std::shared_ptr<const LargeFile::Keys> keys)
      : directory_(std::move(directory)), keys_(std::move(keys)), last_opened_(kOpenMax) {}

  // ---- any thread ----

  // Null when it is not there (any more).
  std::shared_ptr<StoreFile> segment(uint32_t number) const;
  // Null when it is not open or not there.
  std::shared_ptr<LargeFile> open_large(uint32_t number) const;
  // Opens it if need be: blocking. 0; -ENOENT when it is not there (any more), -EBADMSG when it is
  // damaged, -errno.
  int load_large(uint32_t number, bool verified, std::shared_ptr<LargeFile>* file);
  std::optional<LargeInfo> large(uint32_t number) const;

  // ---- the store's thread ----

  void add(std::shared_ptr<StoreFile> file);
  void add_large(const LargeInfo& info, std::shared_ptr<LargeFile> file);
  void rename_large(uint32_t number, const FileName& name);
  // What was described anew.
  void note_large(uint32_t number, uint64_t sequence);
  // Takes it out and deletes it: 0 or -errno, and then it is still there.
  int remove(uint32_t number, uint64_t bytes);
  int remove_large(uint32_t number);
  // The smallest sequence number in any file but one.
  uint64_t min_sequence_beside(uint32_t number) const;
  uint32_t segments() const;
  uint32_t large_files() const;

 private:
  static constexpr size_t kStripes = 64;
  struct Large {
    LargeInfo info;
    std::weak_ptr<LargeFile> file;
  };
  struct Stripe {
    mutable std::mutex mutex;
    std::unordered_map<uint32_t, std::shared_ptr<StoreFile>> segments;
    std::unordered_map<uint32_t, Large> large;
  };
  Stripe& stripe(uint32_t number) { return stripes_[number % kStripes]; }
  const Stripe& stripe(uint32_t number) const { return stripes_[number % kStripes]; }
  void keep_open(std::shared_ptr<LargeFile> file);

  const std::shared_ptr<StoreDirectory> directory_;
  const std::shared_ptr<const LargeFile::Keys> keys_;
  std::array<Stripe, kStripes> stripes_;
  std::mutex open_mutex_;
  std::vector<std::shared_ptr<LargeFile>> last_opened_;  // a ring
  size_t next_opened_ = 0;
};

}  // namespace fce
