// SPDX-License-Identifier: Apache-2.0
// Reads a body by hand, for tests: what is pulled, and when it was told that there is something.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "http/body.h"

namespace fce {

struct TestBodyReader final : BodyReader {
  TestBodyReader() = default;
  TestBodyReader(const TestBodyReader&) = delete;
  TestBodyReader& operator=(const TestBodyReader&) = delete;
  ~TestBodyReader() { drop(); }

  void take(Body body) {
    length = body.length;
    source = std::move(body.source);
    got = std::string(as_text(body.bytes.bytes));
    if (source) source->set_reader(this);
  }
  void on_body_ready(BodySource&, Lane) override {
    ++woken;
    if (pulls_at_once) pull();
    if (drops_at_once) drop();
  }
  // At most `max` bytes, in one pull.
  BodySource::Pull pull(size_t max = SIZE_MAX) {
    REQUIRE(source != nullptr);
    gather.begin(Gather::kBytesMax);
    last = source->pull(gather, std::min(max, Gather::kBytesMax));
    pulled_bytes += gather.bytes();
    CHECK(gather.bytes() <= max);
    if (keeps)
      for (size_t i = 0; i < gather.count(); ++i) got += as_text(gather[i].bytes);
    gather.clear();
    return last;
  }
  // All that there is.
  BodySource::Pull pull_all() {
    while (pull() == BodySource::Pull::more) {
    }
    return last;
  }
  void drop() { source.reset(); }

  std::unique_ptr<BodySource> source;
  std::optional<uint64_t> length;
  std::string got;
  uint64_t pulled_bytes = 0;
  int woken = 0;
  bool keeps = true;
  bool pulls_at_once = false;
  bool drops_at_once = false;
  BodySource::Pull last = BodySource::Pull::wait;
  Gather gather;
};

}  // namespace fce
