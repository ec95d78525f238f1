// SPDX-License-Identifier: Apache-2.0
// Appender: the two segments that are written to, one for each queue. On the store's thread.
#pragma once

#include <array>
#include <memory>
#include <span>

#include "cache/catalogue.h"
#include "cache/file_table.h"
#include "cache/open_segment.h"

namespace fce {

// Numbers of files, which are their order as well.
class FileNumbers {
 public:
  uint32_t next() { return ++last_; }
  void at_least(uint32_t number) { last_ = std::max(last_, number); }

 private:
  uint32_t last_ = 0;
};

class Appender {
 public:
  struct Parts {
    std::shared_ptr<StoreDirectory> directory;
    std::shared_ptr<const LargeFile::Keys> keys;
    FileNumbers& numbers;
    FileTable& files;
    Eviction& eviction;
    Catalogue& catalogue;
  };
  Appender(Parts parts, uint64_t segment_bytes)
      : parts_(std::move(parts)), segment_bytes_(segment_bytes) {}

  // How much more the files take after a record of that size was appended.
  uint64_t bytes_for(SegmentQueue queue, uint64_t record_bytes) const;
  // 0, or -errno: then nothing was appended.
  int append(SegmentQueue queue, const RecordHead& head, std::span<const Bytes> payload,
             bool survivor, Location* at);
  // Writes the summaries.
  void close();

 private:
  int open(SegmentQueue queue);
  void seal(SegmentQueue queue, bool with_summary);

  const Parts parts_;
  const uint64_t segment_bytes_;
  std::array<std::unique_ptr<OpenSegment>, 2> open_;
};

}  // namespace fce
