// SPDX-License-Identifier: Apache-2.0
// GeoIndex: what one or several files of a MaxMind database say of all addresses, made to be asked
// often. Immutable: one is swapped for the next as a whole. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "geo/cells.h"
#include "geo/ip_prefix.h"
#include "geo/prefix_index.h"

namespace fce {

class GeoIndex {
 public:
  // A file larger than this is none of those that we know.
  static constexpr uint64_t kFileBytesMax = 2ull << 30;

  // Reads the files, which takes seconds. Several are those of the families: what one says of
  // IPv4 or IPv6, later ones do not say again. The sentence of a failure names the file.
  static Status read(const std::vector<std::string>& paths, std::shared_ptr<const GeoIndex>* out);

  // Enters what a file in memory says.
  Status add(Bytes file);
  // After the last.
  void finish();

  // Addresses of IPv6 that stand for one of IPv4 (::ffff:0:0/96, 64:ff9b::/96, 2002::/16,
  // 2001::/32) are where that is, unless a file says where they are themselves.
  PrefixMatch find(const IpPrefix& client) const;
  const Place& place(uint32_t cell) const { return cells_.at(cell); }

  size_t cells() const { return cells_.size(); }
  size_t ranges() const { return prefixes_.ranges(); }
  size_t memory_bytes() const { return prefixes_.memory_bytes() + cells_.memory_bytes(); }
  const std::string& type() const { return type_; }  // of the first file
  uint64_t built_s() const { return built_s_; }      // the newest file's time, since 1970

 private:
  CellMaker maker_;
  Cells cells_;
  PrefixIndex prefixes_;
  std::string type_;
  uint64_t built_s_ = 0;
};

}  // namespace fce
