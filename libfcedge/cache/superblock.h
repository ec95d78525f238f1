// SPDX-License-Identifier: Apache-2.0
// Superblock: what a store's directory is. Its format, id and secrets, and how often it was opened,
// which is the upper part of all sequence numbers: so none is ever given away twice, even if the
// record that bore the largest is lost. Two copies, written in turn.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"
#include "cache/cipher.h"
#include "cache/disk.h"
#include "cache/record.h"

namespace fce {

struct Superblock {
  static constexpr uint32_t kFormat = 1;
  static constexpr uint64_t kFileBytes = 8192;
  static constexpr int kSequenceBits = 40;  // of them, the lower ones are counted while it runs
  static constexpr uint64_t kEpochMax = (uint64_t{1} << (64 - kSequenceBits)) - 1;

  StoreId id{};
  uint64_t epoch = 0;
  ObjectKeySecret names;                 // what keys are hashed with
  SipKey tenants{};                      // and what tenants are
  SipKey heads{};                        // what checks are keyed with
  std::shared_ptr<const Cipher> cipher;  // null: clear text

  // Reads it and counts this opening, or makes one. `directory` is open; `path` is its name for
  // messages, `key` the operator's ("": none). `*made`: there was none, or only a damaged one, so
  // that no other file in the directory can be read.
  Status open(Disk& disk, int directory, const std::string& path, const std::string& key,
              bool* made);

 private:
  enum class Copy : uint8_t { good, damaged, other_format, wrong_key };
  Copy decode(Bytes block, const std::string& key);
  bool encode(MutableBytes block) const;
  Status make(Disk& disk, int directory, const std::string& path, const std::string& key);
  Status write(Disk& disk, int fd, const std::string& path) const;
};

}  // namespace fce
