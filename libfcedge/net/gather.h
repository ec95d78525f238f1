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
#include "base/fd.h"

namespace fce {

// A place in an open file.
struct FilePlace {
  std::shared_ptr<const Fd> file;
  uint64_t offset = 0;
};

// Output that lives by itself: bytes with what keeps them, or a part of a file.
struct OutPiece {
  Slice slice;      // of a part of a file: no chunk, and bytes that have a size but no data
  FilePlace place;  // with a file for a part of a file

  size_t size() const { return slice.bytes.size(); }
  bool is_file() const { return place.file != nullptr; }
  // Takes the first `size` bytes off.
  OutPiece take(size_t size);
  void skip(size_t size) {
    slice.bytes = slice.bytes.subspan(size);
    place.offset += size;
  }
};

class Gather {
 public:
  static constexpr size_t kPiecesMax = 128;
  static constexpr size_t kBytesMax = 256 * 1024;
  // With files, which cost no memory while they wait, so that fewer system calls do: a MiB and the
  // head before it.
  static constexpr size_t kFileBytesMax = (1 << 20) + 16 * 1024;

  struct Piece {
    Bytes bytes;        // of a part of a file: it has a size but no data
    Chunk* holder;      // keeps the bytes alive; null: they are valid until the flush ends only
    bool owned;         // this piece has a count of its own on `holder`
    uint32_t file = 0;  // 0: it is in memory; else `place` knows it
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
  void add(OutPiece&& piece) {
    if (piece.is_file()) return add(std::move(piece.place), piece.size());
    add(std::move(piece.slice));
  }
  // Adds a part of a file, which is there and will not shrink. It is sent without being copied
  // where `takes_files`; a stream that has to encrypt it reads it, which may block.
  void add(FilePlace place, size_t size);
  bool takes_files() const { return takes_files_; }
  // How many bytes more of files should be added, which may be more than `room`.
  size_t file_room() const {
    if (!takes_files_) return room();
    return bytes_ < kFileBytesMax && count_ < kPiecesMax - 4 ? kFileBytesMax - bytes_ : 0;
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
  // Takes away what is beyond byte `size`.
  std::vector<OutPiece> cut(size_t size);

  // For the stream that flushes.
  void begin(size_t limit, bool takes_files = false) {
    clear();
    limit_ = limit < kBytesMax ? limit : kBytesMax;
    takes_files_ = takes_files;
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
  bool has_files() const { return !files_.empty(); }
  const FilePlace& place(const Piece& piece) const { return files_[piece.file - 1]; }
  // Everything from byte `offset` on.
  std::vector<OutPiece> rest_from(size_t offset);

 private:
  static constexpr size_t kScratchBytes = 64 * 1024;
  void push(Piece piece);
  void pop();

  std::array<Piece, kPiecesMax> pieces_;
  std::vector<FilePlace> files_;  // of the pieces that are such, in their order
  size_t count_ = 0;
  size_t bytes_ = 0;
  size_t limit_ = kBytesMax;
  std::unique_ptr<uint8_t[]> scratch_;
  size_t scratch_used_ = 0;
  bool takes_files_ = false;
};

}  // namespace fce
