// SPDX-License-Identifier: Apache-2.0
#include "metrics/exposition.h"

#include <doctest/doctest.h>

#include <string>

#include "metrics/histograms.h"

using namespace fce;

namespace {

using Format = Exposition::Format;

HistogramSnapshot three_values() {
  LogHistogram histogram;
  histogram.record(95);
  histogram.record(96);
  histogram.record(100'000'000);
  HistogramSnapshot snapshot;
  snapshot.add(histogram);
  return snapshot;
}

}  // namespace

TEST_CASE("exposition: the older format is for those who name it alone") {
  CHECK(Exposition::choose("") == Format::openmetrics);
  CHECK(Exposition::choose("*/*") == Format::openmetrics);
  CHECK(Exposition::choose("text/html,*/*;q=0.8") == Format::openmetrics);
  CHECK(Exposition::choose("text/plain") == Format::prometheus);
  CHECK(Exposition::choose("text/plain;version=0.0.4;q=0.3, */*;q=0.1") == Format::prometheus);
  CHECK(Exposition::choose("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3") ==
        Format::openmetrics);
}

TEST_CASE("exposition: OpenMetrics") {
  Exposition text(Format::openmetrics);
  text.info("a_build_info", "What runs", "version=\"1\"");
  text.counter("a_hits_total", "Hits", 7);
  text.gauge("a_log_bytes", "bytes", "Bytes", -3);
  text.gauge("a_depth", "", "Depth", 0);
  CHECK(text.take() ==
        "# TYPE a_build info\n# HELP a_build What runs.\na_build_info{version=\"1\"} 1\n"
        "# TYPE a_hits counter\n# HELP a_hits Hits.\na_hits_total 7\n"
        "# TYPE a_log_bytes gauge\n# UNIT a_log_bytes bytes\n# HELP a_log_bytes Bytes.\n"
        "a_log_bytes -3\n"
        "# TYPE a_depth gauge\n# HELP a_depth Depth.\na_depth 0\n"
        "# EOF\n");
}

TEST_CASE("exposition: one counter of several things") {
  for (const Format format : {Format::openmetrics, Format::prometheus}) {
    Exposition text(format);
    text.counters("a_none_total", "Nothing", {});
    const Exposition::Sample samples[] = {{{{"node", "fra1"}, {"region", "eu"}}, 7},
                                          {{{"node", "a\"b\\c\nd"}, {"region", ""}}, 0}};
    text.counters("a_hits_total", "Hits", samples);
    const std::string lines =
        "a_hits_total{node=\"fra1\",region=\"eu\"} 7\n"
        "a_hits_total{node=\"a\\\"b\\\\c\\nd\",region=\"\"} 0\n";
    if (format == Format::openmetrics) {
      CHECK(text.take() == "# TYPE a_hits counter\n# HELP a_hits Hits.\n" + lines + "# EOF\n");
    } else {
      CHECK(text.take() == "# TYPE a_hits_total counter\n# HELP a_hits_total Hits.\n" + lines);
    }
  }
}

TEST_CASE("exposition: the text format of Prometheus") {
  Exposition text(Format::prometheus);
  text.info("a_build_info", "What runs", "version=\"1\"");
  text.counter("a_hits_total", "Hits", 7);
  text.gauge("a_log_bytes", "bytes", "Bytes", 3);
  CHECK(text.take() ==
        "# TYPE a_build_info gauge\n# HELP a_build_info What runs.\na_build_info{version=\"1\"} 1\n"
        "# TYPE a_hits_total counter\n# HELP a_hits_total Hits.\na_hits_total 7\n"
        "# TYPE a_log_bytes gauge\n# HELP a_log_bytes Bytes.\na_log_bytes 3\n");
}

TEST_CASE("exposition: a histogram in seconds, with exact buckets") {
  Exposition exposition(Format::openmetrics);
  exposition.histogram("a_wait_seconds", "Waits", three_values());
  const std::string text = exposition.take();
  CHECK(
      text.starts_with("# TYPE a_wait_seconds histogram\n# UNIT a_wait_seconds seconds\n"
                       "# HELP a_wait_seconds Waits.\n"
                       "a_wait_seconds_bucket{le=\"0.000096\"} 1\n"
                       "a_wait_seconds_bucket{le=\"0.00024\"} 2\n"));
  CHECK(
      text.ends_with("a_wait_seconds_bucket{le=\"58.720256\"} 2\n"
                     "a_wait_seconds_bucket{le=\"+Inf\"} 3\n"
                     "a_wait_seconds_sum 100.000191\na_wait_seconds_count 3\n# EOF\n"));
}

TEST_CASE("exposition: seconds without zeros at the end") {
  CHECK(seconds_text(0) == "0");
  CHECK(seconds_text(1) == "0.000001");
  CHECK(seconds_text(1500) == "0.0015");
  CHECK(seconds_text(999'999) == "0.999999");
  CHECK(seconds_text(1'000'000) == "1");
  CHECK(seconds_text(10'100'000) == "10.1");
}

TEST_CASE("exposition: bounds are edges of buckets from 100 us to 60 s, a little below") {
  const auto bounds = histogram_bounds();
  REQUIRE(bounds.size() == kHistogramBounds);
  CHECK(bounds.front() == 96);
  CHECK(bounds.back() == 58'720'256);
  for (size_t i = 0; i < bounds.size(); ++i) {
    CHECK(LogHistogram::lower_edge(LogHistogram::bucket_of(bounds[i])) == bounds[i]);
    if (i > 0) CHECK(bounds[i] > bounds[i - 1]);
  }
}
