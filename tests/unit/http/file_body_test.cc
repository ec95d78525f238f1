// SPDX-License-Identifier: Apache-2.0
#include "http/file_body.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "fake_transport.h"
#include "temp_directory.h"

namespace fce {
namespace {

constexpr const char* kColdPath = "/proc/version";

std::string numbers(size_t size) {
  std::string text;
  for (uint32_t i = 0; text.size() < size; ++i) text += std::to_string(i) + " ";
  text.resize(size);
  return text;
}

struct Setup : TestShard {
  Setup() { temp.write("file", content); }

  std::unique_ptr<FileBody> body(uint64_t offset, uint64_t length, Workers* workers,
                                 const std::string& path = {}) {
    Fd fd(open((path.empty() ? temp.at("file") : path).c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(fd);
    return std::make_unique<FileBody>(std::make_shared<const Fd>(std::move(fd)), offset, length,
                                      loop, counters, workers);
  }
  // A file that is never warm: its file system does not say what can be read without waiting.
  std::unique_ptr<FileBody> cold_body(Workers* workers) {
    return body(0, cold_content().size(), workers, kColdPath);
  }
  static std::string cold_content() {
    std::ifstream in(kColdPath);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  bool serve(FakeTransport& transport, std::unique_ptr<FileBody> source, size_t max) {
    FakeExchange exchange(*this, "GET", "/");
    transport.on_answer(*exchange, 200, {}, Body::pulled(std::move(source), std::nullopt));
    return transport.pull_all(*this, max);
  }

  TempDirectory temp;
  const std::string content = numbers(300'001);
};

// Occupies a worker until it is let go.
struct Blocker : Job {
  explicit Blocker(std::mutex& the_mutex) : mutex(the_mutex) {}
  void work() override { const std::lock_guard lock(mutex); }
  void done() override {}
  std::mutex& mutex;
};

struct Flag : Job {
  explicit Flag(bool& the_flag) : flag(the_flag) {}
  void work() override {}
  void done() override { flag = true; }
  bool& flag;
};

}  // namespace

TEST_CASE("a file is sent whole or in part, in pieces of any size") {
  Setup setup;
  for (const size_t max : {size_t{1000}, size_t{16'384}, size_t{65'536}, size_t{262'144}}) {
    FakeTransport whole, part;
    CHECK(setup.serve(whole, setup.body(0, setup.content.size(), nullptr), max));
    CHECK(whole.text == setup.content);
    CHECK(setup.serve(part, setup.body(70'000, 65'537, nullptr), max));
    CHECK(part.text == setup.content.substr(70'000, 65'537));
  }
  FakeTransport bytewise;
  CHECK(setup.serve(bytewise, setup.body(65'530, 20, nullptr), 1));
  CHECK(bytewise.text == setup.content.substr(65'530, 20));
}

TEST_CASE("where files are taken, what is warm is added as a part of the file") {
  Setup setup;
  auto source = setup.body(7, 300'000 - 7, nullptr);
  CHECK(source->is_file());
  Gather gather;
  gather.begin(Gather::kBytesMax, true);
  gather.copy("head");
  CHECK(source->pull(gather, 200'000) == BodySource::Pull::more);
  CHECK(source->pull(gather, gather.file_room()) == BodySource::Pull::end);
  source.reset();
  REQUIRE(gather.count() == 3);
  CHECK(gather.bytes() == 4 + 300'000 - 7);
  std::string text;
  for (size_t i = 1; i < 3; ++i) {
    REQUIRE(gather[i].file > 0);
    const FilePlace& place = gather.place(gather[i]);
    std::string part(gather[i].bytes.size(), '\0');
    REQUIRE(read_exactly(*place.file, place.offset, reinterpret_cast<uint8_t*>(part.data()),
                         part.size()));
    text += part;
  }
  CHECK(text == setup.content.substr(7, 300'000 - 7));
}

TEST_CASE("what is small, cold, or not to be had as a file is read") {
  Setup setup;
  Gather gather;
  gather.begin(Gather::kBytesMax, true);
  auto small = setup.body(0, FileBody::kSendfileLeast - 1, nullptr);
  CHECK_FALSE(small->is_file());
  CHECK(small->pull(gather, gather.room()) == BodySource::Pull::end);
  CHECK_FALSE(gather.has_files());
  // A file that is nowhere before it is read.
  auto cold = setup.body(0, 1 << 20, nullptr, "/proc/self/pagemap");
  CHECK(cold->pull(gather, gather.file_room()) == BodySource::Pull::more);
  CHECK_FALSE(gather.has_files());
  gather.begin(Gather::kBytesMax, false);
  auto plain = setup.body(0, 300'000, nullptr);
  CHECK(plain->pull(gather, gather.file_room()) == BodySource::Pull::more);
  CHECK_FALSE(gather.has_files());
}

TEST_CASE("what is cold is read by a worker, or without one by the shard") {
  Setup setup;
  Workers workers(1, 8);
  FakeTransport by_worker, by_shard;
  CHECK(setup.serve(by_worker, setup.cold_body(&workers), 65'536));
  CHECK(by_worker.text == Setup::cold_content());
  CHECK(by_worker.waits == 1);
  CHECK(setup.serve(by_shard, setup.cold_body(nullptr), 65'536));
  CHECK(by_shard.text == Setup::cold_content());
  CHECK(by_shard.waits == 0);
  workers.stop();
}

TEST_CASE("a worker that finds less than was announced fails the body") {
  Setup setup;
  Workers workers(1, 8);
  FakeTransport transport;
  auto source = setup.body(0, Setup::cold_content().size() + 1, &workers, kColdPath);
  CHECK_FALSE(setup.serve(transport, std::move(source), 65'536));
  CHECK(transport.waits == 1);
  workers.stop();
}

TEST_CASE("a file that shrinks fails the body") {
  Setup setup;
  auto source = setup.body(0, setup.content.size(), nullptr);
  REQUIRE(truncate(setup.temp.at("file").c_str(), 100'000) == 0);
  FakeTransport transport;
  CHECK_FALSE(setup.serve(transport, std::move(source), 65'536));
  CHECK(transport.text == setup.content.substr(0, 100'000));
}

TEST_CASE("a file that grows is sent as it was announced") {
  Setup setup;
  auto source = setup.body(0, setup.content.size(), nullptr);
  setup.temp.write("file", setup.content + "more");
  FakeTransport transport;
  CHECK(setup.serve(transport, std::move(source), 65'536));
  CHECK(transport.text == setup.content);
}

TEST_CASE("a client that leaves while a worker reads") {
  Setup setup;
  std::mutex mutex;
  mutex.lock();
  Workers workers(1, 8);
  std::unique_ptr<Job> blocker = std::make_unique<Blocker>(mutex);
  REQUIRE(workers.submit(blocker, setup.loop) == Status::ok);
  auto source = setup.cold_body(&workers);
  Gather gather;
  gather.begin(Gather::kBytesMax);
  CHECK(source->pull(gather, 1000) == BodySource::Pull::wait);
  source.reset();
  // The job's mail finds nobody.
  bool later = false;
  std::unique_ptr<Job> last = std::make_unique<Flag>(later);
  REQUIRE(workers.submit(last, setup.loop) == Status::ok);
  mutex.unlock();
  setup.run_until([&] { return later; });
  workers.stop();
}

TEST_CASE("a full queue of workers holds the body back, and is counted") {
  Setup setup;
  Workers none(0, 0);  // a queue without room
  auto source = setup.cold_body(&none);
  Gather gather;
  gather.begin(Gather::kBytesMax);
  CHECK(source->pull(gather, 1000) == BodySource::Pull::wait);
  CHECK(setup.count(Counter::limit_disk_queue) == 1);
  // Nothing is asked while it waits; then it asks again by itself, as long as it takes.
  CHECK(source->pull(gather, 1000) == BodySource::Pull::wait);
  CHECK(setup.count(Counter::limit_disk_queue) == 1);
  setup.loop.timers().advance(setup.loop.now_ms() + 1000);
  CHECK(source->pull(gather, 1000) == BodySource::Pull::wait);
  CHECK(setup.count(Counter::limit_disk_queue) == 2);
  // A pool that has stopped reads nothing any more.
  none.stop();
  setup.loop.timers().advance(setup.loop.now_ms() + 2000);
  CHECK(source->pull(gather, 1000) == BodySource::Pull::failed);
}

}  // namespace fce
