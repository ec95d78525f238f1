// SPDX-License-Identifier: Apache-2.0
#include "cache/store.h"

#include <algorithm>
#include <map>

#include "store_support.h"

namespace fce {

TEST_CASE("store: what was put is found, at once and after it was written, and after a restart") {
  const StoreDirectoryForTest directory;
  auto store = open_store(small_store(directory));
  CHECK_FALSE(get(*store, "/a"));
  CHECK(put(*store, "/a", "meta of a", "body of a") == Status::ok);
  CHECK(put(*store, "/empty", "", "") == Status::ok);
  CHECK(body(*store, "/a") == "body of a");
  store->flush();
  for (int turn = 0; turn < 3; ++turn) {
    const ObjectRef object = get(*store, "/a");
    REQUIRE(object);
    CHECK(as_text(object->meta()) == "meta of a");
    CHECK(object->key() == "/a");
    CHECK(object->tenant() == "t");
    CHECK(body_of(object) == "body of a");
    CHECK(body(*store, "/empty").empty());
    CHECK_FALSE(get(*store, "/a", "other tenant"));
    CHECK_FALSE(get(*store, "/b"));
    CHECK(store->stats().objects == 2);
    CHECK(store->stats().disk_bytes >= directory.bytes());
    store = nullptr;
    store = open_store(small_store(directory));
  }
}

TEST_CASE("store: the newest counts, before and after a restart, and what was erased is gone") {
  const StoreDirectoryForTest directory;
  auto store = open_store(small_store(directory));
  uint64_t last = 0;
  for (int i = 0; i < 5; ++i) {
    CHECK(put(*store, "/a", "m", "version " + std::to_string(i)) == Status::ok);
    if (i % 2) store->flush();
    CHECK(body(*store, "/a") == "version " + std::to_string(i));
    CHECK(get(*store, "/a")->sequence() > last);
    last = get(*store, "/a")->sequence();
  }
  CHECK(put(*store, "/b", "m", "b") == Status::ok);
  store->flush();
  CHECK(store->erase({"t", "/b"}));
  CHECK_FALSE(store->erase({"t", "/b"}));
  CHECK_FALSE(get(*store, "/b"));
  CHECK(put(*store, "/c", "m", "c") == Status::ok);
  CHECK(store->erase({"t", "/c"}));  // before it may have been written
  CHECK_FALSE(get(*store, "/c"));
  store = nullptr;
  store = open_store(small_store(directory));
  CHECK(body(*store, "/a") == "version 4");
  CHECK_FALSE(get(*store, "/b"));
  CHECK_FALSE(get(*store, "/c"));
  CHECK(put(*store, "/a", "m", "later") == Status::ok);
  CHECK(get(*store, "/a")->sequence() > last);
}

TEST_CASE("store: new meta for a small object") {
  const StoreDirectoryForTest directory;
  auto store = open_store(small_store(directory));
  CHECK(put(*store, "/a", "old", "body") == Status::ok);
  const ObjectRef before = get(*store, "/a");
  store->flush();
  CHECK(store->replace_meta(*before, as_bytes("new and longer")) == Status::ok);
  CHECK(as_text(get(*store, "/a")->meta()) == "new and longer");
  CHECK(body(*store, "/a") == "body");
  // It is not the current one any more.
  CHECK(store->replace_meta(*before, as_bytes("too late")) == Status::ok);
  store->flush();
  CHECK(as_text(get(*store, "/a")->meta()) == "new and longer");
  CHECK(store->replace_meta(*before, as_bytes("too late")) == Status::ok);
  CHECK(as_text(get(*store, "/a")->meta()) == "new and longer");
  store->erase({"t", "/a"});
  CHECK(store->replace_meta(*before, as_bytes("gone")) == Status::ok);
  CHECK_FALSE(get(*store, "/a"));
}

TEST_CASE("store: limits are told and counted") {
  const StoreDirectoryForTest directory;
  StoreOptions options = small_store(directory);
  options.small_max = 1000;
  auto store = open_store(options);
  CHECK(put(*store, "/a", "m", std::string(1000, 'x')) == Status::too_big);
  CHECK(put(*store, std::string(70'000, 'k'), "m", "") == Status::too_big);
  CHECK(store->counters().get(Counter::limit_cache_object) == 2);
  std::unique_ptr<LargeWriter> writer;
  CHECK(store->begin_large({"t", "/a"}, {}, 5 << 20, nullptr, &writer) == Status::too_big);
  CHECK(store->counters().get(Counter::limit_cache_object) == 3);
  store = nullptr;
  options.queue_bytes_max = 100;
  store = open_store(options);
  CHECK(put(*store, "/a", "m", std::string(100, 'x')) == Status::full);
  CHECK(store->counters().get(Counter::limit_cache_queue) == 1);
  CHECK_FALSE(get(*store, "/a"));
  store = nullptr;
  options = small_store(directory);
  options.disk_bytes_max = 1000;
  CHECK(Store::open(options, &store) == Status::invalid);
}

TEST_CASE("store: a directory has one owner, and the error names it") {
  const StoreDirectoryForTest directory;
  auto store = open_store(small_store(directory));
  std::unique_ptr<Store> second;
  CHECK(Store::open(small_store(directory), &second) == Status::locked);
  CHECK(std::string(last_error()).find(directory.path()) != std::string::npos);
  store = nullptr;
  CHECK(Store::open(small_store(directory), &second) == Status::ok);
}

TEST_CASE("store: a tenant keeps to its share, at its own expense") {
  const StoreDirectoryForTest directory;
  auto store = open_store(small_store(directory));
  store->set_share("greedy", 0.1);
  CHECK(put(*store, "/quiet", "m", "q", "quiet") == Status::ok);
  for (int i = 0; i < 400; ++i) {
    CHECK(put(*store, "/" + std::to_string(i), "m", noise(10'000, i), "greedy") == Status::ok);
    store->flush();
    REQUIRE(store->stats().live_bytes <= (16 << 20) / 10 + 20'000);
  }
  CHECK(body(*store, "/quiet", "quiet") == "q");
  CHECK(body(*store, "/399", "greedy") == noise(10'000, 399));
  int found = 0;
  for (int i = 0; i < 400; ++i) found += get(*store, "/" + std::to_string(i), "greedy") != nullptr;
  CHECK(found > 100);
  CHECK(found < 200);
  store->set_share("greedy", 0.0);
  CHECK(put(*store, "/no", "m", "no", "greedy") == Status::ok);
  store->flush();
  CHECK_FALSE(get(*store, "/no", "greedy"));
  CHECK(store->counters().get(Counter::limit_cache_share) == 1);
}

TEST_CASE("store: never more bytes than it may have; what is hit stays, what is found is right") {
  const StoreDirectoryForTest directory;
  StoreOptions options = small_store(directory);
  auto store = open_store(options);
  uint64_t seed = 7;
  std::map<int, uint64_t> current;
  int hot_found = 0;
  for (int i = 0; i < 6000; ++i) {
    seed = seed * 6364136223846793005 + 1;
    const int key = i % 3 == 0 ? i : static_cast<int>(seed >> 40) % 500;
    const size_t size = (seed >> 33) % 20'000;
    const std::string name = "/" + std::to_string(key);
    if (i % 400 == 17) {
      if (put_large(*store, name, "large", noise(400'000, i), i % 800 == 17) == Status::ok)
        current[key] = static_cast<uint64_t>(i) << 32 | 400'000;
    } else if (put(*store, name, "m", noise(size, i)) == Status::ok) {
      current[key] = static_cast<uint64_t>(i) << 32 | size;
    }
    if (i == 0) current[0] = 0 << 16 | size;
    const bool hot = body(*store, "/0") == noise((current[0] & 0xffffffff), current[0] >> 32);
    hot_found += hot;
    if (i % 50 != 0) continue;
    store->flush();
    REQUIRE(directory.bytes() <= options.disk_bytes_max);
    REQUIRE(store->stats().disk_bytes <= options.disk_bytes_max);
    REQUIRE(store->stats().disk_bytes >= directory.bytes());
  }
  CHECK(hot_found > 5900);
  CHECK(store->counters().get(Counter::cache_evicted) > 1000);
  CHECK(store->counters().get(Counter::cache_survived) > 0);
  const auto check_all = [&] {
    int found = 0;
    for (const auto& [key, what] : current) {
      const std::string is = body(*store, "/" + std::to_string(key));
      if (is == "?") continue;
      ++found;
      REQUIRE(is == noise(what & 0xffffffff, what >> 32));
    }
    return found;
  };
  const int found = check_all();
  CHECK(found > 500);
  store = nullptr;
  CHECK(directory.bytes() <= options.disk_bytes_max);
  store = open_store(options);
  CHECK(check_all() == found);
  CHECK(store->counters().get(Counter::cache_corrupt) == 0);
}

TEST_CASE("store: a lower limit holds from the start on") {
  const StoreDirectoryForTest directory;
  StoreOptions options = small_store(directory);
  options.disk_bytes_max = 32 << 20;
  auto store = open_store(options);
  for (int i = 0; i < 1200; ++i) {
    CHECK(put(*store, "/" + std::to_string(i), "m", noise(20'000, i)) == Status::ok);
    if (i % 100 == 0) store->flush();
  }
  store = nullptr;
  CHECK(directory.bytes() > (16 << 20));
  options.disk_bytes_max = 16 << 20;
  store = open_store(options);
  CHECK(directory.bytes() <= (16 << 20));
  CHECK(body(*store, "/1199") == noise(20'000, 1199));
}

TEST_CASE("store: the tier in memory never shows what was replaced") {
  const StoreDirectoryForTest directory;
  StoreOptions options = small_store(directory);
  options.memory_bytes_max = 4 << 20;
  auto store = open_store(options);
  for (int i = 0; i < 50; ++i) {
    CHECK(put(*store, "/a", "m", std::to_string(i)) == Status::ok);
    if (i % 3 == 0) store->flush();
    for (int hit = 0; hit < 3; ++hit) CHECK(body(*store, "/a") == std::to_string(i));
  }
  store->flush();
  CHECK(body(*store, "/a") == "49");
  CHECK(store->stats().memory.bytes > 0);
  store->erase({"t", "/a"});
  CHECK_FALSE(get(*store, "/a"));
}

}  // namespace fce
