// SPDX-License-Identifier: Apache-2.0
#include "http/ws_deflate.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

using namespace fce;
using namespace std::string_literals;

namespace {

// Text that shrinks, with nothing that repeats at one distance only.
std::string prose(size_t size) {
  std::string out;
  for (uint32_t i = 0; out.size() < size; ++i)
    out += "{\"id\":" + std::to_string(i * 7919) + ",\"text\":\"so many words\"}";
  out.resize(size);
  return out;
}

std::string noise(size_t size) {
  std::string out;
  uint32_t dice = 1;
  while (out.size() < size) {
    dice = dice * 1664525 + 1013904223;
    out += static_cast<char>(dice >> 24);
  }
  return out;
}

std::string inflate(std::string_view compressed, size_t most = 1 << 20) {
  Bytes out;
  switch (ws_inflate_message(as_bytes(compressed), most, &out)) {
    case WsInflated::done: return std::string(as_text(out));
    case WsInflated::too_big: return "(too big)";
    case WsInflated::broken: return "(broken)";
  }
  return {};
}

std::string deflate(std::string_view text, int bits, WsOpcode opcode = WsOpcode::text) {
  Counters counters;
  return std::string(as_text(ws_deflate_message(opcode, as_bytes(text), bits, counters).bytes()));
}

// The payload of a frame that one made.
std::string payload(std::string_view frame) {
  const int form = frame.at(1);
  return std::string(frame.substr(form == 127 ? 10 : form == 126 ? 4 : 2));
}

}  // namespace

TEST_CASE("ws_deflate: the examples of RFC 7692 section 7.2.3") {
  CHECK(inflate("\xf2\x48\xcd\xc9\xc9\x07\x00"s) == "Hello");
  CHECK(inflate("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s) == "Hello");
  CHECK(inflate("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s) == "Hello");
  CHECK(inflate("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s) == "Hello");
  CHECK(inflate("\x00"s) == "");
}

TEST_CASE("ws_deflate: a message comes back, whatever the window") {
  for (int bits = kWsWindowBitsMin; bits <= kWsWindowBitsMax; ++bits) {
    for (const size_t size : {64, 100, 1000, 65'536, 300'000}) {
      CAPTURE(bits);
      CAPTURE(size);
      const std::string text = prose(size);
      const std::string frame = deflate(text, bits);
      REQUIRE(frame.size() > 2);
      CHECK(static_cast<uint8_t>(frame[0]) == 0xC1);
      CHECK(frame.size() < text.size());
      CHECK(inflate(payload(frame)) == text);
    }
  }
}

TEST_CASE("ws_deflate: no message depends on one before it") {
  const std::string text = prose(2000);
  const std::string first = deflate(text, 15);
  deflate(prose(5000), 15);
  CHECK(deflate(text, 15) == first);
  CHECK(inflate(payload(first)) == text);
  CHECK(inflate(payload(first)) == text);
  CHECK(static_cast<uint8_t>(deflate(text, 12, WsOpcode::binary)[0]) == 0xC2);
}

TEST_CASE("ws_deflate: what is short or does not shrink is left alone") {
  CHECK(deflate(std::string(kWsDeflateBytesMin - 1, 'a'), 15).empty());
  CHECK_FALSE(deflate(std::string(kWsDeflateBytesMin, 'a'), 15).empty());
  CHECK(deflate(noise(1000), 15).empty());
  CHECK(deflate(noise(200'000), 15).empty());
  CHECK_FALSE(deflate(prose(1000), 15).empty());
}

TEST_CASE("ws_deflate: counts what went in and what came out") {
  Counters counters;
  const std::string text = prose(1000);
  const ChunkRef frame = ws_deflate_message(WsOpcode::text, as_bytes(text), 15, counters);
  CHECK(counters.get(Counter::deflate_bytes_in) == 1000);
  CHECK(counters.get(Counter::deflate_bytes_out) == payload(as_text(frame.bytes())).size());
  ws_deflate_message(WsOpcode::text, as_bytes(noise(1000)), 15, counters);
  CHECK(counters.get(Counter::deflate_bytes_in) == 1000);
  CHECK(counters.get(Counter::deflate_futile) == 1);
  ws_deflate_message(WsOpcode::text, as_bytes("short"), 15, counters);
  CHECK(counters.get(Counter::deflate_futile) == 1);
}

TEST_CASE("ws_deflate: the largest message is counted once inflated") {
  const std::string frame = payload(deflate(std::string(100'000, 'a'), 15));
  REQUIRE(frame.size() < 300);
  CHECK(inflate(frame, 100'000).size() == 100'000);
  CHECK(inflate(frame, 99'999) == "(too big)");
  CHECK(inflate(frame, 1) == "(too big)");
  CHECK(inflate(frame, 0) == "(too big)");
  CHECK(inflate("\x00"s, 0) == "");
  CHECK(inflate(frame, 100'000).size() == 100'000);
}

TEST_CASE("ws_deflate: many ends of streams, one message") {
  std::string empty;
  for (int i = 0; i < 10'000; ++i) empty += "\x03\x00"s;
  CHECK(inflate(empty + "\x00"s) == "");
  std::string twice = "\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s;
  CHECK(inflate(twice) == "HelloHello");
}

TEST_CASE("ws_deflate: what no compressor makes is refused") {
  CHECK(inflate("") == "(broken)");
  CHECK(inflate("\xff"s) == "(broken)");
  CHECK(inflate("\x06\x00"s) == "(broken)");
  CHECK(inflate("Hello") == "(broken)");
  CHECK(inflate("\xf2\x48\xcd\xc9\xc9\x07\x00\xff"s) == "(broken)");
  // A reference to what was before the message: a context that we do not keep.
  CHECK(inflate("\xf2\x00\x11\x00\x00"s) == "(broken)");
  // Whatever is cut off the end of a message of one block, its end is missed.
  const std::string whole = payload(deflate(prose(500), 15));
  int broken = 0;
  for (size_t size = 0; size < whole.size(); ++size)
    broken += inflate(std::string_view(whole).substr(0, size)) == "(broken)";
  CHECK(broken == static_cast<int>(whole.size()));
  CHECK(inflate(whole) == prose(500));
}

TEST_CASE("ws_deflate: each thread has its own") {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      for (int round = 0; round < 50; ++round) {
        const std::string text = prose(500 + 100 * static_cast<size_t>(i));
        if (inflate(payload(deflate(text, 9 + i))) != text) std::abort();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}
