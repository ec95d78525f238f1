// SPDX-License-Identifier: Apache-2.0
#include "http/multi_range.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/crypto.h"

namespace fce {
namespace {

// Random, so that nobody can write a document that holds it.
std::string random_boundary() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int half = 0; half < 2; ++half)
    for (uint64_t number = random_u64(), digit = 0; digit < 16; ++digit, number >>= 4)
      text += kDigits[number & 15];
  return text;
}

}  // namespace

MultiRangeBody::MultiRangeBody(std::unique_ptr<PartSource> parts, const ByteRanges& ranges,
                               uint64_t size, std::string_view content_type)
    : parts_(std::move(parts)),
      ranges_(ranges),
      size_(size),
      content_type_(content_type),
      boundary_(random_boundary()) {
  for (size_t i = 0; i < ranges_.size(); ++i) length_ += head_of(i).size() + ranges_[i].length;
  length_ += tail().size();
}

std::string MultiRangeBody::head_of(size_t i) const {
  std::array<char, kContentRangeBytes> buffer;
  std::string head = (i == 0 ? "--" : "\r\n--") + boundary_;
  if (!content_type_.empty()) head += "\r\ncontent-type: " + content_type_;
  head += "\r\ncontent-range: ";
  head += content_range(&ranges_[i], size_, buffer);
  return head + "\r\n\r\n";
}

BodySource::Pull MultiRangeBody::pull(Gather& out, size_t max) {
  const size_t end = out.bytes() + max;
  for (;;) {
    if (!text_.empty()) add_text(out, end - out.bytes());
    if (last_ && text_.empty()) return Pull::end;
    if (!text_.empty() || out.bytes() == end || out.full()) return Pull::more;
    if (part_left_ > 0) {
      const Pull result = add_part(out, end - out.bytes());
      if (result != Pull::end) return result;
    } else if (!next_part()) {
      return Pull::failed;
    }
  }
}

void MultiRangeBody::add_text(Gather& out, size_t max) {
  const size_t size = std::min(max, text_.size());
  out.copy(std::string_view(text_).substr(0, size));
  text_.erase(0, size);
}

// `end`: this part is complete.
BodySource::Pull MultiRangeBody::add_part(Gather& out, size_t max) {
  max = static_cast<size_t>(std::min<uint64_t>(max, part_left_));
  if (!part_.source) {
    Slice& slice = part_.bytes;
    out.add(Slice{slice.chunk, slice.bytes.first(max)});
    slice.bytes = slice.bytes.subspan(max);
    part_left_ -= max;
    return part_left_ == 0 ? Pull::end : Pull::more;
  }
  const size_t before = out.bytes();
  const Pull result = part_.source->pull(out, max);
  part_left_ -= std::min<uint64_t>(part_left_, out.bytes() - before);
  if (part_left_ == 0 && result != Pull::failed) {
    part_ = Body::none();
    return Pull::end;
  }
  return result == Pull::end ? Pull::failed : result;
}

// Makes the next part and its head ready, or the end. False when there is no such part any more.
bool MultiRangeBody::next_part() {
  if (next_ == ranges_.size()) {
    last_ = true;
    text_ = tail();
    return true;
  }
  text_ = head_of(next_);
  const ByteRange& range = ranges_[next_++];
  part_ = parts_->part(range);
  part_left_ = range.length;
  if (part_.source) part_.source->set_reader(this);
  return part_.source || part_.bytes.bytes.size() == range.length;
}

}  // namespace fce
