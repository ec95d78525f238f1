// SPDX-License-Identifier: Apache-2.0
// Gather: the output of one flush. There is one per shard; a connection fills it, the stream sends
// it with one system call, and only what the socket did not take is kept by the connection.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/chunk.h"

namespace fce {

class Gather {
 public:
  static constexpr size_t kPiecesMax = 128;
  static constexpr size_t kBytesMax = 256 * 1024;

  struct Piece {
    Bytes bytes;
    Chunk* holder;  // keeps the bytes alive; null: they are valid until the flush ends only
    bool owned;     // this piece has a count of its own on `holder`
  };

  explicit Gather() : scratch_(std::make_unique<uint8_t[]>(kScratchBytes)) {}
  ~Gather() { clear(); }
  Gather(const Gather&) = delete;
  Gather& operator=(const Gather&) = delete;

  // How many more bytes should be added; 0 when it is full. Adding one small piece more is legal as
  // long as `full` is false.
  size_t room() const { return bytes_ < limit_ && count_ < kPiecesMax - 4 ? limit_ - bytes_ : 0; }
  bool full() const { return room() == 0; }
  bool empty() const { return count_ == 0; }
  size_t bytes() const { return bytes_; }

  // Adds bytes that stay valid until the flush ends. With `holder` they are valid as long as that,
  // and somebody holds it at least until the flush ends.
  void add(Bytes bytes, Chunk* holder = nullptr) { push({bytes, holder, false}); }
  // Adds bytes with the reference that keeps them.
  void add(Slice&& slice) {
    const Bytes bytes = slice.bytes;
    Chunk* holder = slice.chunk.release();
    push({bytes, holder, holder != nullptr});
  }
  // Adds a copy. Copies that follow each other become one piece.
  void copy(Bytes bytes);
  void copy(std::string_view text) { copy(as_bytes(text)); }

  // Adds `size` bytes (a few) to be filled in before the flush ends, by who made the call.
  uint8_t* reserve(size_t size);

  // A place to go back to: `truncate` takes away what was added since `mark`.
  struct Mark {
    size_t count;
    size_t bytes;
    size_t scratch_used;
    size_t last_piece_bytes;
  };
  Mark mark() const;
  void truncate(const Mark& mark);

  // Another limit of bytes for a while; returns the one to be set again.
  size_t set_limit(size_t limit) { return std::exchange(limit_, limit); }
  // Takes away what is beyond byte `size`, as slices that live by themselves.
  std::vector<Slice> cut(size_t size);

  // For the stream that flushes.
  void begin(size_t limit) {
    clear();
    limit_ = limit < kBytesMax ? limit : kBytesMax;
  }
  void clear();
  size_t count() const { return count_; }
  // A piece with a count of its own on its holder, if it has one.
  Piece hold(size_t i) {
    Piece& piece = pieces_[i];
    if (piece.holder && !piece.owned) piece.holder->ref();
    piece.owned = false;
    return {piece.bytes, piece.holder, piece.holder != nullptr};
  }
  const Piece& operator[](size_t i) const { return pieces_[i]; }
  // Everything from byte `offset` on, as slices that live by themselves.
  std::vector<Slice> rest_from(size_t offset);

 private:
  static constexpr size_t kScratchBytes = 64 * 1024;
  void push(Piece piece);

  std::array<Piece, kPiecesMax> pieces_;
  size_t count_ = 0;
  size_t bytes_ = 0;
  size_t limit_ = kBytesMax;
  std::unique_ptr<uint8_t[]> scratch_;
  size_t scratch_used_ = 0;
};

}  // namespace fce
