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

// The address of IPv4 that one of IPv6 stands for, behind so many bits.
struct Embedded {
  uint8_t bits_before = 0;  // 0: it stands for none
  uint32_t v4 = 0;
};

Embedded embedded_in(IpNumber ip) {
  const uint64_t high = high_half(ip), low = low_half(ip);
  if (high >> 48 == 0x2002) return {16, static_cast<uint32_t>(high >> 16)};
  // Teredo's clients, whose bits it turns round (RFC 4380 section 4).
  if (high >> 32 == 0x2001'0000) return {96, static_cast<uint32_t>(~low)};
  const bool mapped = high == 0 && low >> 32 == 0xffff;
  const bool translated = high == 0x0064'ff9b'0000'0000 && low >> 32 == 0;
  if (mapped || translated) return {96, static_cast<uint32_t>(low)};
  return {};
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
  const Embedded embedded = embedded_in(ip_number(client));
  if (embedded.bits_before == 0) return match;
  const PrefixMatch v4 = prefixes_.find(ip_prefix(false, embedded.v4, 32));
  // What lies around may be known by itself.
  return {v4.cell, std::max(match.bits, static_cast<uint8_t>(v4.bits + embedded.bits_before))};
}

}  // namespace fce
