// SPDX-License-Identifier: Apache-2.0
// What a start makes of what lies on the disk, whatever that is.
#include "cache/recovery.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "cache/superblock.h"
#include "store_support.h"

namespace fce {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(text.data(), text.size());
}

std::string key_of(int i) { return "/" + std::to_string(i); }
std::string body_for(int i) { return noise(1000 + i * 97 % 5000, i); }

// A directory with `count` objects in one segment that was closed in order.
void fill(const StoreDirectoryForTest& directory, int count) {
  auto store = open_store(small_store(directory));
  for (int i = 0; i < count; ++i) CHECK(put(*store, key_of(i), "m", body_for(i)) == Status::ok);
}

// How many of them are there; each is right or is not there.
int count_found(Store& store, int count) {
  int found = 0;
  for (int i = 0; i < count; ++i) {
    const ObjectRef object = get(store, key_of(i));
    if (!object) continue;
    ++found;
    REQUIRE(body_of(object) == body_for(i));
  }
  return found;
}

class OnlyEven final : public RecoveryFilter {
 public:
  bool keep(const ObjectKey&, uint64_t, uint64_t sequence) override {
    seen.insert(sequence);
    return sequence % 2 == 0;
  }
  std::set<uint64_t> seen;
};

}  // namespace

TEST_CASE("recovery: without its summary a segment is read from head to head") {
  const StoreDirectoryForTest directory;
  fill(directory, 100);
  const std::string path = directory.files(".seg").at(0);
  const std::string whole = read_file(path);
  const size_t end = whole.size() - SummaryTrailer::kBytes - 100 * SummaryTrailer::kEntryBytes;
  for (const size_t damaged : {whole.size() - 1, end + 5}) {
    std::string file = whole;
    file[damaged] ^= 1;
    write_file(path, file);
    CHECK(count_found(*open_store(small_store(directory)), 100) == 100);
    // It has one again now.
    CHECK(read_file(path).size() == whole.size());
  }
  // Cut off anywhere: what was whole before is there, and the next start finds the same.
  for (size_t cut = end; cut > 0; cut = cut * 7 / 8) {
    write_file(path, whole.substr(0, cut));
    const int found = count_found(*open_store(small_store(directory)), 100);
    CHECK(found >= static_cast<int>(cut / 6200));
    CHECK(found <= static_cast<int>(cut / 1000));
    CHECK(count_found(*open_store(small_store(directory)), 100) == found);
    if (found == 0) break;
  }
}

TEST_CASE("recovery: what is damaged in the middle costs itself only") {
  const StoreDirectoryForTest directory;
  fill(directory, 100);
  const std::string path = directory.files(".seg").at(0);
  const std::string whole = read_file(path);
  std::string file = whole.substr(0, whole.size() - 1);  // no summary
  int damages = 0;
  for (size_t at = 2000; at < 200'000; at += 20'000, ++damages) file[at] ^= 0x55;
  write_file(path, file);
  {
    auto store = open_store(small_store(directory));
    const int found = count_found(*store, 100);
    CHECK(found >= 100 - damages);
    CHECK(found < 100);
    CHECK(store->counters().get(Counter::cache_corrupt) +
              (100 - store->counters().get(Counter::cache_recovered)) ==
          static_cast<uint64_t>(100 - found));
  }
  // With the summary the heads are found all the same, and the bodies are looked at.
  file = whole;
  for (size_t at = 2000; at < 200'000; at += 20'000) file[at] ^= 0x55;
  write_file(path, file);
  auto store = open_store(small_store(directory));
  CHECK(store->counters().get(Counter::cache_recovered) == 100);
  CHECK(count_found(*store, 100) >= 100 - damages);
  CHECK(store->counters().get(Counter::cache_corrupt) > 0);
}

TEST_CASE("recovery: a body that looks like records is a body") {
  const StoreDirectoryForTest directory;
  fill(directory, 3);
  const std::string path = directory.files(".seg").at(0);
  // True heads of this very store, from the disk, as the body of an object, at every alignment.
  const std::string heads = read_file(path);
  {
    auto store = open_store(small_store(directory));
    for (int shift = 0; shift < 16; ++shift)
      CHECK(put(*store, "/hostile" + std::to_string(shift), "m", std::string(shift, 'x') + heads) ==
            Status::ok);
  }
  const std::string hostile = directory.files(".seg").at(1);
  std::string file = read_file(hostile);
  // Its first record's head and the summary are gone, so that the search begins inside of it.
  file[8] ^= 1;
  write_file(hostile, file.substr(0, file.size() - 1));
  auto store = open_store(small_store(directory));
  CHECK(store->counters().get(Counter::cache_recovered) == 3 + 15);
  CHECK(count_found(*store, 3) == 3);
  CHECK_FALSE(get(*store, "/hostile0"));
  for (int shift = 1; shift < 16; ++shift)
    CHECK(body(*store, "/hostile" + std::to_string(shift)) == std::string(shift, 'x') + heads);
}

