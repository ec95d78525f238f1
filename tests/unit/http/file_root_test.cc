// SPDX-License-Identifier: Apache-2.0
#include "http/file_root.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "temp_directory.h"

namespace fce {
namespace {

using Found = FileRoot::Found;

Found find(const FileRoot& root, const std::string& path) {
  Fd fd;
  FileIdentity identity;
  return root.open_file(path, &fd, &identity);
}

}  // namespace

TEST_CASE("a root that cannot be served") {
  TempDirectory temp;
  FileRoot root;
  CHECK(root.open(temp.at("none")) == Status::not_found);
  CHECK(std::string(last_error()).find(temp.at("none")) != std::string::npos);
  temp.write("file", "x");
  CHECK(root.open(temp.at("file")) == Status::not_found);
  temp.make_directory("locked");
  chmod(temp.at("locked").c_str(), 0);
  const AsNobody nobody;
  CHECK(root.open(temp.at("locked")) == Status::denied);
}

TEST_CASE("nothing outside of the root is found, by either method") {
  TempDirectory temp;
  temp.write("outside/secret", "secret");
  temp.write("root/a/file", "content");
  temp.make_directory("root/dir");
  temp.link("a/file", "root/inner");
  temp.link("../../outside/secret", "root/a/up");
  temp.link(temp.at("outside/secret"), "root/absolute");
  temp.link("../outside", "root/way");
  temp.link("loop", "root/loop");
  REQUIRE(mkfifo(temp.at("root/fifo").c_str(), 0600) == 0);
  FileRoot root;
  REQUIRE(root.open(temp.at("root")) == Status::ok);
  for (const auto method : {root.method(), FileRoot::Method::walk}) {
    root.set_method(method);
    CHECK(find(root, "a/file") == Found::file);
    CHECK(find(root, "dir") == Found::directory);
    CHECK(find(root, "a") == Found::directory);
    for (const char* path :
         {"none", "a/none", "a/file/x", "a/up", "absolute", "way/secret", "loop", "fifo", "loop/x"})
      CHECK(find(root, path) == Found::absent);
    CHECK(find(root, std::string(300, 'x')) == Found::absent);
    CHECK(find(root, std::string(300, 'x') + "/y") == Found::absent);
  }
  // Links that stay inside are followed where the kernel can vouch for it.
  root.set_method(FileRoot::Method::walk);
  CHECK(find(root, "inner") == Found::absent);
  FileRoot again;
  REQUIRE(again.open(temp.at("root")) == Status::ok);
  if (again.method() == FileRoot::Method::openat2) CHECK(find(again, "inner") == Found::file);
}

TEST_CASE("what may not be read is denied") {
  TempDirectory temp;
  temp.write("file", "x");
  chmod(temp.at("file").c_str(), 0);
  const AsNobody nobody;
  FileRoot root;
  REQUIRE(root.open(temp.path()) == Status::ok);
  CHECK(find(root, "file") == Found::denied);
}

TEST_CASE("identities") {
  TempDirectory temp;
  temp.write("a", "123");
  FileRoot root;
  REQUIRE(root.open(temp.path()) == Status::ok);
  Fd fd;
  FileIdentity opened, statted, reread;
  REQUIRE(root.open_file("a", &fd, &opened) == Found::file);
  REQUIRE(root.stat_file("a", &statted));
  REQUIRE(stat_open(fd, &reread));
  CHECK(opened == statted);
  CHECK(opened == reread);
  CHECK(opened.size == 3);
  temp.set_modified("a", 1000);
  REQUIRE(root.stat_file("a", &statted));
  CHECK(statted.modified_ns == 1'000'000'000'000);
  CHECK_FALSE(opened == statted);
  CHECK_FALSE(root.stat_file("none", &statted));
  temp.make_directory("d");
  CHECK_FALSE(root.stat_file("d", &statted));
}

TEST_CASE("reading stops at the end of the file") {
  TempDirectory temp;
  temp.write("a", "12345");
  FileRoot root;
  REQUIRE(root.open(temp.path()) == Status::ok);
  Fd fd;
  FileIdentity identity;
  REQUIRE(root.open_file("a", &fd, &identity) == Found::file);
  uint8_t bytes[6];
  CHECK(read_exactly(fd, 1, bytes, 4));
  CHECK(bytes[3] == '5');
  CHECK_FALSE(read_exactly(fd, 1, bytes, 5));
}

TEST_CASE("a root that is switched is followed") {
  TempDirectory temp;
  temp.write("one/file", "1");
  temp.write("two/file", "22");
  temp.link("one", "current");
  FileRoot root;
  REQUIRE(root.open(temp.at("current")) == Status::ok);
  CHECK_FALSE(root.follow());
  temp.link("two", "next");
  REQUIRE(rename(temp.at("next").c_str(), temp.at("current").c_str()) == 0);
  CHECK(root.follow());
  FileIdentity identity;
  REQUIRE(root.stat_file("file", &identity));
  CHECK(identity.size == 2);
  // While it is gone, the old one is served.
  REQUIRE(unlink(temp.at("current").c_str()) == 0);
  CHECK_FALSE(root.follow());
  CHECK(root.stat_file("file", &identity));
}

}  // namespace fce
