// SPDX-License-Identifier: Apache-2.0
#include "cache/large_file.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/fd.h"
#include "store_support.h"

namespace fce {
namespace {

class Progress final : public LargeProgress {
 public:
  void on_progress() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++told_;
    wake_.notify_all();
  }
  void wait_for_more(uint64_t seen) {
    std::unique_lock<std::mutex> lock(mutex_);
    wake_.wait(lock, [&] { return told_ > seen; });
  }
  uint64_t told() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return told_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  uint64_t told_ = 0;
};

}  // namespace

TEST_CASE("large file: of every length around a frame, also unknown, and after a restart") {
  const StoreDirectoryForTest directory;
  auto store = open_store(small_store(directory));
  const size_t frame = LargeFile::kFrameBytes;
  const std::vector<size_t> sizes = {0, 1, frame - 1, frame, frame + 1, 3 * frame, 300'001};
  for (const bool known : {true, false})
    for (const size_t size : sizes)
      CHECK(put_large(*store, "/" + std::to_string(size) + (known ? "k" : "u"), "meta",
                      noise(size, size), known) == Status::ok);
  for (int turn = 0; turn < 2; ++turn) {
    for (const bool known : {true, false}) {
      for (const size_t size : sizes) {
        const ObjectRef object = get(*store, "/" + std::to_string(size) + (known ? "k" : "u"));
        REQUIRE(object);
        CHECK(object->body_bytes() == size);
        CHECK(as_text(object->meta()) == "meta");
        CHECK(body_of(object) == noise(size, size));
      }
    }
    CHECK(store->stats().large_files == 2 * sizes.size());
    store = nullptr;
    store = open_store(small_store(directory));
  }
}

TEST_CASE("large file: readers follow the writer") {
  const StoreDirectoryForTest directory;
  auto store = open_store(small_store(directory));
  const auto progress = std::make_shared<Progress>();
  std::unique_ptr<LargeWriter> writer;
  const std::string body = noise(1'000'000, 5);
  REQUIRE(store->begin_large({"t", "/a"}, as_bytes("m"), std::nullopt, progress, &writer) ==
          Status::ok);
  const std::shared_ptr<LargeFile> file = writer->file();
  std::string seen;
  std::thread reader([&] {
    for (;;) {
      const uint64_t told = progress->told();
      Slice slice;
      const LargeFile::Read read = file->read(seen.size(), 30'000, true, &slice);
      if (read == LargeFile::Read::end) return;
      if (read == LargeFile::Read::failed) return;
      if (read == LargeFile::Read::ok) {
        seen += as_text(slice.bytes);
      } else {
        progress->wait_for_more(told);
      }
    }
  });
  CHECK_FALSE(get(*store, "/a"));
  CHECK(append_all(*writer, *store, body) == Status::ok);
  CHECK(writer->commit() == Status::ok);
  CHECK(writer->commit() == Status::bad_state);
  reader.join();
  CHECK(seen == body);
  CHECK(file->state() == LargeFile::State::complete);
  CHECK(fce::body(*store, "/a") == body);
}

TEST_CASE("large file: given up, too long, too short: it leaves nothing behind") {
  const StoreDirectoryForTest directory;
  auto store = open_store(small_store(directory));
  const uint64_t before = store->stats().disk_bytes;
  std::unique_ptr<LargeWriter> writer;
  const auto begin = [&](std::optional<uint64_t> length) {
    CHECK(store->begin_large({"t", "/a"}, {}, length, nullptr, &writer) == Status::ok);
  };
  begin(100);
  CHECK(append_all(*writer, *store, std::string(99, 'x')) == Status::ok);
  CHECK(writer->commit() == Status::protocol);
  CHECK(append_all(*writer, *store, std::string(2, 'x')) == Status::too_big);
  std::shared_ptr<LargeFile> file = writer->file();
  writer = nullptr;
  store->flush();
  CHECK(file->state() == LargeFile::State::cut);
  CHECK(directory.files(".obj").empty());
  begin(std::nullopt);
  // A quarter of the cache is the most.
  Status status = Status::ok;
  const std::string piece = noise(1 << 20, 1);
  for (int i = 0; i < 5 && status == Status::ok; ++i) status = append_all(*writer, *store, piece);
  CHECK(status == Status::too_big);
  writer = nullptr;
  store->flush();
  CHECK(directory.files(".obj").empty());
  CHECK_FALSE(get(*store, "/a"));
  CHECK(store->stats().disk_bytes > before);
  file = nullptr;
  CHECK(store->stats().disk_bytes == before);
}

TEST_CASE("large file: replaced and erased ones are deleted, who reads goes on") {
  const StoreDirectoryForTest directory;
  auto store = open_store(small_store(directory));
  CHECK(put_large(*store, "/a", "m", noise(500'000, 1)) == Status::ok);
  const ObjectRef first = get(*store, "/a");
  CHECK(put_large(*store, "/a", "m", noise(400'000, 2)) == Status::ok);
  store->flush();
  CHECK(directory.files(".obj").size() == 1);
  CHECK(body(*store, "/a") == noise(400'000, 2));
  const uint64_t with_reader = store->stats().disk_bytes;
  CHECK(body_of(first) == noise(500'000, 1));
  store->erase({"t", "/a"});
  store->flush();
  CHECK(directory.files(".obj").empty());
  CHECK_FALSE(get(*store, "/a"));
  // What is deleted and still read counts.
  CHECK(store->stats().disk_bytes > 500'000);
  CHECK(store->stats().disk_bytes < with_reader);
}

TEST_CASE("large file: new meta goes to the other slot, and one that is too large erases") {
  const StoreDirectoryForTest directory;
  auto store = open_store(small_store(directory));
  CHECK(put_large(*store, "/a", "meta 0", noise(300'000, 1)) == Status::ok);
  for (int i = 1; i < 5; ++i) {
    const std::string meta = "meta " + std::to_string(i) + std::string(i * 300, '.');
    const ObjectRef before = get(*store, "/a");
    CHECK(store->replace_meta(*before, as_bytes(meta)) == Status::ok);
    store->flush();
    CHECK(as_text(get(*store, "/a")->meta()) == meta);
    CHECK(get(*store, "/a")->sequence() > before->sequence());
    CHECK(body(*store, "/a") == noise(300'000, 1));
    if (i % 2) continue;
    store = nullptr;
    store = open_store(small_store(directory));
    CHECK(as_text(get(*store, "/a")->meta()) == meta);
    CHECK(body(*store, "/a") == noise(300'000, 1));
  }
  CHECK(store->replace_meta(*get(*store, "/a"), as_bytes(std::string(9000, 'x'))) ==
        Status::too_big);
  store->flush();
  CHECK_FALSE(get(*store, "/a"));
  CHECK(directory.files(".obj").empty());
}

TEST_CASE("large file: new meta for what is just being replaced changes nothing") {
  const StoreDirectoryForTest directory;
  auto store = open_store(small_store(directory));
  CHECK(put(*store, "/a", "m", "old") == Status::ok);
  store->flush();
  const ObjectRef old = get(*store, "/a");
  const std::string large = noise(300'000, 1);
  std::unique_ptr<LargeWriter> writer;
  CHECK(store->begin_large({"t", "/a"}, as_bytes("m"), std::nullopt, nullptr, &writer) ==
        Status::ok);
  CHECK(append_all(*writer, *store, large) == Status::ok);
  CHECK(writer->commit() == Status::ok);
  // Whether it is written by now or not.
  CHECK(store->replace_meta(*old, as_bytes("new")) == Status::ok);
  store->flush();
  CHECK(body(*store, "/a") == large);
}

TEST_CASE("large file: sendfile is offered for what is verified only") {
  const StoreDirectoryForTest directory;
  auto store = open_store(small_store(directory));
  const std::string body = noise(200'000, 1);
  CHECK(put_large(*store, "/a", "m", body) == Status::ok);
  FilePlace place;
  CHECK(LargeFile::sendable(get(*store, "/a")->file(), 10, 1 << 20, &place) == 199'990);
  std::string sent(199'990, '\0');
  store = nullptr;  // the place holds the file
  CHECK(read_exactly(*place.file, place.offset, reinterpret_cast<uint8_t*>(sent.data()),
                     sent.size()));
  CHECK(sent == body.substr(10));
  place = {};
  store = open_store(small_store(directory));
  const auto file = get(*store, "/a")->file();
  CHECK(LargeFile::sendable(file, 0, 1 << 20, &place) == 0);
  Slice slice;
  CHECK(file->read(65'536, 10, true, &slice) == LargeFile::Read::ok);
  CHECK(slice.bytes.size() == 10);
  CHECK(LargeFile::sendable(file, 0, 1 << 20, &place) == 0);
  CHECK(LargeFile::sendable(file, 70'000, 1 << 20, &place) == 131'072 - 70'000);
  CHECK(LargeFile::sendable(file, 70'000, 5, &place) == 5);
  CHECK(LargeFile::sendable(file, 131'072, 1 << 20, &place) == 0);
}

}  // namespace fce
