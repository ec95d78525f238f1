// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <algorithm>
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <string>
#include <utility>

namespace fce {
namespace {

struct Sink {
  fce_log_fn write = nullptr;
  void* user = nullptr;
  fce_release_fn release = nullptr;
};

std::atomic<int32_t> g_level{FCE_LOG_INFO};
std::mutex g_mutex;  // one line at a time, and no line to a sink that is being replaced
Sink g_sink;

}  // namespace

bool log_enabled(LogLevel level) {
  return static_cast<int32_t>(level) >= g_level.load(std::memory_order_relaxed);
}

void log(LogLevel level, const char* format, ...) {
  if (!log_enabled(level)) return;
  char line[1024];
  va_list args;
  va_start(args, format);
  const int written = std::vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (written < 0) return;
  const size_t length = std::min(static_cast<size_t>(written), sizeof line - 1);
  const std::lock_guard lock(g_mutex);
  if (g_sink.write) {
    g_sink.write(static_cast<int32_t>(level), line, length, g_sink.user);
  } else {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(length), line);
  }
}

void log_set(LogLevel level, fce_log_fn write, void* user, fce_release_fn release) {
  Sink old;
  {
    const std::lock_guard lock(g_mutex);
    old = std::exchange(g_sink, Sink{write, user, release});
    g_level.store(static_cast<int32_t>(level), std::memory_order_relaxed);
  }
  // Nobody is in the old sink any more, and who releases it may log.
  if (old.release) old.release(old.user);
}

std::string log_safe(std::string_view text) {
  constexpr size_t kMax = 200;
  std::string out;
  const size_t query = text.find('?');
  const std::string_view shown = text.substr(0, query);
  for (const char c : shown.substr(0, kMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '"' || c == '\\') {
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      out += escaped;
    } else {
      out += c;
    }
  }
  if (shown.size() > kMax) out += "...";
  if (query != std::string_view::npos) out += "?REDACTED";
  return out;
}

}  // namespace fce
