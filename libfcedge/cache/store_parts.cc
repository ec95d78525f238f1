// SPDX-License-Identifier: Apache-2.0
#include "cache/store_parts.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace fce {
namespace {

constexpr uint64_t kSegmentBytesMin = 1 << 20;
constexpr uint64_t kSegmentBytesMax = 64 << 20;
// What is not in the account of files: the superblock, and the one that is written beside it.
constexpr uint64_t kOwnBytes = 2 * Superblock::kFileBytes;
// Sizes in the index end at 64 GiB.
constexpr uint64_t kLargeMax = uint64_t{60} << 30;

std::shared_ptr<const LargeFile::Keys> keys_of(const Superblock& superblock) {
  auto keys = std::make_shared<LargeFile::Keys>();
  keys->heads = superblock.heads;
  keys->cipher = superblock.cipher;
  return keys;
}

EvictionOptions eviction_options(const StoreSizes& sizes) {
  EvictionOptions options;
  options.bytes_max = sizes.files_bytes_max;
  options.segment_bytes = sizes.segment_bytes;
  return options;
}

TenantSharesOptions share_options(const StoreOptions& options, const StoreSizes& sizes) {
  TenantSharesOptions out;
  out.bytes_max = sizes.files_bytes_max;
  out.share = options.tenant_share;
  return out;
}

MemoryTierOptions memory_options(const StoreOptions& options) {
  MemoryTierOptions out;
  out.bytes_max = options.memory_bytes_max;
  out.share = options.memory_share;
  return out;
}

}  // namespace

StoreSizes StoreSizes::from(const StoreOptions& options) {
  StoreSizes sizes;
  sizes.files_bytes_max = options.disk_bytes_max - kOwnBytes;
  sizes.segment_bytes =
      std::clamp(options.disk_bytes_max / 128, kSegmentBytesMin, kSegmentBytesMax);
  // Several fit into a segment, so that little of one is left empty.
  sizes.small_max = std::min<uint64_t>(options.small_max, sizes.segment_bytes / 4);
  sizes.large_max = std::min(options.disk_bytes_max / 4, kLargeMax);
  return sizes;
}

StoreLock::~StoreLock() {
  if (fd >= 0) ::close(fd);
}

Status StoreLock::take(const std::string& path) {
  const std::string file = path + "/lock";
  fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    const int error = errno;
    return fail(status_from_errno(error),
                "cannot write to the cache's directory " + path + ": " + std::strerror(error));
  }
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return Status::ok;
  if (errno == EWOULDBLOCK)
    return fail(Status::locked, "the cache's directory " + path + " is in use by another process");
  return fail(Status::io, "cannot lock the cache's directory " + path);
}

StoreParts::StoreParts(const StoreOptions& given, const StoreSizes& its_sizes,
                       const Superblock& block, std::shared_ptr<StoreDirectory> its_directory,
                       std::unique_ptr<StoreLock> its_lock)
    : options(given),
      sizes(its_sizes),
      superblock(block),
      lock(std::move(its_lock)),
      directory(std::move(its_directory)),
      keys(keys_of(block)),
      eviction(eviction_options(sizes)),
      shares(share_options(given, sizes)),
      memory(memory_options(given)),
      queue(given.queue_bytes_max),
      files(directory, keys),
      catalogue({index, eviction, shares, memory, writer},
                block.epoch << Superblock::kSequenceBits),
      appender({directory, keys, numbers, files, eviction, catalogue}, sizes.segment_bytes),
      evictor({directory, keys, numbers, files, index, eviction, shares, memory, catalogue,
               appender, events}),
      recovery({directory, keys, given.directory, numbers, files, index, eviction, shares,
                catalogue, evictor, events, given.filter}),
      reader({keys, superblock.tenants, files, index, memory, catalogue, events}),
      writer({directory, keys, given.directory, numbers, files, index, eviction, shares, catalogue,
              appender, evictor, events, queue},
             given.retry_ms) {
  writer.start(recovery);
}

StoreParts::~StoreParts() {
  recovery.stop();
  writer.stop();
}

}  // namespace fce
