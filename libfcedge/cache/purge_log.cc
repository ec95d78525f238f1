// SPDX-License-Identifier: Apache-2.0
#include "cache/purge_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/crypto.h"
#include "base/fd.h"
#include "base/log.h"

namespace fce {
namespace {

constexpr char kMagic[] = "FCEPURG1";  // the last character is the version
constexpr size_t kMagicBytes = 8;
constexpr size_t kHeadBytes =
    1 + 1 + 2 + 4 + 8;  // kind, soft, tenant's and text's size, generation
constexpr size_t kSumBytes = 8;
constexpr uint64_t kRewriteBytes = 1024 * 1024;
// A floor stands in the log as a record of this kind.
constexpr uint8_t kFloor = 255;

void put(std::vector<uint8_t>* out, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) out->push_back(static_cast<uint8_t>(value >> (8 * i)));
}

uint64_t take(const uint8_t* from, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value |= uint64_t{from[i]} << (8 * i);
  return value;
}

// Against accidents of a disk; nobody but the node writes here.
uint64_t sum_of(Bytes bytes) {
  static constexpr std::array<uint8_t, 16> kKey{};
  return siphash(kKey, as_text(bytes));
}

void encode_raw(uint8_t kind, const Purge& purge, std::vector<uint8_t>* out) {
  const size_t begin = out->size();
  put(out, kind, 1);
  put(out, purge.soft ? 1 : 0, 1);
  put(out, purge.tenant.size(), 2);
  put(out, purge.text.size(), 4);
  put(out, purge.generation, 8);
  out->insert(out->end(), purge.tenant.begin(), purge.tenant.end());
  out->insert(out->end(), purge.text.begin(), purge.text.end());
  put(out, sum_of(Bytes(*out).subspan(begin)), kSumBytes);
}

Status failed(const std::string& what) {
  const int error = errno;
  return fail(status_from_errno(error), what + ": " + std::strerror(error));
}

bool write_all(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(wrote));
  }
  return true;
}

// Else the old file could be there again after a loss of power.
bool sync_directory_of(const std::string& path) {
  const Fd directory(::open(path.substr(0, path.rfind('/')).c_str(), O_RDONLY | O_CLOEXEC));
  return directory && ::fsync(directory.get()) == 0;
}

}  // namespace

PurgeLog::~PurgeLog() {
  if (fd_ >= 0) ::close(fd_);
}

void PurgeLog::encode(const Purge& purge, std::vector<uint8_t>* out) {
  encode_raw(static_cast<uint8_t>(purge.kind), purge, out);
}

bool PurgeLog::decode(Bytes* bytes, Purge* out) {
  if (bytes->size() < kHeadBytes + kSumBytes) return false;
  const uint8_t* at = bytes->data();
  const uint8_t kind = at[0];
  const size_t tenant = take(at + 2, 2), text = take(at + 4, 4);
  if ((kind > 2 && kind != kFloor) || at[1] > 1 || text > kTextMax) return false;
  const size_t size = kHeadBytes + tenant + text;
  if (bytes->size() < size + kSumBytes) return false;
  if (take(at + size, kSumBytes) != sum_of(bytes->first(size))) return false;
  const std::string_view all = as_text(bytes->subspan(kHeadBytes, tenant + text));
  *out = {static_cast<PurgeKind>(kind), at[1] == 1, all.substr(0, tenant), all.substr(tenant),
          take(at + 8, 8)};
  *bytes = bytes->subspan(size + kSumBytes);
  return true;
}

Status PurgeLog::open(const std::string& directory, uint64_t wall_ms, bool is_new) {
  const std::lock_guard lock(mutex_);
  path_ = directory + "/purges";
  (void)table_.now(wall_ms);
  Found found = Found::good;
  if (const Status status = read(&found); status != Status::ok) return status;
  if (found != Found::good && !(found == Found::missing && is_new)) {
    table_.set_floor(table_.next(wall_ms));
    log(LogLevel::warn, "cache begins anew: its purge log is %s path=%s",
        found == Found::missing ? "not there" : "damaged", path_.c_str());
  }
  return rewrite();
}

Status PurgeLog::read(Found* found) {
  const int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    *found = Found::missing;
    return errno == ENOENT ? Status::ok : failed("cannot read " + path_);
  }
  std::vector<uint8_t> content;
  std::array<uint8_t, 64 * 1024> piece;
  ssize_t got;
  while ((got = ::read(fd, piece.data(), piece.size())) > 0)
    content.insert(content.end(), piece.begin(), piece.begin() + got);
  const Status status = got < 0 ? failed("cannot read " + path_) : Status::ok;
  ::close(fd);
  if (status != Status::ok) return status;
  Bytes rest(content);
  *found = Found::damaged;
  if (rest.size() < kMagicBytes || std::memcmp(rest.data(), kMagic, kMagicBytes) != 0)
    return Status::ok;
  rest = rest.subspan(kMagicBytes);
  bool has_floor = false;  // each file begins with one
  for (Purge purge; decode(&rest, &purge);) {
    if (static_cast<uint8_t>(purge.kind) == kFloor) {
      table_.set_floor(purge.generation);
      has_floor = true;
    } else {
      table_.apply(purge);
    }
  }
  if (has_floor && rest.empty()) *found = Found::good;
  return Status::ok;
}

// Aside and renamed, so that a crash leaves the old file or the new one.
Status PurgeLog::rewrite() {
  std::vector<uint8_t> content(kMagic, kMagic + kMagicBytes);
  Purge floor;
  floor.generation = table_.floor();
  encode_raw(kFloor, floor, &content);
  table_.for_each([&](const Purge& purge) { encode(purge, &content); });
  const std::string aside = path_ + ".new";
  const int fd = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed("cannot write " + aside);
  if (!write_all(fd, content) || ::fdatasync(fd) != 0 ||
      ::rename(aside.c_str(), path_.c_str()) != 0 || !sync_directory_of(path_)) {
    const Status status = failed("cannot write " + aside);
    ::close(fd);
    return status;
  }
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  written_ = written_at_first_ = content.size();
  torn_ = false;
  return Status::ok;
}

Status PurgeLog::add(Purge purge, uint64_t wall_ms, bool sync) {
  if (purge.text.size() > kTextMax || purge.tenant.size() > UINT16_MAX)
    return fail(Status::invalid, "what is to be purged is longer than 64 KiB");
  const std::lock_guard lock(mutex_);
  purge.generation = table_.next(wall_ms);
  table_.apply(purge);
  if (torn_ || (written_ > kRewriteBytes && written_ > 2 * written_at_first_))
    if (const Status status = rewrite(); status != Status::ok) return status;
  std::vector<uint8_t> record;
  encode(purge, &record);
  if (!write_all(fd_, record)) {
    torn_ = true;
    return failed("cannot write " + path_);
  }
  written_ += record.size();
  if (sync && ::fdatasync(fd_) != 0) return failed("cannot write " + path_);
  return Status::ok;
}

}  // namespace fce
