// SPDX-License-Identifier: Apache-2.0
#include "geo/geo_index.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/fd.h"
#include "geo/mmdb_file.h"
#include "geo/mmdb_walk.h"
#include "http/file_root.h"

namespace fce {
namespace {

// Not mapped: a file that somebody cuts while it is read would end the process.
Status read_file(const std::string& path, std::vector<uint8_t>* bytes) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  FileIdentity identity;
  if (!fd || !stat_open(fd, &identity))
    return fail(status_from_errno(errno), "cannot read it: " + std::string(std::strerror(errno)));
  if (identity.size > GeoIndex::kFileBytesMax)
    return fail(Status::too_big, "it is larger than 2 GiB");
  bytes->resize(identity.size);
  if (!read_exactly(fd, 0, bytes->data(), bytes->size()))
    return fail(Status::io, "it cannot be read, or is being written");
  return Status::ok;
}

// How many of the first bits of an address of IPv6 lead to one of IPv4; 0: it is not such a one.
uint8_t bits_before_v4(IpNumber ip) {
  if (high_half(ip) >> 48 == 0x2002) return 16;
  const bool mapped = high_half(ip) == 0 && low_half(ip) >> 32 == 0xffff;
  const bool translated = high_half(ip) == 0x0064'ff9b'0000'0000 && low_half(ip) >> 32 == 0;
  return mapped || translated ? 96 : 0;
}

}  // namespace

Status GeoIndex::read(const std::vector<std::string>& paths, std::shared_ptr<const GeoIndex>* out) {
  const auto index = std::make_shared<GeoIndex>();
  for (const std::string& path : paths) {
    std::vector<uint8_t> bytes;
    Status status = read_file(path, &bytes);
    if (status == Status::ok) status = index->add(bytes);
    if (status != Status::ok) return fail(status, path + ": " + last_error());
  }
  index->finish();
  *out = index;
  return Status::ok;
}

Status GeoIndex::add(Bytes file) {
  MmdbFile mmdb;
  if (const Status status = mmdb.open(file); status != Status::ok) return status;
  if (type_.empty()) type_ = mmdb.type();
  built_s_ = std::max(built_s_, mmdb.built_s());
  return walk_mmdb(mmdb, maker_, prefixes_);
}

void GeoIndex::finish() {
  prefixes_.finish();
  cells_ = maker_.take();
}

PrefixMatch GeoIndex::find(const IpPrefix& client) const {
  const PrefixMatch match = prefixes_.find(client);
  if (!client.v6 || match.cell != Cells::kUnknown) return match;
  const IpNumber ip = ip_number(client);
  const uint8_t before = bits_before_v4(ip);
  if (before == 0) return match;
  const uint32_t v4 = static_cast<uint32_t>(ip >> (96 - before));
  const PrefixMatch embedded = prefixes_.find(ip_prefix(false, v4, 32));
  // What lies around may be known by itself.
  return {embedded.cell, std::max(match.bits, static_cast<uint8_t>(embedded.bits + before))};
}

}  // namespace fce
