// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

namespace fce {
namespace {

struct Lines {
  std::vector<std::string> lines;
  int released = 0;

  static void write(int32_t level, const char* line, size_t size, void* user) {
    static_cast<Lines*>(user)->lines.push_back(std::to_string(level) + " " +
                                               std::string(line, size));
  }
  static void release(void* user) { ++static_cast<Lines*>(user)->released; }
};

void use(LogLevel level, Lines& lines) { log_set(level, Lines::write, &lines, Lines::release); }
void use_default() { log_set(LogLevel::info, nullptr, nullptr, nullptr); }

}  // namespace

TEST_CASE("log: lines from the level up go to the sink") {
  Lines lines;
  use(LogLevel::warn, lines);
  log(LogLevel::debug, "a");
  log(LogLevel::info, "b");
  log(LogLevel::warn, "c n=%d", 1);
  log(LogLevel::error, "d %s", "x");
  CHECK(lines.lines == std::vector<std::string>{"3 c n=1", "4 d x"});
  CHECK(log_enabled(LogLevel::error));
  CHECK_FALSE(log_enabled(LogLevel::info));
  use(LogLevel::off, lines);
  log(LogLevel::error, "e");
  CHECK(lines.lines.size() == 2);
  use_default();
}

TEST_CASE("log: a long line is cut, not lost") {
  Lines lines;
  use(LogLevel::info, lines);
  log(LogLevel::info, "%s", std::string(5000, 'x').c_str());
  REQUIRE(lines.lines.size() == 1);
  CHECK(lines.lines[0] == "2 " + std::string(1023, 'x'));
  use_default();
}

TEST_CASE("log: the old sink is released once, after its last line") {
  Lines first, second;
  use(LogLevel::info, first);
  log(LogLevel::info, "1");
  CHECK(first.released == 0);
  use(LogLevel::info, second);
  CHECK(first.released == 1);
  log(LogLevel::info, "2");
  use_default();
  CHECK(first.released == 1);
  CHECK(second.released == 1);
  CHECK(first.lines.size() == 1);
  CHECK(second.lines == std::vector<std::string>{"2 2"});
}

TEST_CASE("log: who releases a sink may log") {
  Lines lines;
  log_set(LogLevel::info, nullptr, nullptr, [](void*) { log(LogLevel::info, "released"); });
  use(LogLevel::info, lines);
  CHECK(lines.lines == std::vector<std::string>{"2 released"});
  use_default();
}

TEST_CASE("log: a sink is called by one thread at a time, also while it is swapped") {
  Lines lines, more;
  use(LogLevel::info, lines);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int n = 0; n < 200; ++n) log(LogLevel::info, "line");
    });
  }
  use(LogLevel::info, more);
  for (auto& thread : threads) thread.join();
  use_default();
  CHECK(lines.lines.size() + more.lines.size() == 800);
}

TEST_CASE("log_safe: what a client sent cannot forge a line or leak a token") {
  CHECK(log_safe("") == "");
  CHECK(log_safe("/live") == "/live");
  CHECK(log_safe("/live?token=secret") == "/live?REDACTED");
  CHECK(log_safe("/live?") == "/live?REDACTED");
  CHECK(log_safe("?a?b") == "?REDACTED");
  CHECK(log_safe("a\r\nb\tc") == "a\\x0d\\x0ab\\x09c");
  CHECK(log_safe(std::string_view("\0\x1f\x7f", 3)) == "\\x00\\x1f\\x7f");
  CHECK(log_safe("say \"hi\\") == "say \\x22hi\\x5c");
  CHECK(log_safe("gr\xc3\xbc\xc3\x9f") == "gr\xc3\xbc\xc3\x9f");
  CHECK(log_safe(std::string(200, 'x')) == std::string(200, 'x'));
  CHECK(log_safe(std::string(201, 'x')) == std::string(200, 'x') + "...");
  CHECK(log_safe(std::string(201, 'x') + "?t=1") == std::string(200, 'x') + "...?REDACTED");
}

}  // namespace fce
