// SPDX-License-Identifier: Apache-2.0
#include "auth/key_file.h"

#include <atomic>
#include <thread>
#include <vector>

#include "base/log.h"
#include "temp_files.h"
#include "tokens.h"

namespace fce {
namespace {

std::string one_key(std::string_view id) { return set_text(key_text(id, kEdMembers)); }

// Collects what is logged.
class LogLines {
 public:
  LogLines() { log_set(LogLevel::info, &LogLines::on_line, this, nullptr); }
  ~LogLines() { log_set(LogLevel::info, nullptr, nullptr, nullptr); }

  int with(std::string_view words) const {
    int count = 0;
    for (const std::string& line : lines_) count += line.find(words) != line.npos;
    return count;
  }

 private:
  static void on_line(int32_t, const char* line, size_t size, void* user) {
    static_cast<LogLines*>(user)->lines_.emplace_back(line, size);
  }
  std::vector<std::string> lines_;
};

}  // namespace

TEST_CASE("key_file: is loaded, and again when it changes") {
  const LogLines lines;
  const TempFiles files;
  files.write("keys", one_key("1"));
  KeyFile file(files.at("keys"));
  CHECK(file.current() == nullptr);
  REQUIRE(file.reload() == Status::ok);
  REQUIRE(file.current()->keys()[0].id == "1");
  CHECK_FALSE(file.reload_if_changed(1000));
  files.replace("keys", one_key("2"));
  const auto before = file.current();
  CHECK(file.reload_if_changed(2000));
  CHECK(file.current()->keys()[0].id == "2");
  CHECK(before->keys()[0].id == "1");
  CHECK(lines.with("token keys loaded count=1") == 2);
}

TEST_CASE("key_file: is looked at once a second at most") {
  const TempFiles files;
  files.write("keys", one_key("1"));
  KeyFile file(files.at("keys"));
  REQUIRE(file.reload() == Status::ok);
  CHECK_FALSE(file.reload_if_changed(5000));
  files.replace("keys", one_key("2"));
  CHECK_FALSE(file.reload_if_changed(5001));
  CHECK_FALSE(file.reload_if_changed(5999));
  CHECK(file.reload_if_changed(6000));
  CHECK_FALSE(file.reload_if_changed(6000));
}

TEST_CASE("key_file: content of the same size, written at once in place, is seen") {
  const TempFiles files;
  files.write("keys", one_key("1"));
  KeyFile file(files.at("keys"));
  REQUIRE(file.reload() == Status::ok);
  uint64_t now_ms = 0;
  for (const char* id : {"2", "3", "4", "5"}) {
    files.write("keys", one_key(id));
    CHECK(file.reload_if_changed(now_ms += 1000));
    CHECK(file.current()->keys()[0].id == id);
  }
}

TEST_CASE("key_file: one that is broken or gone changes nothing and is told of once") {
  const LogLines lines;
  const TempFiles files;
  files.write("keys", one_key("1"));
  KeyFile file(files.at("keys"));
  REQUIRE(file.reload() == Status::ok);
  files.replace("keys", R"({"keys":[{"kid":"x","kty":"oct","k":"short"}]})");
  for (uint64_t now_ms = 1000; now_ms < 6000; now_ms += 1000)
    CHECK_FALSE(file.reload_if_changed(now_ms));
  CHECK(file.current()->keys()[0].id == "1");
  CHECK(file.last_error().find("key 1 (kid \"x\") has no k") != std::string::npos);
  CHECK(lines.with("token keys kept as it was") == 1);
  std::filesystem::remove(files.at("keys"));
  for (uint64_t now_ms = 6000; now_ms < 9000; now_ms += 1000)
    CHECK_FALSE(file.reload_if_changed(now_ms));
  CHECK(file.last_error().find("cannot read") != std::string::npos);
  CHECK(lines.with("token keys kept as it was") == 2);
  // What was good before is good again.
  files.write("keys", one_key("1"));
  CHECK_FALSE(file.reload_if_changed(9000));
  CHECK(file.last_error().empty());
  files.write("keys", one_key("2"));
  CHECK(file.reload_if_changed(10'000));
  CHECK(file.current()->keys()[0].id == "2");
}

TEST_CASE("key_file: what is no file of keys is an error") {
  const TempFiles files;
  files.write("large", std::string(KeySet::kTextBytesMax + 1, ' '));
  files.write("empty", "");
  std::filesystem::create_directory(files.at("directory"));
  REQUIRE(mkfifo(files.at("pipe").c_str(), 0600) == 0);
  CHECK(KeyFile(files.at("absent")).reload() == Status::not_found);
  CHECK(KeyFile(files.at("large")).reload() == Status::too_big);
  CHECK(KeyFile(files.at("empty")).reload() == Status::invalid);
  CHECK(KeyFile(files.at("directory")).reload() == Status::invalid);
  CHECK(KeyFile(files.at("pipe")).reload() == Status::invalid);
}

TEST_CASE("key_file: keys that are skipped are logged") {
  const LogLines lines;
  const TempFiles files;
  files.write("keys", set_text(key_text("r", R"("kty":"RSA")") + "," + key_text("e", kEdMembers)));
  KeyFile file(files.at("keys"));
  REQUIRE(file.reload() == Status::ok);
  CHECK(lines.with("token keys skipped") == 1);
}

TEST_CASE("key_file: threads may look, read and use at once") {
  const TempFiles files;
  files.write("keys", one_key("1"));
  KeyFile file(files.at("keys"));
  REQUIRE(file.reload() == Status::ok);
  std::atomic<uint64_t> now_ms{0};
  std::atomic<int> bad{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        (void)file.reload_if_changed(now_ms.fetch_add(500));
        const auto keys = file.current();
        if (!keys || keys->keys().size() != 1) ++bad;
        (void)file.last_error();
      }
    });
  }
  for (int i = 0; i < 50; ++i) files.replace("keys", one_key(std::to_string(i)));
  for (std::thread& thread : threads) thread.join();
  CHECK(bad == 0);
  REQUIRE(file.reload() == Status::ok);
  CHECK(file.current()->keys()[0].id == "49");
}

}  // namespace fce
