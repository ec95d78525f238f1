// SPDX-License-Identifier: Apache-2.0
#include "cache/superblock.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/crc32c.h"
#include "base/crypto.h"
#include "base/log.h"
#include "cache/little_endian.h"

namespace fce {
namespace {

constexpr char kName[] = "superblock";
constexpr char kAside[] = "superblock.new";
constexpr std::string_view kMagic = "fcecache";
constexpr size_t kBlockBytes = Superblock::kFileBytes / 2;
constexpr size_t kClearBytes = 48;  // of these the cipher vouches for
constexpr size_t kSecretsAt = 48;
constexpr size_t kSecretsBytes = 64;
constexpr size_t kTagAt = kSecretsAt + kSecretsBytes;
constexpr size_t kCheckAt = kBlockBytes - 4;
constexpr uint32_t kEncrypted = 1;

Status failed(const std::string& what, int error) {
  return fail(status_from_errno(error), what + ": " + std::strerror(error));
}

}  // namespace

// The magic, the format and the place of the checksum are the same in all formats to come.
Superblock::Copy Superblock::decode(Bytes block, const std::string& key) {
  const uint8_t* p = block.data();
  if (block.size() != kBlockBytes || !as_text(block).starts_with(kMagic)) return Copy::damaged;
  if (load_le<uint32_t>(p + kCheckAt) != crc32c(block.first(kCheckAt))) return Copy::damaged;
  if (load_le<uint32_t>(p + 8) != kFormat) return Copy::other_format;
  const bool encrypted = load_le<uint32_t>(p + 12) & kEncrypted;
  epoch = load_le<uint64_t>(p + 16);
  std::copy_n(p + 24, id.size(), id.begin());
  std::array<uint8_t, kSecretsBytes> secrets;
  std::copy_n(p + kSecretsAt, secrets.size(), secrets.begin());
  if (encrypted != !key.empty()) return Copy::wrong_key;
  if (encrypted) {
    cipher = std::make_shared<const Cipher>(as_bytes(key), id);
    if (!cipher->open(epoch << kSequenceBits, Cipher::kSuperblock, block.first(kClearBytes),
                      secrets, block.subspan(kTagAt, kAeadTagBytes)))
      return Copy::wrong_key;
  }
  const uint8_t* secret = secrets.data();
  for (auto* to : {&names.high, &names.low, &tenants, &heads}) {
    std::copy_n(secret, to->size(), to->begin());
    secret += to->size();
  }
  explicit_bzero(secrets.data(), secrets.size());
  return Copy::good;
}

bool Superblock::encode(MutableBytes block) const {
  std::fill(block.begin(), block.end(), uint8_t{0});
  uint8_t* p = block.data();
  std::copy(kMagic.begin(), kMagic.end(), p);
  store_le(p + 8, kFormat);
  store_le(p + 12, cipher ? kEncrypted : uint32_t{0});
  store_le(p + 16, epoch);
  std::copy(id.begin(), id.end(), p + 24);
  uint8_t* secret = p + kSecretsAt;
  for (const auto* from : {&names.high, &names.low, &tenants, &heads})
    secret = std::copy(from->begin(), from->end(), secret);
  if (cipher &&
      !cipher->seal(epoch << kSequenceBits, Cipher::kSuperblock, block.first(kClearBytes),
                    block.subspan(kSecretsAt, kSecretsBytes), block.subspan(kTagAt, kAeadTagBytes)))
    return false;
  store_le(p + kCheckAt, crc32c(block.first(kCheckAt)));
  return true;
}

Status Superblock::write(Disk& disk, int fd, const std::string& path) const {
  std::vector<uint8_t> block(kBlockBytes);
  if (!encode(block)) return fail(Status::tls, "AES-GCM cannot seal the superblock of " + path);
  const Bytes piece(block);
  int result = disk.write_all(fd, {&piece, 1}, epoch % 2 * kBlockBytes);
  if (result == 0) result = disk.sync(fd);
  return result == 0 ? Status::ok
                     : failed("cannot write the superblock of the cache in " + path, -result);
}

// Written aside and renamed: there is no superblock, or one that was on the disk as a whole.
Status Superblock::make(Disk& disk, int directory, const std::string& path,
                        const std::string& key) {
  epoch = 2;
  random_bytes(id);
  names = ObjectKeySecret::random();
  random_bytes(tenants);
  random_bytes(heads);
  if (!key.empty()) cipher = std::make_shared<const Cipher>(as_bytes(key), id);
  const int fd = disk.open(directory, kAside, O_WRONLY | O_CREAT | O_TRUNC);
  if (fd < 0) return failed("cannot make a superblock in the cache's directory " + path, -fd);
  Status status = write(disk, fd, path);
  // The second copy says the same, but for its number.
  Superblock older = *this;
  older.epoch = 1;
  if (status == Status::ok) status = older.write(disk, fd, path);
  ::close(fd);
  if (status != Status::ok) return status;
  const int result = disk.rename(directory, kAside, kName);
  if (result < 0)
    return failed("cannot make a superblock in the cache's directory " + path, -result);
  (void)disk.sync(directory);
  return Status::ok;
}

Status Superblock::open(Disk& disk, int directory, const std::string& path, const std::string& key,
                        bool* made) {
  *made = true;
  const int fd = disk.open(directory, kName, O_RDWR);
  if (fd == -ENOENT) return make(disk, directory, path, key);
  if (fd < 0) return failed("cannot open the superblock of the cache in " + path, -fd);
  std::vector<uint8_t> file(kFileBytes);
  const int result = disk.read_all(fd, file, 0);
  Superblock best;
  bool found = false, other_format = false, wrong_key = false;
  for (const size_t at : {size_t{0}, kBlockBytes}) {
    Superblock copy;
    const Copy what =
        result == 0 ? copy.decode(Bytes(file).subspan(at, kBlockBytes), key) : Copy::damaged;
    other_format |= what == Copy::other_format;
    wrong_key |= what == Copy::wrong_key;
    if (what != Copy::good || (found && copy.epoch < best.epoch)) continue;
    best = copy;
    found = true;
  }
  Status status = Status::ok;
  if (result < 0 && result != -ENODATA) {
    status = failed("cannot read the superblock of the cache in " + path, -result);
  } else if (other_format) {
    status = fail(Status::version, "the cache in " + path + " has another format than " +
                                       std::to_string(kFormat) + ", which this version reads");
  } else if (wrong_key) {
    status = fail(Status::denied, "the cache in " + path +
                                      " was written with another key, or with one where there is "
                                      "none now, or without");
  } else if (found && best.epoch < kEpochMax) {
    *this = best;
    ++epoch;
    *made = false;
    status = write(disk, fd, path);
  }
  ::close(fd);
  if (status != Status::ok || !*made) return status;
  log(LogLevel::warn, "the cache's superblock is damaged, so it begins empty directory=%s",
      path.c_str());
  return make(disk, directory, path, key);
}

}  // namespace fce
