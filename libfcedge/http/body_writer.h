// SPDX-License-Identifier: Apache-2.0
// BodyWriter: sends a body as the socket takes it: bytes in memory, or pulled from a source, in
// chunks (RFC 9112 section 7.1) when its length is not known.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "http/body.h"

namespace fce {

class BodyWriter {
 public:
  enum class Result {
    done,   // all of it was added
    more,   // there is more than there was room for
    wait,   // the source has nothing; it tells its reader
    failed  // it cannot be completed
  };

  // Begins with `body`. `raw`: what comes from its source is of no length and in no chunks.
  void begin(Body body, BodyReader& reader, bool raw = false);
  Result write(Gather& out);
  void ready() { waiting_ = false; }
  // Lets go of the body.
  void clear();

  // Whether a source was asked: what it gave cannot be had again.
  bool pulled() const { return pulled_; }
  bool has_source() const { return source_ != nullptr; }

 private:
  Result write_slice(Gather& out);
  Result pull(Gather& out);

  Slice bytes_;
  std::unique_ptr<BodySource> source_;
  std::optional<uint64_t> left_;  // of the source, when its length is known
  bool chunked_ = false;
  bool waiting_ = false;
  bool pulled_ = false;
};

}  // namespace fce
