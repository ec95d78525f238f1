// SPDX-License-Identifier: Apache-2.0
#include "cache/directory_origin.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../http/fake_transport.h"
#include "../http/temp_directory.h"
#include "base/time.h"
#include "fetch_record.h"

namespace fce {
namespace {

constexpr int64_t kModified = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT
constexpr const char* kModifiedDate = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string numbers(size_t size) {
  std::string text;
  for (uint32_t i = 0; text.size() < size; ++i) text += std::to_string(i) + " ";
  text.resize(size);
  return text;
}

struct Setup : TestShard {
  explicit Setup(DirectoryOriginOptions options = {}, uint32_t queue_max = 16)
      : workers(std::make_unique<Workers>(1, queue_max)) {
    temp.write("root/a.txt", "hello");
    temp.set_modified("root/a.txt", kModified);
    temp.write("root/sub/index.html", "index");
    temp.write("outside.txt", "secret");
    options.root = temp.at("root");
    REQUIRE(DirectoryOrigin::make(options, *workers, &origin) == Status::ok);
  }
  ~Setup() {
    fetch.reset();
    workers->stop();
  }

  // Fetches and waits for the outcome.
  RecordSink& get(std::string_view target, std::vector<Header> headers = {},
                  std::string_view method = "GET") {
    start(target, std::move(headers), method);
    run_until([this] { return sink->over(); });
    return *sink;
  }
  void start(std::string_view target, std::vector<Header> headers = {},
             std::string_view method = "GET") {
    fetch.reset();
    sink = std::make_unique<RecordSink>();
    fetch = origin->start(http, request_for(target, headers, method), *sink);
    CHECK(!sink->over());
    CHECK(sink->heads == 0);
  }

