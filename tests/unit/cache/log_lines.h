// SPDX-License-Identifier: Apache-2.0
// Everything that is logged while it lives.
#pragma once

#include <string>

#include "base/log.h"

namespace fce {

class LogLines {
 public:
  LogLines() { log_set(LogLevel::info, &LogLines::on_line, this, nullptr); }
  ~LogLines() { log_set(LogLevel::info, nullptr, nullptr, nullptr); }
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;

  bool has(const std::string& part) const { return text.find(part) != std::string::npos; }
  std::string text;

 private:
  static void on_line(int32_t, const char* line, size_t size, void* self) {
    static_cast<LogLines*>(self)->text.append(line, size).append("\n");
  }
};

}  // namespace fce
