// SPDX-License-Identifier: Apache-2.0
// MmdbFile: the parts of a MaxMind database (MaxMind-DB-spec) that lies in memory: what it says of
// itself, its tree of address bits, its data. Nothing of a broken file is read outside of it.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/status.h"
#include "geo/mmdb_data.h"

namespace fce {

class MmdbFile {
 public:
  // What a bit of an address leads to.
  struct Record {
    enum class Kind : uint8_t { node, nothing, data, broken };
    Kind kind = Kind::nothing;
    uint64_t value = 0;  // number of the node, or where in `data()` the value lies
  };

  // `file` must outlive it. FCE_EINVAL with a sentence when it is no such database.
  Status open(Bytes file);

  Record record(uint32_t node, unsigned bit) const;
  // What 96 bits of zero lead to, where IPv4 addresses are kept in a tree for IPv6.
  Record ipv4_root() const;

  bool v6() const { return v6_; }
  uint32_t node_count() const { return node_count_; }
  const MmdbData& data() const { return data_; }
  const std::string& type() const { return type_; }  // "DBIP-City"
  uint64_t built_s() const { return built_s_; }      // since 1970

 private:
  Status read_metadata(Bytes metadata);
  Status find_parts(Bytes file, size_t metadata_at);

  Bytes tree_;
  MmdbData data_;
  bool v6_ = false;
  uint32_t node_count_ = 0;
  uint32_t record_bits_ = 0;
  uint64_t built_s_ = 0;
  std::string type_;
};

}  // namespace fce
