// SPDX-License-Identifier: Apache-2.0
#include "cache/segment_scan.h"

#include <algorithm>
#include <cerrno>

namespace fce {
namespace {

constexpr size_t kWindowBytes = 256 * 1024;
// After a record larger than this, only its successor's head is read.
constexpr uint64_t kLongRecordBytes = 64 * 1024;
constexpr size_t kShortWindowBytes = 4096;

// A part of the file in memory.
class Window {
 public:
  Window(Disk& disk, int fd, uint64_t file_bytes) : disk_(disk), fd_(fd), file_bytes_(file_bytes) {
    buffer_.resize(std::min<uint64_t>(kWindowBytes, file_bytes));
  }

  // The bytes of a head at `offset`, which lies within the file.
  int head_at(uint64_t offset, Bytes* head) {
    if (offset < start_ || offset + RecordHead::kBytes > start_ + size_) {
      const bool far = offset > start_ + size_ + kLongRecordBytes;
      start_ = offset;
      size_ = std::min<uint64_t>(far ? kShortWindowBytes : kWindowBytes, file_bytes_ - offset);
      const int result = disk_.read_all(fd_, MutableBytes(buffer_).first(size_), offset);
      if (result < 0) {
        size_ = 0;
        return result;
      }
    }
    *head = Bytes(buffer_).subspan(offset - start_, RecordHead::kBytes);
    return 0;
  }

 private:
  Disk& disk_;
  const int fd_;
  const uint64_t file_bytes_;
  std::vector<uint8_t> buffer_;
  uint64_t start_ = 0;
  uint64_t size_ = 0;
};

// Takes the summary. 1: there is a good one, 0: there is none, or -errno.
int read_summary(Disk& disk, int fd, uint32_t number, const SipKey& secret, const Cipher* cipher,
                 SegmentContents* contents) {
  if (contents->file_bytes < SummaryTrailer::kBytes) return 0;
  std::array<uint8_t, SummaryTrailer::kBytes> last;
  int result = disk.read_all(fd, last, contents->file_bytes - last.size());
  if (result < 0) return result;
  SummaryTrailer trailer;
  if (!trailer.decode(last, number, contents->file_bytes, secret)) return 0;
  std::vector<uint8_t> list(trailer.list_bytes());
  result = disk.read_all(fd, list, bytes_of_units(trailer.start_units));
  if (result < 0) return result;
  if (!decode_summary(trailer, list, cipher, &contents->records)) return 0;
  contents->end_units = trailer.start_units;
  return 1;
}

int scan(Disk& disk, int fd, uint32_t number, const SipKey& secret, SegmentContents* contents) {
  contents->records.clear();
  Window window(disk, fd, contents->file_bytes);
  uint64_t offset = 0;
  // Locations end where 32 bits of units do.
  const uint64_t end = std::min(contents->file_bytes, bytes_of_units(UINT32_MAX));
  while (offset + RecordHead::kBytes <= end) {
    Bytes bytes;
    const int result = window.head_at(offset, &bytes);
    // Where the disk cannot be read there are no records to be had either.
    if (result == -EIO) {
      offset += kWindowBytes;
      continue;
    }
    if (result < 0) return result;
    const Location at{number, static_cast<uint32_t>(offset / kStoreUnitBytes)};
    RecordHead head;
    if (decode_head(bytes, at, secret, &head) && head.kind != RecordKind::large &&
        head.record_bytes() <= end - offset) {
      contents->records.push_back(SegmentRecord::of(head, at.offset_units));
      offset += head.record_bytes();
      contents->end_units = static_cast<uint32_t>(offset / kStoreUnitBytes);
    } else {
      offset += kStoreUnitBytes;
    }
  }
  return 0;
}

}  // namespace

int read_segment(Disk& disk, int fd, uint32_t number, const SipKey& secret, const Cipher* cipher,
                 SegmentContents* contents) {
  *contents = {};
  const int64_t size = disk.size(fd);
  if (size < 0) return static_cast<int>(size);
  contents->file_bytes = static_cast<uint64_t>(size);
  const int found = read_summary(disk, fd, number, secret, cipher, contents);
  contents->summary = found == 1;
  // A summary that cannot be read is as good as none.
  const int result = contents->summary ? 0 : scan(disk, fd, number, secret, contents);
  for (const SegmentRecord& record : contents->records)
    contents->min_sequence = std::min(contents->min_sequence, record.sequence);
  return result;
}

}  // namespace fce
