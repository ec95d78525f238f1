// SPDX-License-Identifier: Apache-2.0
#include <zstd.h>

#include "http/compressor.h"

namespace fce {
namespace {

constexpr int kDefaultLevel = 3;  // the library's own
// 256 KiB, for the memory of both sides. Clients need not take more than 8 MiB (RFC 9659).
constexpr int kWindowLog = 18;
constexpr size_t kStepBytes = 16 * 1024;

struct Destroy {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

class Zstd final : public Compressor {
 public:
  explicit Zstd(int level) : level_(level), context_(ZSTD_createCCtx()) {}

  bool run(Bytes in, Step step, std::vector<uint8_t>* out) override {
    const ZSTD_EndDirective directive = step == Step::go_on   ? ZSTD_e_continue
                                        : step == Step::flush ? ZSTD_e_flush
                                                              : ZSTD_e_end;
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    for (;;) {
      const size_t before = out->size();
      out->resize(before + kStepBytes);
      ZSTD_outBuffer output{out->data() + before, kStepBytes, 0};
      const size_t waiting = ZSTD_compressStream2(context_.get(), &output, &input, directive);
      out->resize(before + output.pos);
      if (ZSTD_isError(waiting)) return false;
      if (step == Step::go_on ? input.pos == input.size : waiting == 0) return true;
    }
  }
  bool reset() override {
    return context_ &&
           !ZSTD_isError(ZSTD_CCtx_reset(context_.get(), ZSTD_reset_session_and_parameters)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level_)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, kWindowLog));
  }

 private:
  const int level_;
  const std::unique_ptr<ZSTD_CCtx, Destroy> context_;
};

}  // namespace

std::unique_ptr<Compressor> make_zstd(uint32_t level) {
  return std::make_unique<Zstd>(level ? static_cast<int>(level) : kDefaultLevel);
}

}  // namespace fce
