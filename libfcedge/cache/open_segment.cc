// SPDX-License-Identifier: Apache-2.0
#include "cache/open_segment.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace fce {

int OpenSegment::append(const RecordHead& head, std::span<const Bytes> payload,
                        const SipKey& secret, Location* at) {
  static constexpr std::array<uint8_t, kStoreUnitBytes> kPadding{};
  const uint64_t size = head.record_bytes();
  *at = {number(), static_cast<uint32_t>(end_ / kStoreUnitBytes)};
  std::array<uint8_t, RecordHead::kBytes> first;
  encode_head(head, *at, secret, first);
  std::array<Bytes, 4> pieces;
  pieces[0] = first;
  std::copy(payload.begin(), payload.end(), pieces.begin() + 1);
  pieces[3] = Bytes(kPadding).first(size - RecordHead::kBytes - head.payload_bytes());
  Disk& disk = segment_->disk();
  const int result = disk.write_all(fd_, pieces, end_);
  if (result < 0) {
    // A part may be there. Nobody takes it for a record, but it takes room.
    torn_ = disk.truncate(fd_, end_) < 0;
    return result;
  }
  records_.push_back(SegmentRecord::of(head, at->offset_units));
  segment_->note_sequence(head.sequence);
  end_ += size;
  bytes_ += cost(size);
  return 0;
}

int OpenSegment::seal(uint64_t sequence, const SipKey& secret, const Cipher* cipher) {
  const std::vector<uint8_t> summary = encode_summary(
      records_, number(), static_cast<uint32_t>(end_ / kStoreUnitBytes), sequence, secret, cipher);
  if (summary.empty()) return -EIO;
  const Bytes piece(summary);
  const int result = segment_->disk().write_all(fd_, {&piece, 1}, end_);
  return result < 0 ? result : segment_->disk().truncate(fd_, end_ + summary.size());
}

}  // namespace fce
