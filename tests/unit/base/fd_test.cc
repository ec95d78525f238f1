// SPDX-License-Identifier: Apache-2.0
#include "base/fd.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/time.h"

namespace fce {

TEST_CASE("fd: reads exactly, or says so") {
  const Fd fd(::memfd_create("fcedge-test", MFD_CLOEXEC));
  REQUIRE(fd);
  const std::string content = "0123456789";
  REQUIRE(::write(fd.get(), content.data(), content.size()) == 10);
  uint8_t out[10];
  CHECK(read_exactly(fd, 3, out, 7));
  CHECK(std::string(out, out + 7) == "3456789");
  CHECK_FALSE(read_exactly(fd, 4, out, 7));
  CHECK(read_exactly(fd, 99, out, 0));
  CHECK_FALSE(read_exactly(Fd(), 0, out, 1));
}

TEST_CASE("fd: what is in the page cache, and what is not") {
  std::string path = (std::filesystem::temp_directory_path() / "fcedge-XXXXXX").string();
  const Fd fd(::mkostemp(path.data(), O_CLOEXEC));
  const Fd reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  ::unlink(path.c_str());
  REQUIRE(fd);
  REQUIRE(reader);
  constexpr size_t kSize = 1 << 20;
  REQUIRE(::ftruncate(fd.get(), kSize) == 0);
  uint64_t range[2] = {0, kSize}, counts[5];
  if (::syscall(451, reader.get(), range, counts, 0) == 0) {
    // Where there is cachestat, a hole is not there. One byte brings its page.
    CHECK_FALSE(in_page_cache(reader, 0, kSize));
    REQUIRE(::pwrite(fd.get(), "x", 1, 500'000) == 1);
    CHECK(in_page_cache(reader, 500'000, 1));
    CHECK_FALSE(in_page_cache(reader, 300'000, 200'001));
  }
  REQUIRE(::pwrite(fd.get(), std::string(kSize, 'x').data(), kSize, 0) == kSize);
  // A file that is nowhere before it is read.
  const Fd made(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  REQUIRE(made);
  const auto look = [&] {
    const Fd anew(::dup(reader.get()));  // one that remembers nothing
    CHECK(in_page_cache(anew, 0, kSize));
    CHECK(in_page_cache(anew, 4095, 2));
    CHECK_FALSE(in_page_cache(anew, 0, kSize + 1));  // beyond its end
    CHECK_FALSE(in_page_cache(made, 0, 65'536));
  };
  look();
  // Newer kernels tell nothing of other people's files at once, so that their pages are tried.
  ::setfsuid(65534);
  look();
  ::setfsuid(::geteuid());
}

TEST_CASE("fd: what was in the page cache is not asked for again at once") {
  std::string path = (std::filesystem::temp_directory_path() / "fcedge-XXXXXX").string();
  Fd fd(::mkostemp(path.data(), O_CLOEXEC));
  ::unlink(path.c_str());
  REQUIRE(fd);
  constexpr size_t kSize = 100'000;
  REQUIRE(::pwrite(fd.get(), std::string(kSize, 'x').data(), kSize, 0) == kSize);
  const auto asked_anew = [&](uint64_t offset, size_t size) {
    return in_page_cache(Fd(::dup(fd.get())), offset, size);
  };
  REQUIRE(in_page_cache(fd, 8192, 40'000));
  // It is known still, but not more than that.
  REQUIRE(::ftruncate(fd.get(), 0) == 0);
  CHECK(in_page_cache(fd, 8192, 40'000));
  CHECK(in_page_cache(fd, 20'000, 5));
  CHECK_FALSE(asked_anew(8192, 40'000));
  CHECK_FALSE(in_page_cache(fd, 8191, 40'000));
  CHECK_FALSE(in_page_cache(fd, 8192, 41'000));
  const uint64_t began_ms = monotonic_us() / 1000;
  while (in_page_cache(fd, 20'000, 5) && monotonic_us() / 1000 - began_ms < 10'000) {
  }
  CHECK_FALSE(in_page_cache(fd, 20'000, 5));
  // Another file in its place is another one.
  REQUIRE(::pwrite(fd.get(), std::string(kSize, 'x').data(), kSize, 0) == kSize);
  REQUIRE(in_page_cache(fd, 0, kSize));
  fd = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(in_page_cache(fd, 0, kSize));
  // More than a word can hold is asked for each time.
  CHECK_FALSE(in_page_cache(fd, uint64_t{1} << 50, 1));
}

TEST_CASE("fd: closed by its owner only") {
  int number;
  {
    Fd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = fd.get();
    Fd other(std::move(fd));
    CHECK_FALSE(fd);
    CHECK(::fcntl(number, F_GETFD) >= 0);
  }
  CHECK(::fcntl(number, F_GETFD) < 0);
}

}  // namespace fce
