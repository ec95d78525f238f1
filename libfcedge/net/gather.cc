// SPDX-License-Identifier: Apache-2.0
#include "net/gather.h"

#include <cstring>
#include <utility>

#include "base/fatal.h"

namespace fce {

OutPiece OutPiece::take(size_t size) {
  OutPiece first{{slice.chunk, slice.bytes.first(size)}, place};
  skip(size);
  return first;
}

void Gather::push(Piece piece) {
  if (piece.bytes.empty()) {
    if (piece.owned) piece.holder->unref();
    return;
  }
  if (count_ == kPiecesMax) fatal("a gather of %zu pieces is full", count_);
  pieces_[count_++] = piece;
  bytes_ += piece.bytes.size();
}

void Gather::pop() {
  const Piece& last = pieces_[--count_];
  bytes_ -= last.bytes.size();
  if (last.owned) last.holder->unref();
  if (last.file > 0) files_.pop_back();
}

void Gather::add(FilePlace place, size_t size) {
  if (size == 0) return;
  files_.push_back(std::move(place));
  push({{static_cast<const uint8_t*>(nullptr), size},
        nullptr,
        false,
        static_cast<uint32_t>(files_.size())});
}

void Gather::copy(Bytes bytes) {
  if (!bytes.empty()) std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
}

uint8_t* Gather::reserve(size_t size) {
  if (size > kScratchBytes - scratch_used_) {
    ChunkRef chunk = ChunkRef::make(size);
    uint8_t* const filled_later = chunk->data();
    add(Slice::whole(std::move(chunk)));
    return filled_later;
  }
  uint8_t* to = scratch_.get() + scratch_used_;
  scratch_used_ += size;
  if (count_ > 0) {
    Piece& last = pieces_[count_ - 1];
    if (!last.holder && last.file == 0 && last.bytes.data() + last.bytes.size() == to) {
      last.bytes = {last.bytes.data(), last.bytes.size() + size};
      bytes_ += size;
      return to;
    }
  }
  push({{to, size}, nullptr, false});
  return to;
}

Gather::Mark Gather::mark() const {
  return {count_, bytes_, scratch_used_, count_ > 0 ? pieces_[count_ - 1].bytes.size() : 0};
}

void Gather::truncate(const Mark& mark) {
  while (count_ > mark.count) pop();
  // A copy may have grown the last piece.
  if (count_ > 0)
    pieces_[count_ - 1].bytes = pieces_[count_ - 1].bytes.first(mark.last_piece_bytes);
  bytes_ = mark.bytes;
  scratch_used_ = mark.scratch_used;
}

std::vector<OutPiece> Gather::cut(size_t size) {
  std::vector<OutPiece> rest = rest_from(size);
  while (bytes_ > size) {
    Piece& last = pieces_[count_ - 1];
    const size_t excess = bytes_ - size;
    if (excess < last.bytes.size()) {
      last.bytes = last.bytes.first(last.bytes.size() - excess);
      bytes_ = size;
      break;
    }
    pop();
  }
  return rest;
}

void Gather::clear() {
  for (size_t i = 0; i < count_; ++i)
    if (pieces_[i].owned) pieces_[i].holder->unref();
  files_.clear();
  count_ = bytes_ = scratch_used_ = 0;
}

std::vector<OutPiece> Gather::rest_from(size_t offset) {
  std::vector<OutPiece> rest;
  for (size_t i = 0; i < count_; ++i) {
    const Piece& piece = pieces_[i];
    if (offset >= piece.bytes.size()) {
      offset -= piece.bytes.size();
      continue;
    }
    const Bytes left = piece.bytes.subspan(offset);
    if (piece.file > 0) {
      const FilePlace& from = place(piece);
      rest.push_back({{{}, left}, {from.file, from.offset + offset}});
    } else if (piece.holder) {
      piece.holder->ref();
      rest.push_back({{ChunkRef::adopt(piece.holder), left}, {}});
    } else {
      rest.push_back({Slice::whole(ChunkRef::copy_of(left)), {}});
    }
    offset = 0;
  }
  return rest;
}

}  // namespace fce
