// SPDX-License-Identifier: Apache-2.0
// A directory for one test, in which files are replaced as operators do it.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace fce {

class TempFiles {
 public:
  TempFiles() {
    std::string pattern = (std::filesystem::temp_directory_path() / "fcedge-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TempFiles() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFiles(const TempFiles&) = delete;
  TempFiles& operator=(const TempFiles&) = delete;

  std::string at(const std::string& name) const { return path_ + "/" + name; }
  // Writes in place.
  void write(const std::string& name, std::string_view content) const {
    std::ofstream out(at(name), std::ios::binary | std::ios::trunc);
    out << content;
    out.close();
    REQUIRE(out.good());
  }
  // Writes aside and renames.
  void replace(const std::string& name, std::string_view content) const {
    write(name + ".new", content);
    std::filesystem::rename(at(name + ".new"), at(name));
  }

 private:
  std::string path_;
};

}  // namespace fce
