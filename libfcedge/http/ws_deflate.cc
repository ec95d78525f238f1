// SPDX-License-Identifier: Apache-2.0
#include "http/ws_deflate.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "base/fatal.h"

namespace fce {
namespace {

// An empty block ends what a sender flushed; it is cut off each message (RFC 7692 section 7.2.1).
constexpr uint8_t kTail[4] = {0x00, 0x00, 0xFF, 0xFF};
constexpr int kLevel = 6;
constexpr int kMemoryLevel = 8;
// A thread's buffers start like this, and go back to it after a larger message.
constexpr size_t kBufferBytes = 64 * 1024;
constexpr size_t kHeaderBytesMax = 10;

// zlib does not write through its input.
uint8_t* input_of(Bytes bytes) { return const_cast<uint8_t*>(bytes.data()); }

class Deflater {
 public:
  explicit Deflater(int window_bits) {
    if (deflateInit2(&stream_, kLevel, Z_DEFLATED, -window_bits, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) != Z_OK)
      fatal("out of memory: a compressor");
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // The bytes written to `out`, without the tail; 0 when there is no room.
  size_t run(Bytes in, MutableBytes out) {
    deflateReset(&stream_);
    stream_.next_in = input_of(in);
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = deflate(&stream_, Z_SYNC_FLUSH);
    // Only room that is left tells that nothing waits to be written.
    if (result != Z_OK || stream_.avail_in != 0 || stream_.avail_out == 0) return 0;
    return out.size() - stream_.avail_out - sizeof kTail;
  }

 private:
  z_stream stream_{};
};

class Inflater {
 public:
  Inflater() {
    if (inflateInit2(&stream_, -kWsWindowBitsMax) != Z_OK) fatal("out of memory: a decompressor");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  WsInflated run(Bytes in, size_t bytes_max, Bytes* out) {
    inflateReset(&stream_);
    bytes_max_ = bytes_max;
    made_ = 0;
    at_end_ = false;
    if (out_.size() > kBufferBytes || out_.empty()) {
      out_ = std::vector<uint8_t>(std::min(kBufferBytes, bytes_max + 1));
    }
    WsInflated result = feed(in, Z_SYNC_FLUSH);
    // Block by block, so that zlib tells where it stands.
    if (result == WsInflated::done) result = feed(kTail, Z_BLOCK);
    if (result != WsInflated::done) return result;
    // Between two blocks, with no bit left over: the tail was what it is meant to be.
    const bool whole = at_end_ || (stream_.data_type & (128 | 63)) == 128;
    if (!whole) return WsInflated::broken;
    *out = {out_.data(), made_};
    return WsInflated::done;
  }

 private:
  WsInflated feed(Bytes in, int flush) {
    stream_.next_in = input_of(in);
    stream_.avail_in = static_cast<uInt>(in.size());
    for (;;) {
      // A sender may end its stream and begin another within a message (section 7.2.3.4).
      if (at_end_ && stream_.avail_in > 0) {
        inflateReset(&stream_);
        at_end_ = false;
      }
      if (made_ == out_.size()) grow();
      stream_.next_out = out_.data() + made_;
      stream_.avail_out = static_cast<uInt>(out_.size() - made_);
      const int result = inflate(&stream_, flush);
      made_ = out_.size() - stream_.avail_out;
      if (made_ > bytes_max_) return WsInflated::too_big;
      if (result == Z_MEM_ERROR) fatal("out of memory: a decompressor's window");
      if (result == Z_STREAM_END)
        at_end_ = true;
      else if (result != Z_OK && result != Z_BUF_ERROR)
        return WsInflated::broken;
      // With room left over, all that the input says was written.
      if (stream_.avail_in == 0 && stream_.avail_out > 0) return WsInflated::done;
    }
  }

  // One byte more than is allowed tells that it is too much.
  void grow() { out_.resize(std::min(out_.size() * 2, bytes_max_ + 1)); }

  z_stream stream_{};
  std::vector<uint8_t> out_;
  size_t bytes_max_ = 0;
  size_t made_ = 0;
  bool at_end_ = false;  // of a stream
};

}  // namespace

ChunkRef ws_deflate_message(WsOpcode opcode, Bytes payload, int window_bits, Counters& counters) {
  thread_local std::unique_ptr<Deflater> deflaters[kWsWindowBitsMax + 1];
  thread_local std::vector<uint8_t> buffer;
  window_bits = std::clamp(window_bits, kWsWindowBitsMin, kWsWindowBitsMax);
  if (payload.size() < kWsDeflateBytesMin) return {};
  auto& deflater = deflaters[window_bits];
  if (!deflater) deflater = std::make_unique<Deflater>(window_bits);
  // What would not be smaller finds no room.
  buffer.resize(payload.size() + sizeof kTail);
  const size_t size = deflater->run(payload, buffer);
  ChunkRef frame;
  if (size > 0) {
    uint8_t header[kHeaderBytesMax];
    const size_t header_bytes = ws_frame_header(opcode, size, header, true);
    frame = ChunkRef::make(header_bytes + size);
    std::memcpy(frame->data(), header, header_bytes);
    std::memcpy(frame->data() + header_bytes, buffer.data(), size);
    counters.add(Counter::deflate_bytes_in, payload.size());
    counters.add(Counter::deflate_bytes_out, size);
  } else {
    counters.add(Counter::deflate_futile);
  }
  if (buffer.size() > kBufferBytes) std::vector<uint8_t>().swap(buffer);
  return frame;
}

WsInflated ws_inflate_message(Bytes compressed, size_t bytes_max, Bytes* out) {
  thread_local Inflater inflater;
  return inflater.run(compressed, bytes_max, out);
}

}  // namespace fce
