// SPDX-License-Identifier: Apache-2.0
// A disk that is full, broken, gone or read-only: misses and counters, and the store goes on.
#include <fcntl.h>

#include <fstream>
#include <thread>

#include "store_support.h"

namespace fce {
namespace {

// Waits for the end of the rest after an error; `retry_ms` is 1.
void wait_until_rested(Store& store) {
  while (store.stats().resting) std::this_thread::yield();
}

}  // namespace

TEST_CASE("faults: a full disk") {
  const StoreDirectoryForTest directory;
  FaultyDisk disk;
  StoreOptions options = small_store(directory);
  options.disk = &disk;
  auto store = open_store(options);
  CHECK(put(*store, "/before", "m", "before") == Status::ok);
  store->flush();
  for (uint64_t room = 0; room < 3000; room += 100) {
    wait_until_rested(*store);
    disk.room = room;
    CHECK(put(*store, "/a", "m", noise(3000, 1)) == Status::ok);
    store->flush();
    disk.room = UINT64_MAX;
    CHECK_FALSE(get(*store, "/a"));
    CHECK(body(*store, "/before") == "before");
  }
  CHECK(store->counters().get(Counter::cache_write_errors) == 30);
  wait_until_rested(*store);
  disk.room = 100'000;
  (void)put_large(*store, "/large", "m", noise(300'000, 1));
  disk.room = UINT64_MAX;
  store->flush();
  CHECK_FALSE(get(*store, "/large"));
  CHECK(directory.files(".obj").empty());
  wait_until_rested(*store);
  CHECK(put(*store, "/a", "m", noise(3000, 2)) == Status::ok);
  store->flush();
  CHECK(body(*store, "/a") == noise(3000, 2));
  CHECK(store->stats().disk_bytes >= directory.bytes());
  store = nullptr;
  store = open_store(options);
  CHECK(body(*store, "/a") == noise(3000, 2));
  CHECK(body(*store, "/before") == "before");
  CHECK(store->stats().objects == 2);
}

TEST_CASE("faults: a torn record that cannot be cut off takes room, and nothing else") {
  const StoreDirectoryForTest directory;
  FaultyDisk disk;
  StoreOptions options = small_store(directory);
  options.disk = &disk;
  auto store = open_store(options);
  disk.truncate_error = EIO;
  for (int i = 0; i < 20; ++i) {
    wait_until_rested(*store);
    CHECK(put(*store, "/good" + std::to_string(i), "m", "good") == Status::ok);
    store->flush();
    disk.room = 2000;
    CHECK(put(*store, "/a", "m", noise(3000, 1)) == Status::ok);
    store->flush();
    disk.room = UINT64_MAX;
    CHECK_FALSE(get(*store, "/a"));
    CHECK(store->stats().disk_bytes >= directory.bytes());
  }
  disk.truncate_error = 0;
  store = nullptr;
  store = open_store(options);
  CHECK(store->stats().objects == 20);
  CHECK(body(*store, "/good7") == "good");
}

TEST_CASE("faults: writing rests after an error, and is tried again") {
  const StoreDirectoryForTest directory;
  FaultyDisk disk;
  StoreOptions options = small_store(directory);
  options.disk = &disk;
  options.retry_ms = 3'600'000;
  auto store = open_store(options);
  disk.write_error = EIO;
  CHECK(put(*store, "/a", "m", "a") == Status::ok);
  store->flush();
  CHECK(store->stats().resting);
  CHECK(put(*store, "/a", "m", "a") == Status::full);
  std::unique_ptr<LargeWriter> writer;
  CHECK(store->begin_large({"t", "/a"}, {}, 10, nullptr, &writer) == Status::full);
  CHECK(store->counters().get(Counter::cache_write_errors) == 1);
  CHECK(store->counters().get(Counter::cache_resting) == 2);
  CHECK_FALSE(get(*store, "/a"));
}

TEST_CASE("faults: no descriptors, a read-only file system, a directory that went") {
  const StoreDirectoryForTest directory;
  FaultyDisk disk;
  StoreOptions options = small_store(directory);
  options.disk = &disk;
  auto store = open_store(options);
  for (const int error : {EMFILE, EROFS, ENOENT}) {
    disk.open_error = error;
    wait_until_rested(*store);
    CHECK(put(*store, "/a", "m", "a") == Status::ok);
    (void)put_large(*store, "/b", "m", noise(300'000, 1));
    store->flush();
    CHECK_FALSE(get(*store, "/a"));
    CHECK_FALSE(get(*store, "/b"));
  }
  CHECK(store->counters().get(Counter::cache_write_errors) >= 3);
  disk.open_error = 0;
  wait_until_rested(*store);
  CHECK(put(*store, "/a", "m", "a") == Status::ok);
  store->flush();
  CHECK(body(*store, "/a") == "a");
  std::filesystem::remove_all(directory.path());
  for (int i = 0; i < 300; ++i) {
    wait_until_rested(*store);
    (void)put(*store, "/" + std::to_string(i), "m", noise(20'000, 1));
    store->flush();
  }
  CHECK(store->counters().get(Counter::cache_write_errors) > 3);
}

TEST_CASE("faults: errors on reading are misses") {
  const StoreDirectoryForTest directory;
  FaultyDisk disk;
  StoreOptions options = small_store(directory);
  options.disk = &disk;
  auto store = open_store(options);
  CHECK(put(*store, "/a", "m", "a") == Status::ok);
  CHECK(put_large(*store, "/b", "m", noise(300'000, 1)) == Status::ok);
  store->flush();
  disk.read_error = EIO;
  CHECK_FALSE(get(*store, "/a"));
  CHECK(store->counters().get(Counter::cache_read_errors) == 1);
  const ObjectRef b = get(*store, "/b");
  Slice slice;
  CHECK(b->file()->read(0, 1, false, &slice) == LargeFile::Read::failed);
  CHECK_FALSE(get(*store, "/b"));
  disk.read_error = 0;
  CHECK_FALSE(get(*store, "/a"));
  CHECK(put(*store, "/a", "m", "again") == Status::ok);
  store->flush();
  CHECK(body(*store, "/a") == "again");
  store = nullptr;
  // At start, too: it comes up, and empty.
  disk.read_error = EIO;
  std::unique_ptr<Store> broken;
  CHECK(Store::open(options, &broken) == Status::io);
  disk.read_error = 0;
  store = open_store(options);
  CHECK(body(*store, "/a") == "again");
}

TEST_CASE("faults: files that cannot be opened at start are read when they can") {
  const StoreDirectoryForTest directory;
  FaultyDisk disk;
  StoreOptions options = small_store(directory);
  options.disk = &disk;
  auto store = open_store(options);
  for (int i = 0; i < 100; ++i)
    CHECK(put(*store, "/" + std::to_string(i), "m", noise(20'000, i)) == Status::ok);
  store = nullptr;
  const uint64_t bytes = directory.bytes();
  class NoSegments final : public DiskLayer {
   public:
    int open(int at, const char* name, int flags) override {
      return std::string_view(name).ends_with(".seg") && !(flags & O_CREAT)
                 ? -EMFILE
                 : Disk::real().open(at, name, flags);
    }
  } no_segments;
  options.disk = &no_segments;
  store = open_store(options);
  CHECK(store->stats().objects == 0);
  CHECK(store->counters().get(Counter::cache_read_errors) >= 2);
  CHECK(store->stats().disk_bytes >= bytes);
  CHECK(put(*store, "/new", "m", "new") == Status::ok);
  store = nullptr;
  options.disk = &disk;
  store = open_store(options);
  CHECK(store->stats().objects == 101);
}

TEST_CASE("faults: what cannot be deleted still counts") {
  const StoreDirectoryForTest directory;
  FaultyDisk disk;
  StoreOptions options = small_store(directory);
  options.disk = &disk;
  auto store = open_store(options);
  disk.unlink_error = EROFS;
  for (int i = 0; i < 1000; ++i) {
    (void)put(*store, "/" + std::to_string(i), "m", noise(20'000, i));
    store->flush();
    REQUIRE(directory.bytes() <= options.disk_bytes_max);
  }
  CHECK(store->counters().get(Counter::limit_cache_bytes) > 0);
  disk.unlink_error = 0;
  CHECK(put(*store, "/a", "m", "a") == Status::ok);
  store->flush();
  CHECK(body(*store, "/a") == "a");
}

TEST_CASE("faults: what is cold is loaded by a worker") {
  const StoreDirectoryForTest directory;
  FaultyDisk disk;
  StoreOptions options = small_store(directory);
  options.disk = &disk;
  auto store = open_store(options);
  CHECK(put(*store, "/a", "m", "a") == Status::ok);
  CHECK(put_large(*store, "/b", "m", noise(300'000, 1)) == Status::ok);
  store->flush();
  disk.cold = true;
  Found found = store->find({"t", "/a"});
  CHECK(found.what == Found::What::cold);
  CHECK(body_of(store->load(found.cold, {"t", "/a"})) == "a");
  CHECK_FALSE(store->load(found.cold, {"u", "/a"}));
  const ObjectRef b = get(*store, "/b");
  Slice slice;
  CHECK(b->file()->read(0, 1, false, &slice) == LargeFile::Read::cold);
  CHECK(body_of(b) == noise(300'000, 1));
  // Erased meanwhile, or after a restart.
  store = nullptr;
  store = open_store(options);
  found = store->find({"t", "/a"});
  CHECK(found.what == Found::What::cold);
  CHECK(store->find({"t", "/b"}).what == Found::What::cold);
  CHECK(body(*store, "/b") == noise(300'000, 1));
  store->erase({"t", "/a"});
  (void)store->load(found.cold, {"t", "/a"});
  CHECK(store->find({"t", "/a"}).what == Found::What::miss);
}

TEST_CASE("faults: a body is verified once a start") {
  const StoreDirectoryForTest directory;
  {
    auto store = open_store(small_store(directory));
    CHECK(put(*store, "/a", "m", std::string(1000, 'a')) == Status::ok);
    CHECK(put(*store, "/b", "m", std::string(1000, 'b')) == Status::ok);
  }
  auto store = open_store(small_store(directory));
  CHECK(body(*store, "/a") == std::string(1000, 'a'));
  std::fstream file(directory.files(".seg").at(0), std::ios::in | std::ios::out);
  for (const int at : {500, 1116 + 500}) file.seekp(at).put('x');
  file.close();
  CHECK(body(*store, "/a") != std::string(1000, 'a'));
  CHECK_FALSE(get(*store, "/b"));
  CHECK(store->counters().get(Counter::cache_corrupt) == 1);
}

TEST_CASE("faults: encrypted: no clear text on the disk, and a wrong key is an error") {
  const StoreDirectoryForTest directory;
  const StoreDirectoryForTest keys;
  const auto key_file = [&](const char* name, size_t size, char c) {
    const std::string path = keys.path() + "/" + name;
    std::ofstream(path) << std::string(size, c);
    return path;
  };
  StoreOptions options = small_store(directory);
  for (const size_t size : {16, 32}) {
    options.key_file = key_file("key", size, 'k');
    const std::string secret = "a secret that is nowhere in clear";
    const std::string large = secret + noise(200'000, 1) + secret;
    auto store = open_store(options);
    for (int turn = 0; turn < 2; ++turn) {
      if (turn == 0) {
        CHECK(put(*store, "/secret-name", secret, secret, "secret-tenant") == Status::ok);
        CHECK(put_large(*store, "/secret-large", secret, large, false) == Status::ok);
      }
      CHECK(body(*store, "/secret-name", "secret-tenant") == secret);
      CHECK(as_text(get(*store, "/secret-name", "secret-tenant")->meta()) == secret);
      CHECK(body(*store, "/secret-large") == large);
      CHECK(as_text(get(*store, "/secret-large")->meta()) == secret);
      CHECK(store->replace_meta(*get(*store, "/secret-large"), as_bytes(secret)) == Status::ok);
      store = nullptr;
      for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        CHECK(text.find("secret") == std::string::npos);
      }
      store = open_store(options);
    }
    store = nullptr;
    StoreOptions wrong = options;
    for (const std::string& path : {key_file("other", size, 'x'), std::string()}) {
      wrong.key_file = path;
      CHECK(Store::open(wrong, &store) == Status::denied);
      CHECK(std::string(last_error()).find(directory.path()) != std::string::npos);
    }
    wrong.key_file = key_file("short", 15, 'k');
    CHECK(Store::open(wrong, &store) == Status::invalid);
    wrong.key_file = keys.path() + "/none";
    CHECK(Store::open(wrong, &store) == Status::not_found);
    std::filesystem::remove_all(directory.path());
  }
  {
    options.key_file = "";
    auto store = open_store(options);
    CHECK(put(*store, "/a", "m", "a") == Status::ok);
  }
  options.key_file = key_file("key", 16, 'k');
  std::unique_ptr<Store> store;
  CHECK(Store::open(options, &store) == Status::denied);
}

}  // namespace fce
