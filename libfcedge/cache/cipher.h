// SPDX-License-Identifier: Apache-2.0
// Cipher: encryption at rest. AES-GCM with a key that is derived from the operator's and the
// store's id, so that two stores never share one. A nonce is a sequence number of the store, which
// is never given away twice, and a part: the pieces that are sealed under one number.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/status.h"

namespace fce {

using StoreId = std::array<uint8_t, 16>;

class Cipher {
 public:
  // Parts of a sequence number besides the frames of a large body, which are counted from 0.
  static constexpr uint32_t kRecord = 0xffffffff;
  static constexpr uint32_t kSummary = 0xfffffffe;
  static constexpr uint32_t kSuperblock = 0xfffffffd;

  // `key` is 16 or 32 bytes.
  Cipher(Bytes key, const StoreId& store);
  ~Cipher();
  Cipher(const Cipher&) = delete;
  Cipher& operator=(const Cipher&) = delete;

  // In place. False only if wolfCrypt fails; then nothing may be stored.
  bool seal(uint64_t sequence, uint32_t part, Bytes additional, MutableBytes text,
            MutableBytes tag) const;
  // In place. False when it is not what was sealed; `text` is worthless then.
  bool open(uint64_t sequence, uint32_t part, Bytes additional, MutableBytes text, Bytes tag) const;

 private:
  std::array<uint8_t, 32> key_{};
  size_t key_bytes_;
};

// Reads a key file: exactly 16 or 32 bytes, no text.
Status read_key_file(const std::string& path, std::string* key);

}  // namespace fce
