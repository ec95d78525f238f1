// SPDX-License-Identifier: Apache-2.0
// Several ranges of a representation in one answer: multipart/byteranges (RFC 9110 section 14.6).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/body.h"
#include "http/range.h"

namespace fce {

// Where the bytes come from.
class PartSource {
 public:
  virtual ~PartSource() = default;
  // The bytes of one range, called for one after the other: a body of exactly that length. One
  // without bytes and without a source fails the answer.
  virtual Body part(const ByteRange& range) = 0;
};

class MultiRangeBody final : public BodySource, private BodyReader {
 public:
  // `size` of the whole representation and its media type, which each part repeats.
  MultiRangeBody(std::unique_ptr<PartSource> parts, const ByteRanges& ranges, uint64_t size,
                 std::string_view content_type);

  // Of the answer, with all that is around the parts.
  uint64_t length() const { return length_; }
  std::string content_type() const { return "multipart/byteranges; boundary=" + boundary_; }

  Pull pull(Gather& out, size_t max) override;
  bool is_file() const override { return part_.source && part_.source->is_file(); }
  void on_drain() override {
    if (part_.source) part_.source->on_drain();
  }

 private:
  void on_body_ready(BodySource&, Lane lane) override { wake(lane); }
  std::string head_of(size_t i) const;
  std::string tail() const { return "\r\n--" + boundary_ + "--\r\n"; }
  bool next_part();
  void add_text(Gather& out, size_t max);
  Pull add_part(Gather& out, size_t max);

  const std::unique_ptr<PartSource> parts_;
  const ByteRanges ranges_;
  const uint64_t size_;
  const std::string content_type_;
  std::string boundary_;
  uint64_t length_ = 0;
  std::string text_;  // of a part's head or of the end, to be sent before anything else
  Body part_;
  uint64_t part_left_ = 0;
  size_t next_ = 0;    // the part after this one
  bool last_ = false;  // what is to be sent is the end
};

}  // namespace fce
