// SPDX-License-Identifier: Apache-2.0
// The recovery scan: any bytes as a segment. Of bytes that the store did not write no record is
// accepted, wherever they lie: by themselves, or in the body of a record, or over parts of a
// segment. What the store wrote and nobody touched is found.
#include "cache/segment_scan.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/crypto.h"
#include "cache/little_endian.h"
#include "cache/payload.h"

using namespace fce;

namespace {

constexpr uint32_t kSegment = 7;

void require(bool condition) {
  if (!condition) std::abort();
}

class MemoryDisk final : public DiskLayer {
 public:
  explicit MemoryDisk(Bytes file) : file_(file) {}
  int64_t read(int, std::span<const iovec> to, uint64_t offset, bool) override {
    if (offset >= file_.size()) return 0;
    const size_t size = std::min<uint64_t>(to[0].iov_len, file_.size() - offset);
    std::copy_n(file_.data() + offset, size, static_cast<uint8_t*>(to[0].iov_base));
    return static_cast<int64_t>(size);
  }
  int64_t size(int) override { return static_cast<int64_t>(file_.size()); }

 private:
  const Bytes file_;
};

SegmentContents scan(Bytes file, const SipKey& secret) {
  MemoryDisk disk(file);
  SegmentContents contents;
  require(read_segment(disk, 0, kSegment, secret, nullptr, &contents) == 0);
  uint64_t end = 0;
  for (const SegmentRecord& record : contents.records) {
    require(record.offset_units >= end);
    end = uint64_t{record.offset_units} + record.size_units;
    require(bytes_of_units(static_cast<uint32_t>(end)) <= file.size());
  }
  return contents;
}

struct Written {
  SegmentRecord record;
  bool touched = false;
};

// Cuts the input into bodies, each as long as its first byte says.
std::vector<Written> write(Bytes input, const SipKey& secret, std::vector<uint8_t>* file) {
  std::vector<Written> written;
  while (!input.empty() && written.size() < 64) {
    const size_t size = std::min<size_t>(input[0] * 5, input.size() - 1);
    const Bytes body = input.subspan(1, size);
    input = input.subspan(1 + size);
    RecordHead head;
    head.sequence = written.size() + 1;
    head.key = {written.size(), 1};
    head.body_bytes = body.size();
    std::vector<uint8_t> payload(body.begin(), body.end());
    require(seal_payload(&head, payload, nullptr));
    const Location at{kSegment, static_cast<uint32_t>(file->size() / kStoreUnitBytes)};
    file->resize(file->size() + head.record_bytes());
    uint8_t* to = file->data() + bytes_of_units(at.offset_units);
    encode_head(head, at, secret, std::span<uint8_t, RecordHead::kBytes>(to, RecordHead::kBytes));
    std::copy(payload.begin(), payload.end(), to + RecordHead::kBytes);
    written.push_back({SegmentRecord::of(head, at.offset_units)});
  }
  return written;
}

void check(const std::vector<Written>& written, const SegmentContents& contents) {
  size_t next = 0;
  for (const Written& was : written) {
    const bool found = next < contents.records.size() &&
                       contents.records[next].offset_units == was.record.offset_units;
    if (!found) {
      require(was.touched);
      continue;
    }
    const SegmentRecord& record = contents.records[next++];
    require(record.sequence == was.record.sequence && record.key == was.record.key);
    require(record.size_units == was.record.size_units);
  }
  // Nothing but what was written.
  require(next == contents.records.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes input(data, size);
  // It depends on all of the input, so that no check in it can be learned.
  SipKey secret;
  store_le(secret.data(), siphash({}, as_text(input)));
  store_le(secret.data() + 8, siphash({1}, as_text(input)));
  require(scan(input, secret).records.empty());

  std::vector<uint8_t> file;
  std::vector<Written> written = write(input, secret, &file);
  check(written, scan(file, secret));
  std::vector<SegmentRecord> records;
  for (const Written& was : written) records.push_back(was.record);
  const std::vector<uint8_t> summary =
      encode_summary(records, kSegment, units_of_bytes(file.size()), 1, secret, nullptr);
  std::vector<uint8_t> sealed = file;
  sealed.insert(sealed.end(), summary.begin(), summary.end());
  require(scan(sealed, secret).summary);
  check(written, scan(sealed, secret));

  // Damage: a part of the input over a part of the file; a cut.
  if (input.size() < 8 || file.empty()) return 0;
  const size_t at = load_le<uint32_t>(data) % file.size();
  const Bytes patch = input.subspan(4, std::min<size_t>(data[4], input.size() - 4));
  const size_t cut = load_le<uint16_t>(data + 5) % file.size();
  for (size_t i = 0; i < patch.size() && at + i < file.size(); ++i) file[at + i] = patch[i];
  file.resize(data[7] % 2 ? cut : file.size());
  for (Written& was : written) {
    const uint64_t begin = bytes_of_units(was.record.offset_units);
    const uint64_t end = begin + bytes_of_units(was.record.size_units);
    was.touched = end > file.size() || (at < end && at + patch.size() > begin);
  }
  check(written, scan(file, secret));
  return 0;
}
