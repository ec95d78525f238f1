// SPDX-License-Identifier: Apache-2.0
#include "http/compressor.h"

#include <array>
#include <utility>

namespace fce {
namespace {

struct Spare {
  std::unique_ptr<Compressor> compressor;
  uint32_t level;
};

struct Pool {
  std::array<std::vector<Spare>, 4> spares;  // by coding
  size_t out = 0;
};

Pool& pool() {
  thread_local Pool pool;
  return pool;
}

std::unique_ptr<Compressor> make(ContentCoding coding, uint32_t level) {
  switch (coding) {
    case ContentCoding::identity: break;
    case ContentCoding::gzip: return make_gzip(level);
    case ContentCoding::br: return make_br(level);
    case ContentCoding::zstd: return make_zstd(level);
  }
  return nullptr;
}

}  // namespace

CompressorLease CompressorLease::take(ContentCoding coding, uint32_t level) {
  CompressorLease lease;
  if (pool().out == kLeasesMax) return lease;
  auto& spares = pool().spares[static_cast<size_t>(coding)];
  for (Spare& spare : spares) {
    if (spare.level != level) continue;
    lease.compressor_ = std::move(spare.compressor);
    spare = std::move(spares.back());
    spares.pop_back();
    break;
  }
  if (!lease.compressor_) lease.compressor_ = make(coding, level);
  if (!lease.compressor_ || !lease.compressor_->reset()) return {};
  lease.coding_ = coding;
  lease.level_ = level;
  ++pool().out;
  return lease;
}

CompressorLease::CompressorLease(CompressorLease&& other) noexcept
    : compressor_(std::move(other.compressor_)), coding_(other.coding_), level_(other.level_) {}

CompressorLease& CompressorLease::operator=(CompressorLease&& other) noexcept {
  std::swap(compressor_, other.compressor_);
  std::swap(coding_, other.coding_);
  std::swap(level_, other.level_);
  return *this;
}

CompressorLease::~CompressorLease() {
  if (!compressor_) return;
  --pool().out;
  auto& spares = pool().spares[static_cast<size_t>(coding_)];
  if (spares.size() == kSparesMax) spares.erase(spares.begin());
  spares.push_back({std::move(compressor_), level_});
}

}  // namespace fce
