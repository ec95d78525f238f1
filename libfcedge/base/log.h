// SPDX-License-Identifier: Apache-2.0
// The log of the process: a message and key=value pairs on one line. The sink is set by the host.
#pragma once

#include <fcedge/fcedge.h>

#include <string>
#include <string_view>

namespace fce {

enum class LogLevel : int32_t {
  debug = FCE_LOG_DEBUG,
  info = FCE_LOG_INFO,
  warn = FCE_LOG_WARN,
  error = FCE_LOG_ERROR,
  off = FCE_LOG_OFF,
};

bool log_enabled(LogLevel level);

// Writes one line. What comes from a client is passed through `log_safe` by the caller.
[[gnu::format(printf, 2, 3)]] void log(LogLevel level, const char* format, ...);

void log_set(LogLevel level, fce_log_fn sink, void* user, fce_release_fn release);

// Escapes control characters and quotes, cuts at 200 bytes, and replaces the query of a target by
// `?REDACTED`, since queries carry tokens.
std::string log_safe(std::string_view text);

}  // namespace fce
