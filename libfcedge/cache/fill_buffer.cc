// SPDX-License-Identifier: Apache-2.0
#include "cache/fill_buffer.h"

#include <algorithm>
#include <utility>

namespace fce {

void FillBuffer::append(Slice piece) {
  if (piece.bytes.empty()) return;
  const std::lock_guard lock(mutex_);
  bytes_ += piece.bytes.size();
  pieces_.push_back(std::move(piece));
}

void FillBuffer::end(bool complete) {
  const std::lock_guard lock(mutex_);
  state_ = complete ? State::complete : State::broken;
}

void FillBuffer::keep(Keep what) {
  const std::lock_guard lock(mutex_);
  keep_ = what;
  (void)trim();
}

void FillBuffer::saved(uint64_t offset) {
  const std::lock_guard lock(mutex_);
  saved_ = std::max(saved_, offset);
  (void)trim();
}

void FillBuffer::file_ended() { keep(Keep::until_read); }

uint64_t FillBuffer::size() const {
  const std::lock_guard lock(mutex_);
  return window_end();
}

bool FillBuffer::full() {
  const std::lock_guard lock(mutex_);
  // Before the first byte that anybody wants, nobody takes anything that would make room.
  (void)trim();
  was_full_ = keep_ != Keep::all && bytes_ >= kWindowBytes;
  return was_full_;
}

Slice FillBuffer::piece_at(uint64_t offset) const {
  const std::lock_guard lock(mutex_);
  if (offset < base_ || offset >= window_end()) return {};
  uint64_t skip = offset - base_;
  for (const Slice& piece : pieces_) {
    if (skip < piece.bytes.size()) return {piece.chunk, piece.bytes.subspan(skip)};
    skip -= piece.bytes.size();
  }
  return {};
}

uint64_t FillBuffer::slowest() const {
  // Nothing goes before the first has come.
  uint64_t at = joined_ ? window_end() : base_;
  const_cast<List<Reader>&>(readers_).for_each(
      [&](Reader* reader) { at = std::min(at, reader->at_); });
  return at;
}

bool FillBuffer::trim() {
  if (keep_ == Keep::all) return false;
  // What a file has is of no use here, whoever reads from it.
  const uint64_t until = keep_ == Keep::until_saved ? saved_ : std::max(saved_, slowest());
  while (!pieces_.empty() && base_ + pieces_.front().bytes.size() <= until) {
    base_ += pieces_.front().bytes.size();
    bytes_ -= pieces_.front().bytes.size();
    pieces_.pop_front();
  }
  return was_full_ && bytes_ <= kWindowBytes / 2 && std::exchange(was_full_, false);
}

bool FillBuffer::join(Reader& reader) {
  const std::lock_guard lock(mutex_);
  if (reader.at_ < base_ && saved_ < base_) return false;
  readers_.push_back(&reader);
  joined_ = true;
  return true;
}

bool FillBuffer::leave(Reader& reader) {
  const std::lock_guard lock(mutex_);
  reader.unlink();
  return trim();
}

bool FillBuffer::take(Reader& reader, size_t max, Take* what, Slice* out) {
  const std::lock_guard lock(mutex_);
  const uint64_t at = reader.at_;
  if (at == reader.end_ || (state_ == State::complete && at >= window_end())) {
    *what = Take::end;
    return false;
  }
  if (at < base_) {
    // A place that is neither in the window nor in the file cannot come to be: `join` saw to it,
    // and only what is read or saved goes.
    *what = at < saved_ ? Take::saved : Take::failed;
    return false;
  }
  if (at >= window_end()) {
    *what = state_ == State::broken ? Take::failed : Take::wait;
    return false;
  }
  uint64_t skip = at - base_;
  auto piece = pieces_.begin();
  for (; skip >= piece->bytes.size(); ++piece) skip -= piece->bytes.size();
  const uint64_t size = std::min<uint64_t>({piece->bytes.size() - skip, max, reader.end_ - at});
  *out = {piece->chunk, piece->bytes.subspan(skip, size)};
  *what = Take::some;
  reader.at_ += size;
  return trim();
}

bool FillBuffer::passed(Reader& reader, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  reader.at_ += bytes;
  return trim();
}

}  // namespace fce
