// SPDX-License-Identifier: Apache-2.0
// A directory for one test, removed with all that is in it.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace fce {

class TempDirectory {
 public:
  TempDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "fcedge-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
    REQUIRE(chmod(path_.c_str(), 0755) == 0);
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string at(const std::string& name) const { return path_ + "/" + name; }
  void write(const std::string& name, std::string_view content) const {
    std::filesystem::create_directories(std::filesystem::path(at(name)).parent_path());
    std::ofstream out(at(name), std::ios::binary | std::ios::trunc);
    out << content;
    out.close();
    REQUIRE(out.good());
  }
  void make_directory(const std::string& name) const {
    std::filesystem::create_directories(at(name));
  }
  void link(const std::string& target, const std::string& name) const {
    REQUIRE(symlink(target.c_str(), at(name).c_str()) == 0);
  }
  // Sets the modification time, in seconds since 1970.
  void set_modified(const std::string& name, int64_t seconds) const {
    const timespec times[2] = {{seconds, 0}, {seconds, 0}};
    REQUIRE(utimensat(AT_FDCWD, at(name).c_str(), times, 0) == 0);
  }

 private:
  std::string path_;
};

// Looks at files as somebody to whom they can be denied, also where tests run as root.
class AsNobody {
 public:
  AsNobody() { setfsuid(geteuid() == 0 ? 65534 : geteuid()); }
  ~AsNobody() { setfsuid(geteuid()); }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
};

}  // namespace fce
