// SPDX-License-Identifier: Apache-2.0
#include "cache/large_file.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/crc32c.h"
#include "cache/little_endian.h"

namespace fce {

int LargeFile::open(const FileName& name, bool verified) {
  file_ = std::make_unique<StoreFile>(directory_, name, -1);
  fd_ = file_->fd();
  if (fd_ < 0) return fd_;
  int result = read_slot(disk(), fd_, keys_->heads, cipher(), &slot_);
  if (result < 0) return result == -ENODATA ? -EBADMSG : result;
  const RecordHead& head = slot_.head;
  body_at_ = slot_.body_at();
  body_sequence_ = head.body_sequence;
  const uint64_t size = large_file_bytes(slot_.slot_bytes(), head.body_bytes, head.encrypted());
  if (disk().size(fd_) != static_cast<int64_t>(size)) return -EBADMSG;
  table_.resize(size - body_at_ - head.body_bytes);
  result = disk().read_all(fd_, table_, body_at_ + head.body_bytes);
  if (result < 0) return result;
  const size_t lines = table_.size() - 4;
  if (load_le<uint32_t>(table_.data() + lines) != crc32c(Bytes(table_).first(lines)))
    return -EBADMSG;
  table_.resize(lines);
  readable_.store(head.body_bytes, std::memory_order_relaxed);
  if (!verified) {
    verified_ = std::make_unique<std::atomic<uint64_t>[]>(frames() / 64 + 1);
    unverified_.store(frames(), std::memory_order_relaxed);
  }
  state_.store(State::complete, std::memory_order_release);
  return 0;
}

ObjectRef LargeFile::object(const std::shared_ptr<LargeFile>& self) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const RecordHead& head = slot_.head;
  const ObjectSizes sizes{head.tenant_bytes, head.key_bytes, head.meta_bytes, head.body_bytes};
  return std::make_shared<const StoredObject>(slot_.payload, 0, sizes, head.sequence, self);
}

RecordHead LargeFile::head() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return slot_.head;
}

// ---- reading ----

LargeFile::Read LargeFile::read(uint64_t offset, size_t max, bool blocking, Slice* out) {
  // In this order: what is complete has all its bytes readable.
  const State state = this->state();
  const uint64_t readable = this->readable();
  if (state == State::failed) return Read::failed;
  if (offset >= readable) {
    if (state == State::cut) return Read::failed;
    return state == State::complete ? Read::end : Read::wait;
  }
  const uint64_t frame = offset / kFrameBytes;
  const uint64_t end = std::min(readable, (frame + 1) * kFrameBytes);
  const size_t size = std::min<uint64_t>(max, end - offset);
  if (!cipher() && is_verified(frame)) return read_plain(offset, size, blocking, out);
  const Read result = read_frame(frame, blocking, out);
  if (result == Read::ok) out->bytes = out->bytes.subspan(offset - frame * kFrameBytes, size);
  return result;
}

LargeFile::Read LargeFile::failed_read(int error) {
  if (error == -EAGAIN) return Read::cold;
  fail();
  return Read::failed;
}

LargeFile::Read LargeFile::read_plain(uint64_t offset, size_t size, bool blocking, Slice* out) {
  ChunkRef chunk = ChunkRef::make(size);
  const int result = disk().read_all(fd_, {chunk->data(), size}, body_at_ + offset, !blocking);
  if (result < 0) return failed_read(result);
  *out = Slice::whole(std::move(chunk));
  return Read::ok;
}

LargeFile::Read LargeFile::read_frame(uint64_t frame, bool blocking, Slice* out) {
  const uint64_t at = frame * kFrameBytes;
  // Encrypted ones become readable by frames.
  const auto size = static_cast<size_t>(std::min<uint64_t>(kFrameBytes, readable() - at));
  const Read result = read_plain(at, size, blocking, out);
  if (result != Read::ok) return result;
  if (!open_frame(frame, {out->chunk->data(), size})) {
    *out = {};
    fail();
    return Read::failed;
  }
  set_verified(frame);
  return Read::ok;
}

bool LargeFile::open_frame(uint64_t frame, MutableBytes bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const uint8_t* line = table_.data() + frame * frame_line_bytes(cipher() != nullptr);
  if (!cipher()) return load_le<uint32_t>(line) == crc32c(bytes);
  return cipher()->open(body_sequence_, static_cast<uint32_t>(frame), {}, bytes,
                        {line + 4, kAeadTagBytes});
}

bool LargeFile::is_verified(uint64_t frame) const {
  if (!verified_) return true;
  return verified_[frame / 64].load(std::memory_order_relaxed) >> frame % 64 & 1;
}

