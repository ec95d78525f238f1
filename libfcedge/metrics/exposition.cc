// SPDX-License-Identifier: Apache-2.0
#include "metrics/exposition.h"

#include <utility>

#include "metrics/histograms.h"

namespace fce {
namespace {

std::string_view without(std::string_view name, std::string_view end) {
  return name.ends_with(end) ? name.substr(0, name.size() - end.size()) : name;
}

void append(std::string& text, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) text += part;
}

// A label's value, with what would end it escaped.
std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Exposition::Format Exposition::choose(std::string_view accept) {
  const auto names = [accept](std::string_view type) {
    return accept.find(type) != std::string_view::npos;
  };
  return names("text/plain") && !names("application/openmetrics-text") ? Format::prometheus
                                                                       : Format::openmetrics;
}

std::string_view Exposition::content_type(Format format) {
  return format == Format::openmetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

void Exposition::family(std::string_view name, std::string_view type, std::string_view unit,
                        std::string_view help) {
  append(text_, {"# TYPE ", name, " ", type, "\n"});
  if (format_ == Format::openmetrics && !unit.empty())
    append(text_, {"# UNIT ", name, " ", unit, "\n"});
  append(text_, {"# HELP ", name, " ", help, ".\n"});
}

// In OpenMetrics a counter's family goes without the suffix of its sample.
void Exposition::counter(std::string_view name, std::string_view help, uint64_t value) {
  const bool open = format_ == Format::openmetrics;
  family(open ? without(name, "_total") : name, "counter", {}, help);
  append(text_, {name, " ", std::to_string(value), "\n"});
}

void Exposition::counters(std::string_view name, std::string_view help,
                          std::span<const Sample> samples) {
  if (samples.empty()) return;
  const bool open = format_ == Format::openmetrics;
  family(open ? without(name, "_total") : name, "counter", {}, help);
  for (const Sample& sample : samples) {
    append(text_, {name, "{"});
    const char* comma = "";
    for (const auto& [label, value] : sample.labels) {
      append(text_, {comma, label, "=\"", escaped(value), "\""});
      comma = ",";
    }
    append(text_, {"} ", std::to_string(sample.value), "\n"});
  }
}

void Exposition::gauge(std::string_view name, std::string_view unit, std::string_view help,
                       int64_t value) {
  family(name, "gauge", unit, help);
  append(text_, {name, " ", std::to_string(value), "\n"});
}

// A bound says "not above", an edge of ours "below": for whole microseconds of a clock that goes on
// between them it is the same.
void Exposition::histogram(std::string_view name, std::string_view help,
                           const HistogramSnapshot& snapshot) {
  family(name, "histogram", "seconds", help);
  for (const uint64_t bound : histogram_bounds())
    append(text_, {name, "_bucket{le=\"", seconds_text(bound), "\"} ",
                   std::to_string(snapshot.count_below(bound)), "\n"});
  const std::string count = std::to_string(snapshot.count());
  append(text_, {name, "_bucket{le=\"+Inf\"} ", count, "\n"});
  append(text_, {name, "_sum ", seconds_text(snapshot.sum()), "\n", name, "_count ", count, "\n"});
}

void Exposition::info(std::string_view name, std::string_view help, std::string_view labels) {
  const bool open = format_ == Format::openmetrics;
  family(open ? without(name, "_info") : name, open ? "info" : "gauge", {}, help);
  append(text_, {name, "{", labels, "} 1\n"});
}

std::string Exposition::take() {
  if (format_ == Format::openmetrics) text_ += "# EOF\n";
  return std::exchange(text_, {});
}

std::string seconds_text(uint64_t us) {
  std::string text = std::to_string(us / 1'000'000);
  if (us % 1'000'000 == 0) return text;
  const std::string digits = std::to_string(us % 1'000'000 + 1'000'000);  // zeros in front
  text += "." + digits.substr(1);
  return text.substr(0, text.find_last_not_of('0') + 1);
}

}  // namespace fce
