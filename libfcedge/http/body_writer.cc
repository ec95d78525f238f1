// SPDX-License-Identifier: Apache-2.0
#include "http/body_writer.h"

#include <algorithm>
#include <utility>

namespace fce {
namespace {

constexpr size_t kChunkHeadBytes = 7;       // five hex digits, CR, LF
constexpr size_t kChunkBytesMax = 0xfffff;  // what five digits can say

void write_chunk_head(uint8_t* to, size_t size) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (size_t i = 0; i < 5; ++i) to[i] = static_cast<uint8_t>(kHex[size >> (16 - 4 * i) & 15]);
  to[5] = '\r';
  to[6] = '\n';
}

}  // namespace

void BodyWriter::begin(Body body, BodyReader& reader, bool raw) {
  bytes_ = std::move(body.bytes);
  source_ = std::move(body.source);
  left_ = raw ? std::nullopt : body.length;
  chunked_ = !raw && !body.length;
  waiting_ = pulled_ = false;
  if (source_) source_->set_reader(&reader);
}

void BodyWriter::clear() {
  bytes_ = {};
  source_.reset();
  waiting_ = false;
}

BodyWriter::Result BodyWriter::write(Gather& out) {
  if (source_) return pull(out);
  return write_slice(out);
}

BodyWriter::Result BodyWriter::write_slice(Gather& out) {
  if (bytes_.bytes.empty()) return Result::done;
  const size_t room = out.room();
  if (room == 0) return Result::more;
  const size_t size = std::min(room, bytes_.bytes.size());
  out.add(Slice{bytes_.chunk, bytes_.bytes.first(size)});
  bytes_.bytes = bytes_.bytes.subspan(size);
  return bytes_.bytes.empty() ? Result::done : Result::more;
}

BodyWriter::Result BodyWriter::pull(Gather& out) {
  while (!waiting_) {
    if (left_ == uint64_t{0}) return Result::done;
    const size_t room = out.room();
    if (room <= kChunkHeadBytes) return Result::more;
    size_t max = chunked_ ? std::min(room, kChunkBytesMax) : room;
    if (left_) max = static_cast<size_t>(std::min<uint64_t>(max, *left_));
    const Gather::Mark mark = out.mark();
    uint8_t* const head = chunked_ ? out.reserve(kChunkHeadBytes) : nullptr;
    const size_t before = out.bytes();
    pulled_ = true;
    const BodySource::Pull result = source_->pull(out, max);
    const size_t got = out.bytes() - before;
    if (left_) *left_ -= got;
    if (chunked_ && got == 0) out.truncate(mark);
    if (chunked_ && got > 0) {
      write_chunk_head(head, got);
      out.copy("\r\n");
    }
    switch (result) {
      case BodySource::Pull::more: break;
      case BodySource::Pull::wait: waiting_ = true; break;
      case BodySource::Pull::failed: return Result::failed;
      case BodySource::Pull::end:
        if (left_.value_or(0) > 0) return Result::failed;  // shorter than it said
        if (chunked_) out.copy("0\r\n\r\n");
        return Result::done;
    }
  }
  return left_ == uint64_t{0} ? Result::done : Result::wait;
}

}  // namespace fce