void LargeFile::set_verified(uint64_t frame) {
  if (!verified_) return;
  const uint64_t bit = uint64_t{1} << frame % 64;
  const uint64_t before = verified_[frame / 64].fetch_or(bit, std::memory_order_relaxed);
  if (!(before & bit)) unverified_.fetch_sub(1, std::memory_order_relaxed);
}

uint64_t LargeFile::sendable(const std::shared_ptr<LargeFile>& self, uint64_t offset, uint64_t max,
                             FilePlace* place) {
  const LargeFile& file = *self;
  const uint64_t readable = file.readable();
  if (file.cipher() || file.state() == State::failed || offset >= readable) return 0;
  uint64_t end = offset;
  while (end < readable && end - offset < max && file.is_verified(end / kFrameBytes))
    end = std::min(readable, (end / kFrameBytes + 1) * kFrameBytes);
  if (end == offset) return 0;
  *place = {std::shared_ptr<const Fd>(self, &file.file_->handle()), file.body_at_ + offset};
  return std::min(end - offset, max);
}

// ---- writing ----

int LargeFile::create(const FileName& name, const LargeSlot& slot) {
  const int fd = disk().open(directory_->fd, name.text().c_str(), O_RDWR | O_CREAT | O_EXCL);
  if (fd < 0) return fd;
  file_ = std::make_unique<StoreFile>(directory_, name, fd);
  fd_ = fd;
  slot_ = slot;
  body_at_ = slot.body_at();
  body_sequence_ = slot.head.body_sequence;
  return 0;
}

int LargeFile::write(std::span<const Bytes> pieces, uint64_t offset) {
  return disk().write_all(fd_, pieces, offset);
}

int LargeFile::append(Bytes piece) {
  while (!piece.empty()) {
    const size_t in_frame = written_ % kFrameBytes;
    const Bytes part = piece.first(std::min(piece.size(), kFrameBytes - in_frame));
    if (cipher()) {
      frame_.insert(frame_.end(), part.begin(), part.end());
    } else {
      const int result = write({&part, 1}, body_at_ + written_);
      if (result < 0) return result;
      frame_check_ = crc32c(part, frame_check_);
    }
    written_ += part.size();
    piece = piece.subspan(part.size());
    if (written_ % kFrameBytes == 0) {
      const int result = end_frame();
      if (result < 0) return result;
    }
    if (!cipher()) readable_.store(written_, std::memory_order_release);
  }
  return 0;
}

int LargeFile::end_frame() {
  uint8_t line[4 + kAeadTagBytes];
  const uint64_t frame = (written_ - 1) / kFrameBytes;
  if (cipher()) {
    if (!cipher()->seal(body_sequence_, static_cast<uint32_t>(frame), {}, frame_,
                        {line + 4, kAeadTagBytes}))
      return -EIO;
    const Bytes sealed(frame_);
    const int result = write({&sealed, 1}, body_at_ + frame * kFrameBytes);
    if (result < 0) return result;
    frame_check_ = crc32c(frame_);
    frame_.clear();
  }
  store_le(line, frame_check_);
  frame_check_ = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    table_.insert(table_.end(), line, line + frame_line_bytes(cipher() != nullptr));
  }
  if (cipher()) readable_.store(written_, std::memory_order_release);
  return 0;
}

int LargeFile::finish(const RecordHead& head) {
  int result = written_ % kFrameBytes != 0 ? end_frame() : 0;
  if (result < 0) return result;
  uint8_t check[4];
  store_le(check, crc32c(table_));
  const Bytes pieces[] = {table_, check};
  result = write(pieces, body_at_ + written_);
  if (result < 0) return result;
  LargeSlot slot;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    slot_.head = head;
    slot = slot_;
  }
  return write_slot(slot);
}

int LargeFile::write_slot(const LargeSlot& slot) {
  const std::vector<uint8_t> bytes = encode_slot(slot, keys_->heads, cipher());
  if (bytes.empty()) return -EIO;
  const Bytes piece(bytes);
  return write({&piece, 1}, slot.number * slot.slot_bytes());
}

int LargeFile::describe(const RecordHead& head, ChunkRef payload) {
  LargeSlot slot;
  slot.head = head;
  slot.payload = std::move(payload);
  slot.number = 1 - slot_.number;
  const int result = write_slot(slot);
  if (result < 0) return result;
  const std::lock_guard<std::mutex> lock(mutex_);
  slot_ = std::move(slot);
  return 0;
}

}  // namespace fce
