// SPDX-License-Identifier: Apache-2.0
#include "log.h"

#include <fcedge/fcedge.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <ctime>
#include <mutex>

namespace edge {
namespace {

std::atomic<int32_t> minimum_level{FCE_LOG_INFO};

std::mutex held_mutex;
bool holding = false;
std::string held_lines;

const char* level_name(int32_t level) {
  switch (level) {
    case FCE_LOG_DEBUG: return "debug";
    case FCE_LOG_INFO: return "info";
    case FCE_LOG_WARN: return "warn";
    default: return "error";
  }
}

std::string timestamp() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm utc{};
  gmtime_r(&now.tv_sec, &utc);
  char seconds[32];
  strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
  char text[48];
  snprintf(text, sizeof text, "%s.%03ldZ", seconds, now.tv_nsec / 1'000'000);
  return text;
}

// There is nobody to tell when writing to stderr fails.
void write_out(const std::string& text) {
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

void on_library_line(int32_t level, const char* line, size_t len, void*) {
  log_line(level, {line, len});
}

}  // namespace

void open_log(int32_t level) {
  minimum_level = level;
  fce_log_set(level, on_library_line, nullptr, nullptr);
}

void hold_log() {
  const std::lock_guard lock(held_mutex);
  holding = true;
}

void release_log() {
  const std::lock_guard lock(held_mutex);
  holding = false;
  write_out(held_lines);
  held_lines.clear();
}

void drop_log() {
  const std::lock_guard lock(held_mutex);
  holding = false;
  held_lines.clear();
}

void log_line(int32_t level, std::string_view line) {
  if (level < minimum_level) return;
  std::string text = timestamp() + " " + level_name(level) + " ";
  text.append(line);
  text += '\n';
  const std::lock_guard lock(held_mutex);
  if (holding) {
    held_lines += text;
  } else {
    write_out(text);
  }
}

void log_info(std::string_view line) { log_line(FCE_LOG_INFO, line); }
void log_warn(std::string_view line) { log_line(FCE_LOG_WARN, line); }
void log_error(std::string_view line) { log_line(FCE_LOG_ERROR, line); }

std::string quoted(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      char escape[8];
      snprintf(escape, sizeof escape, "\\x%02x", byte);
      text += escape;
      continue;
    }
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"";
}

}  // namespace edge
