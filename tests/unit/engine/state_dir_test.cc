// SPDX-License-Identifier: Apache-2.0
#include "engine/state_dir.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "http/temp_directory.h"

using namespace fce;

namespace {

struct Scratch : TempDirectory {
  std::string state() const { return at("state"); }
  std::string file() const { return at("state/node"); }
};

constexpr char kId[] = "0123456789abcdef0123456789abcdef";

Status open_with(const Scratch& scratch, const std::string& text) {
  scratch.write("state/node", text);
  StateDir state;
  return state.open(scratch.state());
}

}  // namespace

TEST_CASE("state_dir: the id stays and the epoch grows with each start") {
  const Scratch scratch;
  std::string id;
  for (uint64_t start = 1; start <= 4; ++start) {
    StateDir state;
    REQUIRE(state.open(scratch.state()) == Status::ok);
    CHECK(state.epoch() == start);
    if (start > 1) CHECK(state.id() == id);
    id = state.id();
    CHECK(id.size() == 32);
  }
}

TEST_CASE("state_dir: a directory has one owner") {
  const Scratch scratch;
  StateDir first;
  REQUIRE(first.open(scratch.state()) == Status::ok);
  StateDir second;
  CHECK(second.open(scratch.state()) == Status::locked);
  CHECK(std::string(last_error()).find(scratch.state()) != std::string::npos);
}

TEST_CASE("state_dir: only its owner can read what it holds") {
  const Scratch scratch;
  StateDir state;
  REQUIRE(state.open(scratch.state()) == Status::ok);
  struct stat info;
  REQUIRE(::stat(scratch.state().c_str(), &info) == 0);
  CHECK((info.st_mode & 077) == 0);
  REQUIRE(::stat(scratch.file().c_str(), &info) == 0);
  CHECK((info.st_mode & 077) == 0);
}

TEST_CASE("state_dir: what is damaged is an error and stays as it is") {
  const Scratch scratch;
  { REQUIRE(StateDir().open(scratch.state()) == Status::ok); }
  const std::string id = std::string("id=") + kId + "\n";
  CHECK(open_with(scratch, "") == Status::io);
  CHECK(open_with(scratch, "format=1\n") == Status::io);
  CHECK(open_with(scratch, "format=1\n" + id) == Status::io);
  CHECK(open_with(scratch, "format=1\n" + id + "epoch=x\n") == Status::io);
  CHECK(open_with(scratch, "format=1\nid=short\nepoch=1\n") == Status::io);
  CHECK(open_with(scratch, "format=one\n" + id + "epoch=1\n") == Status::io);
  CHECK(open_with(scratch, "format=2\n" + id + "epoch=1\n") == Status::version);
  std::string left;
  std::getline(std::ifstream(scratch.file()), left);
  CHECK(left == "format=2");
  CHECK(open_with(scratch, "format=1\n" + id + "epoch=41\n") == Status::ok);
}

TEST_CASE("state_dir: what a crash left aside does no harm") {
  const Scratch scratch;
  { REQUIRE(StateDir().open(scratch.state()) == Status::ok); }
  std::ofstream(scratch.file() + ".new") << "form";
  StateDir state;
  CHECK(state.open(scratch.state()) == Status::ok);
  CHECK(state.epoch() == 2);
}

TEST_CASE("state_dir: without a path nothing is on disk") {
  StateDir first, second;
  CHECK(first.open("") == Status::ok);
  CHECK(second.open("") == Status::ok);
  CHECK(first.id() != second.id());
  CHECK(first.epoch() > 1'700'000'000'000);
}
