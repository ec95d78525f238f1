// SPDX-License-Identifier: Apache-2.0
// OpenSegment: the segment of a queue that records are appended to. Only the store's thread has it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cache/store_file.h"
#include "cache/summary.h"

namespace fce {

class OpenSegment {
 public:
  // What a segment takes besides its records and their lines in the summary.
  static constexpr uint64_t kOverheadBytes = SummaryTrailer::kBytes + kBlockBytes;
  // What a record takes with its line in the summary.
  static constexpr uint64_t cost(uint64_t record_bytes) {
    return record_bytes + SummaryTrailer::kEntryBytes;
  }

  OpenSegment(std::shared_ptr<StoreFile> segment, int fd, uint64_t bytes_max)
      : segment_(std::move(segment)), fd_(fd), bytes_max_(bytes_max) {}

  const std::shared_ptr<StoreFile>& segment() const { return segment_; }
  uint32_t number() const { return segment_->name().number; }
  bool empty() const { return records_.empty(); }
  // An empty segment takes any record.
  bool fits(uint64_t record_bytes) const {
    return empty() || bytes_ + cost(record_bytes) + kOverheadBytes <= bytes_max_;
  }
  // Writes a record: 0, or -errno, and then nothing of it counts. `payload` has what
  // `head.payload_bytes()` says, in at most two pieces.
  int append(const RecordHead& head, std::span<const Bytes> payload, const SipKey& secret,
             Location* at);
  // After a failure: a part of the record is still there, and takes room.
  bool torn() const { return torn_; }
  // Ends it with the summary. A failure only makes the next start slower.
  int seal(uint64_t sequence, const SipKey& secret, const Cipher* cipher);

 private:
  const std::shared_ptr<StoreFile> segment_;
  const int fd_;
  const uint64_t bytes_max_;
  uint64_t end_ = 0;  // of the last record
  bool torn_ = false;
  uint64_t bytes_ = 0;  // with the lines of the summary
  std::vector<SegmentRecord> records_;
};

}  // namespace fce
