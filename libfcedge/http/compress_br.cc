// SPDX-License-Identifier: Apache-2.0
#include <brotli/encode.h>

#include "http/compressor.h"

namespace fce {
namespace {

constexpr uint32_t kDefaultQuality = 4;  // the next one takes twice the time
// 256 KiB: what a client holds while it reads, and a bound of what the encoder does.
constexpr uint32_t kWindowBits = 18;

struct Destroy {
  void operator()(BrotliEncoderState* state) const { BrotliEncoderDestroyInstance(state); }
};

// The library cannot begin anew with the memory that it has.
class Br final : public Compressor {
 public:
  explicit Br(uint32_t quality) : quality_(quality) {}

  bool run(Bytes in, Step step, std::vector<uint8_t>* out) override {
    const BrotliEncoderOperation operation = step == Step::go_on   ? BROTLI_OPERATION_PROCESS
                                             : step == Step::flush ? BROTLI_OPERATION_FLUSH
                                                                   : BROTLI_OPERATION_FINISH;
    size_t left = in.size();
    const uint8_t* next = in.data();
    do {
      size_t no_room = 0;
      if (!BrotliEncoderCompressStream(state_.get(), operation, &left, &next, &no_room, nullptr,
                                       nullptr))
        return false;
      size_t size = 0;
      const uint8_t* const made = BrotliEncoderTakeOutput(state_.get(), &size);
      out->insert(out->end(), made, made + size);
    } while (left > 0 || BrotliEncoderHasMoreOutput(state_.get()));
    return true;
  }
  bool reset() override {
    state_.reset(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr));
    return state_ && BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_QUALITY, quality_) &&
           BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_LGWIN, kWindowBits);
  }

 private:
  const uint32_t quality_;
  std::unique_ptr<BrotliEncoderState, Destroy> state_;
};

}  // namespace

std::unique_ptr<Compressor> make_br(uint32_t level) {
  return std::make_unique<Br>(level ? level : kDefaultQuality);
}

}  // namespace fce
