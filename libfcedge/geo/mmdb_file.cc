// SPDX-License-Identifier: Apache-2.0
#include "geo/mmdb_file.h"

#include <algorithm>

namespace fce {
namespace {

constexpr std::string_view kMarker = "\xab\xcd\xefMaxMind.com";
// The marker lies this near the end; its last occurrence is the one that counts.
constexpr size_t kMetadataMax = 128 * 1024;
constexpr uint32_t kMetadataValuesMax = 10'000;
// Zeros between the tree and the data.
constexpr size_t kSeparator = 16;

}  // namespace

Status MmdbFile::open(Bytes file) {
  const std::string_view text = as_text(file);
  const size_t tail = text.size() - std::min(text.size(), kMetadataMax);
  const size_t marker = text.substr(tail).rfind(kMarker);
  if (marker == std::string_view::npos)
    return fail(Status::invalid, "it is not a MaxMind database, or the end of it is missing");
  const size_t metadata_at = tail + marker;
  const Status status = read_metadata(file.subspan(metadata_at + kMarker.size()));
  return status == Status::ok ? find_parts(file, metadata_at) : status;
}

Status MmdbFile::read_metadata(Bytes metadata) {
  const MmdbData data(metadata);
  MmdbBudget budget{kMetadataValuesMax};
  MmdbValue map;
  size_t at = 0;
  double nodes = 0, bits = 0, version = 0, major = 0, built = 0;
  const bool good = data.read(&at, &map, &budget) && map.type == MmdbValue::Type::map &&
                    data.for_each(map, &budget, [&](std::string_view key, const MmdbValue& value) {
                      if (key == "node_count") nodes = data.number(value, 0);
                      if (key == "record_size") bits = data.number(value, 0);
                      if (key == "ip_version") version = data.number(value, 0);
                      if (key == "binary_format_major_version") major = data.number(value, 0);
                      if (key == "build_epoch") built = data.number(value, 0);
                      if (key == "database_type") type_ = data.text(value);
                    });
  if (!good) return fail(Status::invalid, "the database's metadata cannot be read");
  if (major != 2) return fail(Status::invalid, "the database is not of format version 2");
  if (version != 4 && version != 6)
    return fail(Status::invalid, "the database is for neither IPv4 nor IPv6");
  if (bits != 24 && bits != 28 && bits != 32)
    return fail(Status::invalid, "the database's record size is none of 24, 28 and 32 bits");
  if (!(nodes >= 1 && nodes <= UINT32_MAX))
    return fail(Status::invalid, "the database has no nodes");
  node_count_ = static_cast<uint32_t>(nodes);
  record_bits_ = static_cast<uint32_t>(bits);
  v6_ = version == 6;
  // What no clock says is no time.
  built_s_ = built > 0 && built < 1e12 ? static_cast<uint64_t>(built) : 0;
  return Status::ok;
}

Status MmdbFile::find_parts(Bytes file, size_t metadata_at) {
  const uint64_t tree_bytes = uint64_t{node_count_} * record_bits_ / 4;
  if (tree_bytes + kSeparator > metadata_at)
    return fail(Status::invalid, "the database is shorter than its tree");
  tree_ = file.first(tree_bytes);
  data_ = MmdbData(file.subspan(tree_bytes + kSeparator, metadata_at - tree_bytes - kSeparator));
  return Status::ok;
}

MmdbFile::Record MmdbFile::record(uint32_t node, unsigned bit) const {
  const size_t record_bytes = record_bits_ / 8;  // of 28 bits: without the half byte in the middle
  const uint8_t* at = tree_.data() + size_t{node} * record_bits_ / 4;
  uint64_t value = 0;
  if (record_bits_ == 28) {
    value = bit == 0 ? at[3] >> 4 : at[3] & 15;
    if (bit == 1) ++at;
  }
  at += bit * record_bytes;
  for (size_t i = 0; i < record_bytes; ++i) value = value << 8 | at[i];
  if (value < node_count_) return {Record::Kind::node, value};
  if (value == node_count_) return {Record::Kind::nothing, 0};
  const uint64_t offset = value - node_count_;
  if (offset < kSeparator || offset - kSeparator >= data_.size()) return {Record::Kind::broken, 0};
  return {Record::Kind::data, offset - kSeparator};
}

MmdbFile::Record MmdbFile::ipv4_root() const {
  Record record{Record::Kind::node, 0};
  for (int i = 0; i < 96 && record.kind == Record::Kind::node; ++i)
    record = this->record(static_cast<uint32_t>(record.value), 0);
  return record;
}

}  // namespace fce
