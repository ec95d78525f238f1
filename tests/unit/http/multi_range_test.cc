// SPDX-License-Identifier: Apache-2.0
#include "http/multi_range.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "fake_transport.h"

namespace fce {
namespace {

// Gives its bytes in pieces of at most `piece`, and waits before every second one.
class SlowSource final : public BodySource {
 public:
  SlowSource(std::string text, size_t piece, Loop& loop)
      : text_(std::move(text)), piece_(piece), loop_(loop), timer_(on_time, this) {}
  Pull pull(Gather& out, size_t max) override {
    if (std::exchange(tired_, !tired_) && !waiting_) {
      waiting_ = true;
      timer_.arm(loop_.timers(), 1);
    }
    if (waiting_) return Pull::wait;
    const size_t size = std::min({max, piece_, text_.size()});
    out.copy(std::string_view(text_).substr(0, size));
    text_.erase(0, size);
    return text_.empty() ? Pull::end : Pull::more;
  }

 private:
  static void on_time(void* self) {
    auto& source = *static_cast<SlowSource*>(self);
    source.waiting_ = false;
    source.wake(Lane::answer);
  }
  std::string text_;
  const size_t piece_;
  Loop& loop_;
  Timer timer_;
  bool tired_ = false;
  bool waiting_ = false;
};

class TextParts final : public PartSource {
 public:
  TextParts(std::string text, Loop* loop) : text_(std::move(text)), loop_(loop) {}
  Body part(const ByteRange& range) override {
    if (range.first == lost) return Body::none();
    const std::string part = text_.substr(range.first, range.length - (range.first == cut));
    if (!loop_) return Body::copy_of(part);
    return Body::pulled(std::make_unique<SlowSource>(part, 7, *loop_), range.length);
  }
  uint64_t lost = UINT64_MAX;
  uint64_t cut = UINT64_MAX;

 private:
  const std::string text_;
  Loop* const loop_;
};

const std::string kText = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

ByteRanges ranges_of(std::string_view value) {
  ByteRanges ranges;
  REQUIRE(parse_ranges(value, kText.size(), &ranges) == RangeAnswer::partial);
  return ranges;
}

}  // namespace

TEST_CASE("parts with their heads, exactly as long as was said, in pieces of any size") {
  for (const bool pulled : {false, true}) {
    for (const size_t max : {1, 5, 64, 65'536}) {
      TestShard shard;
      auto body = std::make_unique<MultiRangeBody>(
          std::make_unique<TextParts>(kText, pulled ? &shard.loop : nullptr),
          ranges_of("bytes=0-9,-20,30-30"), kText.size(), "text/plain");
      const std::string type = body->content_type();
      const uint64_t length = body->length();
      const std::string prefix = "multipart/byteranges; boundary=";
      REQUIRE(type.starts_with(prefix));
      const std::string line = "--" + type.substr(prefix.size());
      CHECK(line.size() == 34);
      FakeTransport transport;
      FakeExchange exchange(shard, "GET", "/");
      transport.on_answer(*exchange, 206, {}, Body::pulled(std::move(body), length));
      CHECK(transport.pull_all(shard, max));
      CHECK(transport.text.size() == length);
      CHECK(transport.text ==
            line + "\r\ncontent-type: text/plain\r\ncontent-range: bytes 0-9/62\r\n\r\n0123456789" +
                "\r\n" + line +
                "\r\ncontent-type: text/plain\r\ncontent-range: bytes 42-61/62\r\n\r\n" +
                kText.substr(42) + "\r\n" + line +
                "\r\ncontent-type: text/plain\r\ncontent-range: bytes 30-30/62\r\n\r\nu\r\n" +
                line + "--\r\n");
      CHECK((transport.waits > 0) == pulled);
    }
  }
}

TEST_CASE("a part that cannot be had, or is too short, fails the answer") {
  for (const bool pulled : {false, true}) {
    for (const bool lost : {false, true}) {
      TestShard shard;
      auto parts = std::make_unique<TextParts>(kText, pulled ? &shard.loop : nullptr);
      (lost ? parts->lost : parts->cut) = 20;
      auto body = std::make_unique<MultiRangeBody>(std::move(parts), ranges_of("bytes=0-9,20-29"),
                                                   kText.size(), "");
      FakeTransport transport;
      FakeExchange exchange(shard, "GET", "/");
      transport.on_answer(*exchange, 206, {}, Body::pulled(std::move(body), std::nullopt));
      CHECK_FALSE(transport.pull_all(shard, 1000));
    }
  }
}

TEST_CASE("each answer has a boundary of its own") {
  const auto type = [] {
    return MultiRangeBody(std::make_unique<TextParts>(kText, nullptr), ranges_of("bytes=0-1,5-6"),
                          kText.size(), "a/b")
        .content_type();
  };
  CHECK(type() != type());
}

}  // namespace fce
