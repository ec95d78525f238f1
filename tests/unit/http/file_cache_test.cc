// SPDX-License-Identifier: Apache-2.0
#include "http/file_cache.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "temp_directory.h"

namespace fce {
namespace {

using Kind = CachedFile::Kind;

struct Setup {
  explicit Setup(uint64_t memory_bytes_max = 1 << 20, bool precompressed = false) {
    options.root = temp.path();
    options.memory_bytes_max = memory_bytes_max;
    options.fields.vary = precompressed;
    REQUIRE(cache.open() == Status::ok);
  }
  const CachedFile& find(std::string_view path, uint64_t now_ms = 5000) {
    return cache.find(path, now_ms, counters);
  }
  std::string text(std::string_view path, uint64_t now_ms = 5000) {
    const CachedFile& file = find(path, now_ms);
    if (file.kind != Kind::file) return "no file";
    return file.plain->content ? std::string(as_text(file.plain->content.bytes())) : "not here";
  }
  std::shared_ptr<const Fd> open(const CachedFile& file) {
    return cache.open_variant(file, ContentCoding::identity, counters);
  }
  uint64_t count(Counter counter) const { return counters.get(counter); }

  TempDirectory temp;
  FileCacheOptions options;
  Counters counters;
  FileCache cache{options};
};

}  // namespace

TEST_CASE("paths that name no file") {
  for (const std::string_view path :
       {"", "a", "a/", "a/b.c", "a.b/c", "caf\xc3\xa9", "a b", "a..b"})
    CHECK(is_servable_path(path));
  for (const std::string_view path : {"/", "/a", "a//b", "a//", ".", "..", ".a", "a/.b", "a/../b",
                                      "a/..", "a\\b", "\\", "a\nb", "a\x7f"})
    CHECK_FALSE(is_servable_path(path));
  CHECK_FALSE(is_servable_path(std::string_view("a\0b", 3)));
  CHECK(is_servable_path(std::string(4000, 'a')));
  CHECK_FALSE(is_servable_path(std::string(4001, 'a')));
}

TEST_CASE("files, indexes and what is none") {
  Setup setup;
  setup.temp.write("index.html", "root");
  setup.temp.write("d/index.html", "inner");
  setup.temp.write("d/.hidden", "hidden");
  setup.temp.make_directory("e/index.html");
  CHECK(setup.text("") == "root");
  CHECK(setup.text("d/") == "inner");
  CHECK(setup.text("d/index.html") == "inner");
  CHECK(setup.find("d").kind == Kind::directory);
  CHECK(setup.find("e/").kind == Kind::absent);
  CHECK(setup.find("none").kind == Kind::absent);
  CHECK(setup.find("index.html/").kind == Kind::absent);
  CHECK(setup.find("d/.hidden").kind == Kind::absent);
  CHECK(setup.find("d/../index.html").kind == Kind::absent);
}

TEST_CASE("the fields of an answer are composed once") {
  Setup setup(1 << 20, true);
  setup.options.fields.cache_control = "max-age=60";
  setup.temp.write("a.css", "body{}");
  setup.temp.write("a.css.br", "br");
  setup.temp.set_modified("a.css", 784111777);
  setup.temp.set_modified("a.css.br", 784111778);
  const CachedFile& file = setup.find("a.css");
  REQUIRE(file.kind == Kind::file);
  const auto headers = file.plain->headers();
  REQUIRE(headers.size() == 7);
  CHECK(headers[0].value == "\"ae1b981bc490a00-6\"");
  CHECK(headers[1].value == "max-age=60");
  CHECK(headers[2].value == "Accept-Encoding");
  CHECK(headers[3].value == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(headers[6].value == "text/css; charset=utf-8");
  CHECK(file.plain->headers_not_modified().size() == 3);
  REQUIRE(file.br);
  CHECK_FALSE(file.gzip);
  CHECK(file.br->headers().back().value == "br");
  CHECK(file.br->headers()[6].value == "text/css; charset=utf-8");
  CHECK(file.br->validators().etag != file.plain->validators().etag);
  CHECK(file.br->validators().etag.substr(file.br->validators().etag.size() - 4) == "-br\"");
}

TEST_CASE("a date in the future is not told") {
  Setup setup;
  setup.temp.write("a", "a");
  setup.temp.set_modified("a", 4102444800);
  CHECK(setup.find("a").plain->validators().modified_s < 4102444800);
}

TEST_CASE("a file is trusted for a while, then looked at again") {
  Setup setup;
  setup.temp.write("a", "old");
  CHECK(setup.text("a", 5000) == "old");
  const CachedFile* kept = &setup.find("a", 5999);
  setup.temp.write("a", "newer");
  CHECK(&setup.find("a", 5999) == kept);
  CHECK(setup.text("a", 5999) == "old");
  CHECK(setup.text("a", 6000) == "newer");
  const CachedFile* same = &setup.find("a", 6000);
  CHECK(&setup.find("a", 7000) == same);
  REQUIRE(unlink(setup.temp.at("a").c_str()) == 0);
  CHECK(setup.text("a", 7999) == "newer");
  CHECK(setup.text("a", 8000) == "no file");
}

TEST_CASE("a variant that appears, changes or goes is noticed") {
  Setup setup(1 << 20, true);
  setup.temp.write("a", "plain");
  CHECK_FALSE(setup.find("a", 5000).gzip);
  setup.temp.write("a.gz", "1");
  REQUIRE(setup.find("a", 6000).gzip);
  setup.temp.write("a.gz", "22");
  CHECK(setup.find("a", 7000).gzip->size() == 2);
  REQUIRE(unlink(setup.temp.at("a.gz").c_str()) == 0);
  CHECK_FALSE(setup.find("a", 8000).gzip);
}

TEST_CASE("what is absent is remembered for the same while") {
  Setup setup;
  CHECK(setup.text("a", 5000) == "no file");
  setup.temp.write("a", "here");
  CHECK(setup.text("a", 5999) == "no file");
  CHECK(setup.text("a", 6000) == "here");
}

TEST_CASE("paths that lead nowhere are bounded") {
  Setup setup;
  setup.temp.write("a", "a");
  setup.find("a");
  for (size_t i = 0; i < FileCache::kNegativesMax + 100; ++i) setup.find("no" + std::to_string(i));
  CHECK(setup.cache.size() == FileCache::kNegativesMax + 1);
  setup.find(std::string(FileCache::kNegativePathBytesMax + 1, 'x'));
  CHECK(setup.cache.size() == FileCache::kNegativesMax + 1);
  // Files are not driven out by them.
  setup.temp.write("a", "changed");
  CHECK(setup.text("a") == "a");
}

TEST_CASE("memory is bounded; what was not used for longest leaves first") {
  Setup setup(40'000);
  for (const char* name : {"a", "b", "c", "d"})
    setup.temp.write(name, std::string(10'000, name[0]));
  setup.find("a");
  setup.find("b");
  setup.find("c");
  CHECK(setup.counters.get(Counter::file_cache_evicted) == 0);
  setup.find("a");
  setup.find("d");
  CHECK(setup.counters.get(Counter::file_cache_evicted) == 1);
  CHECK(setup.cache.memory_bytes() <= 40'000);
  for (const char* name : {"a", "b", "c", "d"}) setup.temp.write(name, "new");
  CHECK(setup.text("a") != "new");
  CHECK(setup.text("c") != "new");
  CHECK(setup.text("d") != "new");
  CHECK(setup.text("b") == "new");
}

TEST_CASE("what is too large for the memory is served without it") {
  Setup setup(3000);
  setup.temp.write("large", std::string(3001, 'x'));
  setup.temp.write("near", std::string(2900, 'x'));
  CHECK(setup.text("large") == "not here");
  CHECK(setup.text("near") == std::string(2900, 'x'));
  CHECK(setup.cache.memory_bytes() < 3000);
}

TEST_CASE("large files are opened for each answer, and only if they are still the same") {
  Setup setup;
  setup.temp.write("large", std::string(FileCache::kContentBytesMax + 1, 'x'));
  setup.temp.write("small", std::string(FileCache::kContentBytesMax, 'x'));
  CHECK(setup.text("small").size() == FileCache::kContentBytesMax);
  CHECK(setup.text("large") == "not here");
  const CachedFile& file = setup.find("large");
  CHECK(setup.open(file));
  // Held open, it is the same one, until the file is written to or replaced.
  CHECK(setup.open(file) == setup.open(file));
  setup.temp.write("large", std::string(FileCache::kContentBytesMax + 2, 'x'));
  CHECK_FALSE(setup.open(file));
  setup.cache.forget(file);
  CHECK(setup.find("large").plain->size() == FileCache::kContentBytesMax + 2);
  CHECK(setup.open(setup.find("large")));
  setup.temp.write("other", std::string(FileCache::kContentBytesMax + 2, 'y'));
  REQUIRE(rename(setup.temp.at("other").c_str(), setup.temp.at("large").c_str()) == 0);
  CHECK_FALSE(setup.open(setup.find("large")));
}

TEST_CASE("so many files are held open, those that were used last") {
  Setup setup;
  const auto name = [](size_t i) { return "f" + std::to_string(i); };
  std::vector<std::weak_ptr<const Fd>> opened;
  for (size_t i = 0; i < FileCache::kOpenFilesMax; ++i) {
    setup.temp.write(name(i), "content");
    opened.push_back(setup.open(setup.find(name(i))));
  }
  CHECK(setup.open(setup.find(name(0))) == opened[0].lock());
  CHECK(setup.count(Counter::limit_open_files) == 0);
  setup.temp.write("more", "content");
  CHECK(setup.open(setup.find("more")));
  CHECK(setup.count(Counter::limit_open_files) == 1);
  CHECK_FALSE(opened[0].expired());
  CHECK(opened[1].expired());
  // One that leaves the cache makes room.
  setup.cache.forget(setup.find(name(2)));
  CHECK(opened[2].expired());
  CHECK(setup.open(setup.find(name(1))));
  CHECK(setup.count(Counter::limit_open_files) == 1);
}

TEST_CASE("a root that is switched empties the cache") {
  TempDirectory temp;
  temp.write("one/file", "1");
  temp.write("two/file", "2");
  temp.link("one", "current");
  FileCacheOptions options;
  options.root = temp.at("current");
  Counters counters;
  FileCache cache(options);
  REQUIRE(cache.open() == Status::ok);
  CHECK(as_text(cache.find("file", 5000, counters).plain->content.bytes()) == "1");
  temp.link("two", "next");
  REQUIRE(rename(temp.at("next").c_str(), temp.at("current").c_str()) == 0);
  CHECK(as_text(cache.find("file", 5999, counters).plain->content.bytes()) == "1");
  CHECK(as_text(cache.find("file", 6000, counters).plain->content.bytes()) == "2");
  CHECK(cache.size() == 1);
}

}  // namespace fce