  TempDirectory temp;
  std::unique_ptr<Workers> workers;
  std::shared_ptr<const Fetcher> origin;
  std::unique_ptr<RecordSink> sink;
  std::unique_ptr<Fetch> fetch;
};

// Occupies a worker until it is let go.
struct Blocker : Job {
  explicit Blocker(std::mutex& the_mutex) : mutex(the_mutex) {}
  void work() override { const std::lock_guard lock(mutex); }
  void done() override {}
  std::mutex& mutex;
};

}  // namespace

TEST_CASE("a file comes with its type and validators") {
  Setup setup({.root = "", .cache_control = "max-age=60"});
  const RecordSink& sink = setup.get("/a.txt?v=1");
  CHECK(sink.status == 200);
  CHECK(sink.body == "hello");
  CHECK(sink.length == 5);
  CHECK(sink.header("content-type") == "text/plain; charset=utf-8");
  CHECK(sink.header("cache-control") == "max-age=60");
  CHECK(sink.header("last-modified") == kModifiedDate);
  CHECK(sink.header("accept-ranges") == "bytes");
  CHECK(sink.header("etag").size() > 2);
}

TEST_CASE("a head is told without a body") {
  Setup setup;
  const RecordSink& sink = setup.get("/a.txt", {}, "HEAD");
  CHECK(sink.status == 200);
  CHECK(sink.header("content-length") == "5");
  CHECK(sink.length == 0);
  CHECK(sink.body == "");
  CHECK(setup.get("/a.txt", {{"range", "bytes=1-2"}}, "HEAD").status == 200);
}

TEST_CASE("an empty file has an end at once") {
  Setup setup;
  setup.temp.write("root/empty", "");
  const RecordSink& sink = setup.get("/empty");
  CHECK(sink.status == 200);
  CHECK(sink.length == 0);
  CHECK(sink.ended);
}

TEST_CASE("large files come in pieces") {
  Setup setup;
  for (const size_t size : {DirectoryOrigin::kPieceBytes - 1, DirectoryOrigin::kPieceBytes,
                            DirectoryOrigin::kPieceBytes + 1, 3 * DirectoryOrigin::kPieceBytes}) {
    const std::string content = numbers(size);
    setup.temp.write("root/large", content);
    const RecordSink& sink = setup.get("/large");
    CHECK(sink.length == size);
    CHECK(sink.body == content);
    CHECK(sink.pieces == static_cast<int>((size + DirectoryOrigin::kPieceBytes - 1) /
                                          DirectoryOrigin::kPieceBytes));
  }
}

TEST_CASE("conditions are answered from the validators") {
  Setup setup;
  const std::string etag = setup.get("/a.txt").header("etag");
  const RecordSink& same = setup.get("/a.txt", {{"if-none-match", etag}});
  CHECK(same.status == 304);
  CHECK(same.header("etag") == etag);
  CHECK(same.body == "");
  CHECK(setup.get("/a.txt", {{"if-modified-since", kModifiedDate}}).status == 304);
  CHECK(setup.get("/a.txt", {{"if-none-match", "\"other\""}}).status == 200);
  CHECK(setup.get("/a.txt", {{"if-match", "\"other\""}}).status == 412);
  setup.temp.write("root/a.txt", "other");
  CHECK(setup.get("/a.txt", {{"if-none-match", etag}}).body == "other");
}

TEST_CASE("a range is a part of the file") {
  Setup setup;
  const RecordSink& part = setup.get("/a.txt", {{"range", "bytes=1-3"}});
  CHECK(part.status == 206);
  CHECK(part.body == "ell");
  CHECK(part.length == 3);
  CHECK(part.header("content-range") == "bytes 1-3/5");
  CHECK(setup.get("/a.txt", {{"range", "bytes=-2"}}).body == "lo");
  const RecordSink& none = setup.get("/a.txt", {{"range", "bytes=5-"}});
  CHECK(none.status == 416);
  CHECK(none.header("content-range") == "bytes */5");
  CHECK(setup.get("/a.txt", {{"range", "bytes=1-3"}, {"if-range", "\"other\""}}).status == 200);

  const std::string content = numbers(3 * DirectoryOrigin::kPieceBytes);
  setup.temp.write("root/large", content);
  CHECK(setup.get("/large", {{"range", "bytes=1000-300000"}}).body ==
        content.substr(1000, 299'001));
}

TEST_CASE("nothing outside of the root is there") {
  Setup setup;
  setup.temp.link("../outside.txt", "root/link.txt");
  setup.temp.link(setup.temp.path(), "root/up");
  setup.temp.link("a.txt", "root/inside.txt");
  for (const char* target :
       {"/../outside.txt", "/%2e%2e/outside.txt", "/sub/../../outside.txt", "/..%2foutside.txt",
        "/link.txt", "/up/outside.txt", "/.hidden", "/a.txt%00", "/a\\b", "/none", "/a.txt/x",
        "//a.txt", "a.txt", "*", ""}) {
    CAPTURE(target);
    const RecordSink& sink = setup.get(target);
    CHECK(sink.status == 404);
    CHECK(sink.body == "");
  }
  CHECK(setup.get("/inside.txt").body == "hello");
}

TEST_CASE("a directory is its index, below a slash") {
  Setup setup;
  CHECK(setup.get("/sub/").body == "index");
  CHECK(setup.get("/sub/").header("content-type") == "text/html; charset=utf-8");
  CHECK(setup.get("/").status == 404);
  const RecordSink& redirect = setup.get("/sub?a=b");
  CHECK(redirect.status == 308);
  CHECK(redirect.header("location") == "./sub/?a=b");
  setup.temp.make_directory("root/dir/index.html");
  CHECK(setup.get("/dir/").status == 404);

  Setup without({.root = "", .index = ""});
  CHECK(without.get("/sub/").status == 404);
  CHECK(without.get("/sub").status == 404);
}

TEST_CASE("a file that may not be read is forbidden") {
  Setup setup;
  // From here on the one worker is somebody to whom files can be denied, also where tests run as
  // root.
  struct BecomeNobody : Job {
    void work() override { setfsuid(geteuid() == 0 ? 65534 : geteuid()); }
    void done() override {}
  };
  std::unique_ptr<Job> job = std::make_unique<BecomeNobody>();
  REQUIRE(setup.workers->submit(job, setup.loop) == Status::ok);
  CHECK(setup.get("/a.txt").body == "hello");
  std::filesystem::permissions(setup.temp.at("root/a.txt"), std::filesystem::perms::none);
  CHECK(setup.get("/a.txt").status == 403);
}

TEST_CASE("methods that do more than read are refused") {
  Setup setup;
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"})
    CHECK(setup.get("/a.txt", {}, method).failed == FetchError::refused);
}

TEST_CASE("a sink that pauses is given nothing more than what was on its way") {
  Setup setup;
  const std::string content = numbers(5 * DirectoryOrigin::kPieceBytes);
  setup.temp.write("root/large", content);
  setup.start("/large");
  RecordSink& sink = *setup.sink;
  sink.at_body = [&] { setup.fetch->pause(); };
  for (int expected = 1; expected <= 5; ++expected) {
    setup.run_until([&] { return sink.pieces == expected; });
    CHECK(!sink.ended == (expected < 5));
    // The workers come to rest, and nothing is given meanwhile.
    bool rested = false;
    struct Flag : Job {
      explicit Flag(bool& the_flag) : flag(the_flag) {}
      void work() override {}
      void done() override { flag = true; }
      bool& flag;
    };
    std::unique_ptr<Job> flag = std::make_unique<Flag>(rested);
    REQUIRE(setup.workers->submit(flag, setup.loop) == Status::ok);
    setup.run_until([&] { return rested; });
    CHECK(sink.pieces == expected);
    setup.fetch->resume();
    CHECK(sink.pieces == expected);  // never from within the call
  }
  CHECK(sink.ended);
  CHECK(sink.body == content);
}

TEST_CASE("a file that changes while it is read is not passed off as one") {
  Setup setup;
  const std::string content = numbers(4 * DirectoryOrigin::kPieceBytes);
  for (const bool shorter : {false, true}) {
    setup.temp.write("root/large", content);
    setup.temp.set_modified("root/large", kModified);
    setup.start("/large");
    RecordSink& sink = *setup.sink;
    sink.at_body = [&] {
      if (sink.pieces > 1) return;
      if (shorter)
        std::filesystem::resize_file(setup.temp.at("root/large"),
                                     DirectoryOrigin::kPieceBytes * 3 / 2);
      else
        setup.temp.set_modified("root/large", kModified + 1);
    };
    setup.run_until([&] { return sink.over(); });
    CHECK(sink.failed == FetchError::disk);
  }
  // One that is replaced as a whole is read to its end.
  setup.temp.write("root/large", content);
  setup.temp.write("root/new", "other");
  setup.start("/large");
  setup.sink->at_body = [&] {
    if (setup.sink->pieces == 1)
      std::filesystem::rename(setup.temp.at("root/new"), setup.temp.at("root/large"));
  };
  setup.run_until([&] { return setup.sink->over(); });
  CHECK(setup.sink->body == content);
  CHECK(setup.get("/large").body == "other");
}

TEST_CASE("workers that have no room say so") {
  Setup setup({}, 1);
  std::mutex mutex;
  const auto block = [&] {
    // One that runs, and one that takes all the room.
    for (int i = 0; i < 2; ++i) {
      std::unique_ptr<Job> blocker = std::make_unique<Blocker>(mutex);
      while (setup.workers->submit(blocker, setup.loop) != Status::ok) std::this_thread::yield();
    }
  };
  mutex.lock();
  block();
  const RecordSink& busy = setup.get("/a.txt");
  CHECK(busy.status == 503);
  CHECK(busy.header("retry-after") == "1");
  CHECK(setup.count(Counter::limit_disk_queue) == 1);
  mutex.unlock();
}

TEST_CASE("a fetch ends with the workers") {
  Setup setup;
  setup.workers->stop();
  CHECK(setup.get("/a.txt").failed == FetchError::stopped);
}

TEST_CASE("a fetch may be destroyed at any time") {
  Setup setup;
  setup.temp.write("root/large", numbers(3 * DirectoryOrigin::kPieceBytes));
  setup.start("/large");
  setup.fetch.reset();
  for (const bool at_head : {true, false}) {
    setup.start("/large");
    auto& when = at_head ? setup.sink->at_head : setup.sink->at_body;
    when = [&] { setup.fetch.reset(); };
    setup.run_until([&] { return setup.fetch == nullptr; });
    CHECK(!setup.sink->over());
  }
  setup.start("/large");
  setup.origin.reset();
  setup.run_until([&] { return setup.sink->over(); });
  CHECK(setup.sink->ended);
}

TEST_CASE("a root that is replaced is followed") {
  Setup setup;
  setup.temp.write("one/a", "first");
  setup.temp.write("two/a", "second");
  setup.temp.link("one", "current");
  REQUIRE(DirectoryOrigin::make({.root = setup.temp.at("current")}, *setup.workers,
                                &setup.origin) == Status::ok);
  CHECK(setup.get("/a").body == "first");
  std::filesystem::remove(setup.temp.at("current"));
  CHECK(setup.get("/a").body == "first");
  setup.temp.link("two", "current");
  const uint64_t until = monotonic_us() + 1'100'000;
  setup.run_until([&] { return monotonic_us() > until; });
  CHECK(setup.get("/a").body == "second");
}

TEST_CASE("options that cannot work are refused with a sentence") {
  Setup setup;
  std::shared_ptr<const Fetcher> origin;
  const auto make = [&](const DirectoryOriginOptions& options) {
    return DirectoryOrigin::make(options, *setup.workers, &origin);
  };
  const std::string root = setup.temp.at("root");
  CHECK(make({.root = root}) == Status::ok);
  CHECK(make({.root = ""}) == Status::invalid);
  CHECK(make({.root = setup.temp.at("none")}) == Status::not_found);
  CHECK(make({.root = root, .index = "a/b"}) == Status::invalid);
  CHECK(make({.root = root, .index = ".."}) == Status::invalid);
  CHECK(make({.root = root, .cache_control = "a\r\nb: c"}) == Status::invalid);
}

}  // namespace fce
