// SPDX-License-Identifier: Apache-2.0
// FillBuffer: the body of an answer on its way from its origin, for all who read it meanwhile. It
// holds a window of pieces in memory; what lies before the window is in the object's file, if there
// is one. Readers have a place each, so the slow ones hold up neither the fast ones nor the disk.
//
// One thread appends, readers are on any. Every call holds the mutex for a few steps.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>

#include "base/chunk.h"
#include "base/list.h"

namespace fce {

class FillBuffer {
 public:
  // Beyond it nothing should be appended until there is room.
  static constexpr uint64_t kWindowBytes = 1024 * 1024;

  // What the window has to keep.
  enum class Keep : uint8_t {
    all,          // it is not known yet where the body goes, or it goes there as one piece
    until_saved,  // a file takes it: what it has (`saved`) may go, whoever has not read it
    until_read,   // nothing else has it: what the slowest reader has passed may go
  };

  class Reader : public ListNode<Reader> {
   public:
    // Reads the bytes [begin, end) of the body; `end` may be UINT64_MAX.
    Reader(uint64_t begin, uint64_t end) : at_(begin), end_(end) {}
    uint64_t at() const { return at_; }
    uint64_t left() const { return end_ - at_; }

   private:
    friend class FillBuffer;
    uint64_t at_;
    const uint64_t end_;
  };

  FillBuffer() = default;
  FillBuffer(const FillBuffer&) = delete;
  FillBuffer& operator=(const FillBuffer&) = delete;

  // ---- Who appends ----
  void append(Slice piece);
  // Nothing more comes: the body is complete, or it broke off.
  void end(bool complete);
  void keep(Keep what);
  // The file has all bytes before `offset`, for readers to find there.
  void saved(uint64_t offset);
  // The file will get no more, but keeps what it has.
  void file_ended();
  uint64_t size() const;  // appended so far
  // True when the window is full. Then `take`, `passed` or `leave` will return true once.
  bool full();
  // The piece that byte `offset` lies in, from there on; empty when there is none in the window.
  Slice piece_at(uint64_t offset) const;

  // ---- Readers ----
  // False: what it would have to begin with has gone.
  bool join(Reader& reader);
  // These three return true when whoever appends may go on: tell it.
  bool leave(Reader& reader);
  enum class Take : uint8_t {
    some,    // `out` has bytes
    wait,    // not there yet
    end,     // the reader's part, or the body, ends here
    failed,  // it broke off
    saved,   // before the window: read them from the file, then `passed`
  };
  bool take(Reader& reader, size_t max, Take* what, Slice* out);
  bool passed(Reader& reader, uint64_t bytes);

 private:
  enum class State : uint8_t { open, complete, broken };
  uint64_t window_end() const { return base_ + bytes_; }
  // Lets go of what may go. True when that made room for which somebody waits.
  bool trim();
  uint64_t slowest() const;

  mutable std::mutex mutex_;
  std::deque<Slice> pieces_;
  uint64_t base_ = 0;   // where the window begins
  uint64_t bytes_ = 0;  // how large it is
  uint64_t saved_ = 0;
  List<Reader> readers_;
  Keep keep_ = Keep::all;
  State state_ = State::open;
  bool was_full_ = false;
  bool joined_ = false;  // somebody has, once
};

}  // namespace fce
