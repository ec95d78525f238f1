// SPDX-License-Identifier: Apache-2.0
// Compressor: one stream of gzip, br or zstd in the making, whatever library does it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "http/accept_encoding.h"

namespace fce {

class Compressor {
 public:
  virtual ~Compressor() = default;

  enum class Step : uint8_t {
    go_on,   // keep what makes the result smaller
    flush,   // a client can read all that came so far
    finish,  // that was all
  };
  // Appends to `out`. False when the library fails: nothing may follow.
  virtual bool run(Bytes in, Step step, std::vector<uint8_t>* out) = 0;
  // Begins a new stream.
  virtual bool reset() = 0;
};

// 1 (fast) to 9 (small), for all codings; 0: the default of each.
constexpr uint32_t kCompressLevelMax = 9;

std::unique_ptr<Compressor> make_gzip(uint32_t level);
std::unique_ptr<Compressor> make_br(uint32_t level);
std::unique_ptr<Compressor> make_zstd(uint32_t level);

// A compressor of this thread, to be had for one stream. Those that were given back serve again: to
// make one costs more than to compress a small answer. Null when so many are out already that one
// more could take the memory of others (a MiB each); slow clients hold theirs for long.
class CompressorLease {
 public:
  static constexpr size_t kLeasesMax = 256;  // of a thread
  static constexpr size_t kSparesMax = 4;    // of a thread, for each coding

  CompressorLease() = default;
  static CompressorLease take(ContentCoding coding, uint32_t level);
  CompressorLease(CompressorLease&& other) noexcept;
  CompressorLease& operator=(CompressorLease&& other) noexcept;
  ~CompressorLease();

  explicit operator bool() const { return compressor_ != nullptr; }
  Compressor* operator->() const { return compressor_.get(); }

 private:
  std::unique_ptr<Compressor> compressor_;
  ContentCoding coding_ = ContentCoding::identity;
  uint32_t level_ = 0;
};

}  // namespace fce
