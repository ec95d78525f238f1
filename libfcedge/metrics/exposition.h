// SPDX-License-Identifier: Apache-2.0
// Exposition: figures as text for those who collect them, in OpenMetrics 1.0 or in the older text
// format of Prometheus (0.0.4).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/log_histogram.h"

namespace fce {

class Exposition {
 public:
  enum class Format : uint8_t { openmetrics, prometheus };

  // What a client that sent this Accept field gets: the older one only if it names that alone.
  static Format choose(std::string_view accept);
  static std::string_view content_type(Format format);

  explicit Exposition(Format format) : format_(format) {}

  // Help texts come without a period. A unit is the end of the name, or empty.
  void counter(std::string_view name, std::string_view help, uint64_t value);
  // One of several things of a kind; nothing when there are none.
  struct Sample {
    std::vector<std::pair<std::string, std::string>> labels;  // names and values
    uint64_t value;
  };
  void counters(std::string_view name, std::string_view help, std::span<const Sample> samples);
  void gauge(std::string_view name, std::string_view unit, std::string_view help, int64_t value);
  // Of microseconds, told in seconds.
  void histogram(std::string_view name, std::string_view help, const HistogramSnapshot& snapshot);
  // `name` ends in "_info"; `labels` are as they stand between the braces.
  void info(std::string_view name, std::string_view help, std::string_view labels);

  // The whole text. Nothing is added afterwards.
  std::string take();

 private:
  void family(std::string_view name, std::string_view type, std::string_view unit,
              std::string_view help);

  const Format format_;
  std::string text_;
};

// Microseconds as seconds, without zeros at the end: 1500 is "0.0015", 0 is "0".
std::string seconds_text(uint64_t us);

}  // namespace fce
