// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <algorithm>

#include "http/compressor.h"

namespace fce {
namespace {

constexpr int kDefaultLevel = 5;      // beyond it zlib takes twice the time for a hundredth
constexpr int kWindowBits = 15 + 16;  // with a header and a checksum of gzip
constexpr int kMemoryLevel = 8;
constexpr size_t kStepBytes = 16 * 1024;

class Gzip final : public Compressor {
 public:
  explicit Gzip(int level) {
    made_ = deflateInit2(&stream_, level, Z_DEFLATED, kWindowBits, kMemoryLevel,
                         Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~Gzip() override {
    if (made_) deflateEnd(&stream_);
  }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  bool run(Bytes in, Step step, std::vector<uint8_t>* out) override {
    const int flush = step == Step::go_on   ? Z_NO_FLUSH
                      : step == Step::flush ? Z_SYNC_FLUSH
                                            : Z_FINISH;
    stream_.next_in = const_cast<uint8_t*>(in.data());  // zlib does not write through it
    stream_.avail_in = static_cast<uInt>(in.size());
    do {
      const size_t before = out->size();
      out->resize(before + kStepBytes);
      stream_.next_out = out->data() + before;
      stream_.avail_out = kStepBytes;
      const int result = deflate(&stream_, flush);
      out->resize(before + kStepBytes - std::min<size_t>(stream_.avail_out, kStepBytes));
      if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END) return false;
    } while (stream_.avail_out == 0);  // only room that is left tells that nothing waits
    return stream_.avail_in == 0;
  }
  bool reset() override { return made_ && deflateReset(&stream_) == Z_OK; }

 private:
  z_stream stream_{};
  bool made_;
};

}  // namespace

std::unique_ptr<Compressor> make_gzip(uint32_t level) {
  return std::make_unique<Gzip>(level ? static_cast<int>(level) : kDefaultLevel);
}

}  // namespace fce
