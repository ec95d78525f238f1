// SPDX-License-Identifier: Apache-2.0
// The body of an answer: none, bytes in memory, or a source that the connection pulls from whenever
// its socket has room. So back-pressure needs no second interface.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/chunk.h"
#include "loop/loop.h"
#include "net/gather.h"

namespace fce {

class BodySource;

// The connection that pulls.
class BodyReader {
 public:
  // The source has something again after it said `wait`.
  virtual void on_body_ready(BodySource& source, Lane lane) = 0;

 protected:
  ~BodyReader() = default;
};

// Destroying a source stops it: the client has left, or `end` or `failed` was returned. That may be
// within the same flush, so what it added must hold itself (a slice, a copy) or outlive it.
class BodySource {
 public:
  virtual ~BodySource() = default;

  enum class Pull {
    more,    // something was added and more may be there
    wait,    // nothing (more) now; `wake` will tell. Something may have been added.
    end,     // that was all. Something may have been added.
    failed,  // the body cannot be completed: the stream is reset
  };
  // Adds at most `max` bytes (max >= 1) to `out`. Never calls the reader.
  virtual Pull pull(Gather& out, size_t max) = 0;
  // Whether it adds parts of files where a gather takes them. `max` is what that has room for then.
  virtual bool is_file() const { return false; }
  // The node drains: an endless source adds what it has to say and ends soon.
  virtual void on_drain() {}

  void set_reader(BodyReader* reader) { reader_ = reader; }

 protected:
  // Has the reader pull again. Not from within `pull`.
  void wake(Lane lane) {
    if (reader_) reader_->on_body_ready(*this, lane);
  }

 private:
  BodyReader* reader_ = nullptr;
};

struct Body {
  Slice bytes;  // when there is no source
  std::unique_ptr<BodySource> source;
  std::optional<uint64_t> length = 0;  // nullopt: not known beforehand

  static Body none() { return {}; }
  static Body of(Slice slice) {
    Body body;
    body.length = slice.bytes.size();
    body.bytes = std::move(slice);
    return body;
  }
  static Body copy_of(Bytes bytes) { return of(Slice::whole(ChunkRef::copy_of(bytes))); }
  static Body copy_of(std::string_view text) { return copy_of(as_bytes(text)); }
  static Body pulled(std::unique_ptr<BodySource> source, std::optional<uint64_t> length) {
    Body body;
    body.source = std::move(source);
    body.length = length;
    return body;
  }
};

}  // namespace fce
