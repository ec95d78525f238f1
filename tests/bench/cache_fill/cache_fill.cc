// SPDX-License-Identifier: Apache-2.0
// What a large cache costs: fills a store, and prints memory per object and the time of a start.
//
//   cache-fill DIRECTORY [OBJECTS [BODY_BYTES]]
//
// The directory is made and removed. Before each start all of its files leave the page cache.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/log.h"
#include "cache/store.h"

using namespace fce;
using Clock = std::chrono::steady_clock;

namespace {

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

uint64_t resident_bytes() {
  uint64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

void fill(Store& store, int objects, size_t body_bytes) {
  std::string body(body_bytes, 'b');
  const std::string meta(300, 'm');
  const Bytes piece = as_bytes(body);
  for (int i = 0; i < objects; ++i) {
    const std::string key = "https://images.example.com/object/" + std::to_string(i);
    body.replace(0, key.size(), key);
    while (store.put({"tenant", key}, as_bytes(meta), {&piece, 1}) != Status::ok) store.flush();
  }
  store.flush();
}

// `cut`: bytes to take off the end of each segment, so that it has no summary.
void make_cold(const std::string& directory, int cut) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (cut > 0 && entry.path().extension() == ".seg")
      std::filesystem::resize_file(entry.path(), entry.file_size() - static_cast<uint64_t>(cut));
    const int fd = ::open(entry.path().c_str(), O_RDONLY);
    (void)::fsync(fd);
    (void)::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    ::close(fd);
  }
}

void start(const StoreOptions& options, const char* what) {
  const uint64_t before = resident_bytes();
  const auto began = Clock::now();
  std::unique_ptr<Store> store;
  if (Store::open(options, &store) != Status::ok) {
    std::fprintf(stderr, "%s\n", last_error());
    std::exit(1);
  }
  const double open_seconds = seconds_since(began);
  const Found found = store->find({"tenant", "https://images.example.com/object/1"});
  store->flush();
  const StoreStats stats = store->stats();
  std::printf(
      "%s: serves after %.3f s (%s), index complete after %.3f s, %llu objects, "
      "index %.1f bytes/object, resident +%.1f bytes/object\n",
      what, open_seconds, found.what == Found::What::miss ? "misses" : "hits", seconds_since(began),
      static_cast<unsigned long long>(stats.objects),
      static_cast<double>(stats.index_bytes) / static_cast<double>(stats.objects),
      static_cast<double>(resident_bytes() - before) / static_cast<double>(stats.objects));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: cache-fill DIRECTORY [OBJECTS [BODY_BYTES]]\n");
    return 2;
  }
  StoreOptions options;
  options.directory = argv[1];
  const int objects = argc > 2 ? std::atoi(argv[2]) : 1'000'000;
  const auto body_bytes = static_cast<size_t>(argc > 3 ? std::atoi(argv[3]) : 10 * 1024);
  options.disk_bytes_max =
      static_cast<uint64_t>(objects) * (body_bytes + 600) * 11 / 10 + (256 << 20);
  log_set(LogLevel::error, nullptr, nullptr, nullptr);
  if (std::filesystem::exists(options.directory)) {
    std::fprintf(stderr, "%s exists\n", argv[1]);
    return 2;
  }
  {
    std::unique_ptr<Store> store;
    if (Store::open(options, &store) != Status::ok) {
      std::fprintf(stderr, "%s\n", last_error());
      return 1;
    }
    const auto began = Clock::now();
    fill(*store, objects, body_bytes);
    const double seconds = seconds_since(began);
    const StoreStats stats = store->stats();
    std::printf("filled: %llu objects, %.2f GiB in %u segments, %.1f s, %.0f MiB/s\n",
                static_cast<unsigned long long>(stats.objects),
                static_cast<double>(stats.disk_bytes) / (1 << 30), stats.segments, seconds,
                static_cast<double>(stats.disk_bytes) / (1 << 20) / seconds);
  }
  make_cold(options.directory, 0);
  start(options, "start, by summaries, cold");
  start(options, "start, by summaries, warm");
  make_cold(options.directory, 1);
  start(options, "start, from head to head, cold");
  std::filesystem::remove_all(options.directory);
  return 0;
}
