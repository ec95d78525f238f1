// SPDX-License-Identifier: Apache-2.0
// For tests of the store: a directory that goes, a disk whose calls fail when told, short ways to
// put and read.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cache/disk.h"
#include "cache/store.h"

namespace fce {

class StoreDirectoryForTest {
 public:
  StoreDirectoryForTest() {
    char name[] = "/tmp/fcedge-store-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~StoreDirectoryForTest() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  StoreDirectoryForTest(const StoreDirectoryForTest&) = delete;
  const std::string& path() const { return path_; }
  // Sum of sizes, and of the blocks that are taken, of all files.
  uint64_t bytes() const {
    uint64_t sum = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) sum += entry.file_size();
    return sum;
  }
  std::vector<std::string> files(std::string_view ending) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      if (entry.path().string().ends_with(ending)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  std::string path_;
};

// Each error is 0 (none) or an errno; it holds until it is set again.
class FaultyDisk final : public DiskLayer {
 public:
  std::atomic<int> open_error{0}, read_error{0}, write_error{0}, unlink_error{0}, sync_error{0},
      truncate_error{0};
  std::atomic<bool> cold{false};
  std::atomic<uint64_t> room{UINT64_MAX};  // bytes that may still be written
  std::atomic<uint64_t> reads{0};

  int open(int directory, const char* name, int flags) override {
    return open_error ? -open_error : Disk::real().open(directory, name, flags);
  }
  int64_t read(int fd, std::span<const iovec> to, uint64_t offset, bool no_wait) override {
    ++reads;
    if (read_error) return -read_error;
    if (cold && no_wait) return -EAGAIN;
    return Disk::real().read(fd, to, offset, no_wait);
  }
  int64_t write(int fd, std::span<const iovec> from, uint64_t offset) override {
    if (write_error) return -write_error;
    if (room == 0) return -ENOSPC;
    // As a full disk does: a part, and the error only then.
    const iovec first{from[0].iov_base, std::min<uint64_t>(from[0].iov_len, room)};
    if (room == UINT64_MAX) return Disk::real().write(fd, from, offset);
    const int64_t done = Disk::real().write(fd, {&first, 1}, offset);
    if (done > 0) room -= static_cast<uint64_t>(done);
    return done;
  }
  int truncate(int fd, uint64_t size) override {
    return truncate_error ? -truncate_error : Disk::real().truncate(fd, size);
  }
  int unlink(int directory, const char* name) override {
    return unlink_error ? -unlink_error : Disk::real().unlink(directory, name);
  }
  int sync(int fd) override { return sync_error ? -sync_error : Disk::real().sync(fd); }
};

inline std::unique_ptr<Store> open_store(const StoreOptions& options) {
  std::unique_ptr<Store> store;
  const Status status = Store::open(options, &store);
  INFO(last_error());
  REQUIRE(status == Status::ok);
  store->flush();
  return store;
}

inline StoreOptions small_store(const StoreDirectoryForTest& directory) {
  StoreOptions options;
  options.directory = directory.path();
  options.disk_bytes_max = 16 << 20;
  options.retry_ms = 1;
  return options;
}

inline Status put(Store& store, std::string_view key, std::string_view meta, std::string_view body,
                  std::string_view tenant = "t") {
  const Bytes piece = as_bytes(body);
  return store.put({tenant, key}, as_bytes(meta), {&piece, 1});
}

inline ObjectRef get(Store& store, std::string_view key, std::string_view tenant = "t") {
  Found found = store.find({tenant, key});
  if (found.what == Found::What::cold) return store.load(found.cold, {tenant, key});
  CHECK((found.what == Found::What::hit) == (found.object != nullptr));
  return found.object;
}

// The whole body, by `read` for a large one. "?" if there is none.
inline std::string body_of(const ObjectRef& object) {
  if (!object) return "?";
  if (!object->file()) return std::string(as_text(object->body().bytes));
  std::string body;
  while (body.size() < object->body_bytes()) {
    Slice slice;
    if (object->file()->read(body.size(), 1 << 20, true, &slice) != LargeFile::Read::ok)
      return "? after " + std::to_string(body.size());
    body += as_text(slice.bytes);
  }
  return body;
}

inline std::string body(Store& store, std::string_view key, std::string_view tenant = "t") {
  return body_of(get(store, key, tenant));
}

inline std::string noise(size_t size, uint64_t seed) {
  std::string text(size, '\0');
  for (char& c : text) {
    seed = seed * 6364136223846793005 + 1442695040888963407;
    c = static_cast<char>(seed >> 56);
  }
  return text;
}

// Appends all of it, however often the writer has no room.
inline Status append_all(LargeWriter& writer, Store& store, std::string_view body) {
  for (size_t at = 0; at < body.size();) {
    const std::string_view part = body.substr(at, 50'000);
    const Status status = writer.append(Slice::whole(ChunkRef::copy_of(as_bytes(part))));
    if (status == Status::full) {
      store.flush();
      continue;
    }
    if (status != Status::ok) return status;
    at += part.size();
  }
  return Status::ok;
}

inline Status put_large(Store& store, std::string_view key, std::string_view meta,
                        std::string_view body, bool length_known = true) {
  std::unique_ptr<LargeWriter> writer;
  const auto length = length_known ? std::optional<uint64_t>(body.size()) : std::nullopt;
  Status status = store.begin_large({"t", key}, as_bytes(meta), length, nullptr, &writer);
  if (status == Status::ok) status = append_all(*writer, store, body);
  if (status == Status::ok) status = writer->commit();
  store.flush();
  return status;
}

}  // namespace fce
