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
    CHECK(in_page_cache(reader, 0, kSize));
    CHECK(in_page_cache(reader, 4095, 2));
    CHECK_FALSE(in_page_cache(reader, 0, kSize + 1));  // beyond its end
    CHECK_FALSE(in_page_cache(made, 0, 65'536));
  };
  look();
  // Newer kernels tell nothing of other people's files at once, so that their pages are tried.
  ::setfsuid(65534);
  look();
  ::setfsuid(::geteuid());
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