TEST_CASE("recovery: files that are nothing are deleted, others stay alone") {
  const StoreDirectoryForTest directory;
  fill(directory, 3);
  write_file(directory.path() + "/s-00000100-00000100.seg", noise(100'000, 1));
  write_file(directory.path() + "/m-00000101-00000101.seg", "");
  write_file(directory.path() + "/s-00000102-00000102.obj", noise(100'000, 2));
  write_file(directory.path() + "/m-00000103-00000103.obj", "");
  write_file(directory.path() + "/letters.txt", "mine");
  auto store = open_store(small_store(directory));
  store->flush();
  CHECK(count_found(*store, 3) == 3);
  CHECK(directory.files(".seg").size() == 1);
  CHECK(directory.files(".obj").empty());
  CHECK(read_file(directory.path() + "/letters.txt") == "mine");
}

TEST_CASE("recovery: damaged slots, table and frames of a large object") {
  const StoreDirectoryForTest directory;
  const std::string large = noise(300'000, 9);
  {
    auto store = open_store(small_store(directory));
    CHECK(put_large(*store, "/a", "first", large) == Status::ok);
    CHECK(store->replace_meta(*get(*store, "/a"), as_bytes("second")) == Status::ok);
  }
  const std::string path = directory.files(".obj").at(0);
  const std::string whole = read_file(path);
  const auto with_damage_at = [&](std::initializer_list<size_t> places) {
    std::string file = whole;
    for (const size_t at : places) file[at] ^= 1;
    write_file(path, file);
    return open_store(small_store(directory));
  };
  {
    auto store = with_damage_at({4096 + 85});  // the newer slot's name
    CHECK(as_text(get(*store, "/a")->meta()) == "first");
    CHECK(body(*store, "/a") == large);
  }
  {
    auto store = with_damage_at({5});  // the older slot's head
    CHECK(as_text(get(*store, "/a")->meta()) == "second");
    CHECK(body(*store, "/a") == large);
  }
  {
    auto store = with_damage_at({8192 + 70'000});  // a frame
    const ObjectRef object = get(*store, "/a");
    Slice slice;
    CHECK(object->file()->read(0, 1, true, &slice) == LargeFile::Read::ok);
    CHECK(object->file()->read(65'536, 1, true, &slice) == LargeFile::Read::failed);
    CHECK_FALSE(get(*store, "/a"));
    CHECK(store->counters().get(Counter::cache_corrupt) == 1);
    store->flush();
    CHECK(directory.files(".obj").empty());
  }
  {
    auto store = with_damage_at({whole.size() - 10});  // the table
    CHECK_FALSE(get(*store, "/a"));
    CHECK(store->counters().get(Counter::cache_corrupt) == 1);
  }
  {
    auto store = with_damage_at({5, 4096 + 5});
    CHECK_FALSE(get(*store, "/a"));
    CHECK(directory.files(".obj").empty());
  }
  write_file(path, whole.substr(0, whole.size() - 1));
  CHECK_FALSE(get(*open_store(small_store(directory)), "/a"));
}

TEST_CASE("recovery: a damaged superblock is an empty cache, another format an error") {
  const StoreDirectoryForTest directory;
  fill(directory, 3);
  const std::string path = directory.path() + "/superblock";
  std::string whole = read_file(path);
  REQUIRE(whole.size() == Superblock::kFileBytes);
  for (const size_t copy : {0, 4096}) {
    std::string file = whole;
    file[copy + 50] ^= 1;
    write_file(path, file);
    CHECK(count_found(*open_store(small_store(directory)), 3) == 3);
    whole = read_file(path);
  }
  write_file(path, "nonsense");
  {
    auto store = open_store(small_store(directory));
    CHECK(count_found(*store, 3) == 0);
    CHECK(directory.files(".seg").empty());
    CHECK(put(*store, "/a", "m", "b") == Status::ok);
  }
  CHECK(body(*open_store(small_store(directory)), "/a") == "b");
}

TEST_CASE("recovery: the filter has its say for each object") {
  const StoreDirectoryForTest directory;
  fill(directory, 10);
  OnlyEven filter;
  StoreOptions options = small_store(directory);
  options.filter = &filter;
  auto store = open_store(options);
  CHECK(filter.seen.size() == 10);
  CHECK(count_found(*store, 10) == 5);
}

TEST_CASE("recovery: an older version does not come back when the newer, a large one, is lost") {
  const StoreDirectoryForTest directory;
  FaultyDisk disk;
  StoreOptions options = small_store(directory);
  options.disk = &disk;
  {
    auto store = open_store(options);
    CHECK(put(*store, "/a", "m", "old") == Status::ok);
    store->flush();
    CHECK(put_large(*store, "/a", "m", noise(300'000, 1)) == Status::ok);
    const ObjectRef object = get(*store, "/a");
    disk.read_error = EIO;
    Slice slice;
    CHECK(object->file()->read(0, 1, true, &slice) == LargeFile::Read::failed);
    disk.read_error = 0;
    CHECK_FALSE(get(*store, "/a"));
    store->flush();
    CHECK(directory.files(".obj").empty());
  }
  CHECK_FALSE(get(*open_store(options), "/a"));
}

TEST_CASE("recovery: an older version does not come back when the newer was evicted") {
  const StoreDirectoryForTest directory;
  auto store = open_store(small_store(directory));
  const auto churn = [&](int from, int count) {
    for (int i = from; i < from + count; ++i) {
      CHECK(put(*store, key_of(i), "m", noise(20'000, i)) == Status::ok);
      store->flush();
    }
  };
  // The first version comes to the main queue, whose segments are the last to go.
  CHECK(put(*store, "/a", "m", "old") == Status::ok);
  store->flush();
  for (int hit = 0; hit < 4; ++hit) CHECK(body(*store, "/a") == "old");
  churn(0, 900);
  REQUIRE(body(*store, "/a") == "old");
  store->erase({"t", "/a"});
  CHECK(put(*store, "/a", "m", "new") == Status::ok);
  int i = 1000;
  for (; i < 4000 && store->stats().objects > 0; ++i) {
    CHECK(put(*store, key_of(i), "m", noise(20'000, i)) == Status::ok);
    store->flush();
    if (i % 100 != 0) continue;
    store = nullptr;
    store = open_store(small_store(directory));
    const std::string is = body(*store, "/a");
    REQUIRE(is != "old");
  }
  CHECK(store->counters().get(Counter::cache_corrupt) == 0);
}

}  // namespace fce
