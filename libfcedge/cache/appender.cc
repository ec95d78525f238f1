// SPDX-License-Identifier: Apache-2.0
#include "cache/appender.h"

#include <fcntl.h>

namespace fce {

uint64_t Appender::bytes_for(SegmentQueue queue, uint64_t record_bytes) const {
  const auto& open = open_[static_cast<size_t>(queue)];
  const bool is_new = !open || !open->fits(record_bytes);
  return OpenSegment::cost(record_bytes) + (is_new ? OpenSegment::kOverheadBytes : 0);
}

int Appender::append(SegmentQueue queue, const RecordHead& head, std::span<const Bytes> payload,
                     bool survivor, Location* at) {
  auto& open = open_[static_cast<size_t>(queue)];
  const uint64_t size = head.record_bytes();
  if (open && !open->fits(size)) seal(queue, true);
  if (!open) {
    const int result = this->open(queue);
    if (result < 0) return result;
  }
  const int result = open->append(head, payload, parts_.keys->heads, at);
  if (result == 0) {
    parts_.eviction.append(open->number(), OpenSegment::cost(size), survivor);
  } else if (open->torn()) {
    parts_.eviction.grow(open->number(), OpenSegment::cost(size));
    seal(queue, false);
  }
  return result;
}

int Appender::open(SegmentQueue queue) {
  FileName name;
  name.queue = queue;
  name.number = name.order = parts_.numbers.next();
  StoreDirectory& directory = *parts_.directory;
  const int fd = directory.disk.open(directory.fd, name.text().c_str(), O_RDWR | O_CREAT | O_EXCL);
  if (fd < 0) return fd;
  auto file = std::make_shared<StoreFile>(parts_.directory, name, fd);
  parts_.files.add(file);
  parts_.eviction.open(name.number, queue, false, OpenSegment::kOverheadBytes);
  open_[static_cast<size_t>(queue)] =
      std::make_unique<OpenSegment>(std::move(file), fd, segment_bytes_);
  return 0;
}

void Appender::seal(SegmentQueue queue, bool with_summary) {
  auto& open = open_[static_cast<size_t>(queue)];
  if (with_summary) {
    (void)open->seal(parts_.catalogue.next_sequence(), parts_.keys->heads,
                     parts_.keys->cipher.get());
  }
  parts_.eviction.seal(open->number());
  open = nullptr;
}

void Appender::close() {
  for (const SegmentQueue queue : {SegmentQueue::small, SegmentQueue::main})
    if (open_[static_cast<size_t>(queue)]) seal(queue, true);
}

}  // namespace fce
