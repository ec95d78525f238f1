// SPDX-License-Identifier: Apache-2.0
#include "http/ws_frame.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "http/ws_client.h"

using namespace fce;
using ws_client::frame;
using ws_client::kFin;

namespace {

constexpr uint32_t kMessageMax = 65'536;

// Everything that a parser told, one line each.
struct Transcript {
  std::string lines;
  uint16_t error = 0;
};

void run(WsParser& parser, Bytes in, Transcript* out) {
  uint8_t scratch[1024];
  WsParser::Item item;
  for (;;) {
    const WsParser::Step step = parser.next(&in, scratch, &item);
    if (step == WsParser::Step::more) return;
    if (step == WsParser::Step::failed) {
      out->error = parser.error();
      return;
    }
    static constexpr const char* kNames[] = {"", "text", "binary", "",     "",    "",
                                             "", "",     "close",  "ping", "pong"};
    out->lines += kNames[static_cast<size_t>(item.opcode)];
    if (item.opcode == WsOpcode::close) out->lines += std::to_string(item.close_code);
    out->lines += ":";
    out->lines += as_text(item.payload);
    out->lines += "\n";
  }
}

Transcript parse(std::string_view bytes, uint32_t message_max = kMessageMax) {
  WsParser parser(message_max);
  Transcript out;
  run(parser, as_bytes(bytes), &out);
  return out;
}

// Parses whole, cut once at every byte, and byte by byte: always the same has to come out.
Transcript parse_all_ways(std::string_view bytes, uint32_t message_max = kMessageMax) {
  const Transcript whole = parse(bytes, message_max);
  const auto same = [&](const Transcript& other) {
    return other.lines == whole.lines && other.error == whole.error;
  };
  int different = 0;
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    WsParser parser(message_max);
    Transcript out;
    run(parser, as_bytes(bytes.substr(0, cut)), &out);
    run(parser, as_bytes(bytes.substr(cut)), &out);
    different += !same(out);
  }
  WsParser parser(message_max);
  Transcript single;
  for (const char& byte : bytes) run(parser, as_bytes({&byte, 1}), &single);
  different += !same(single);
  CHECK(different == 0);
  return whole;
}

uint16_t error_of(std::string_view bytes) {
  const Transcript out = parse_all_ways(bytes);
  CHECK(out.lines == "");
  return out.error;
}

std::string good(std::string_view bytes) {
  const Transcript out = parse_all_ways(bytes);
  CHECK(out.error == 0);
  return out.lines;
}

}  // namespace

TEST_CASE("ws_frame: the examples of RFC 6455 section 5.7") {
  CHECK(good("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58") == "text:Hello\n");
  CHECK(good("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58") == "pong:Hello\n");
  // Unmasked ones are for clients: a server makes them and refuses them.
  CHECK(error_of("\x81\x05Hello") == 1002);
  uint8_t header[10];
  CHECK(as_text({header, ws_frame_header(WsOpcode::text, 5, header)}) == "\x81\x05");
  CHECK(as_text({header, ws_frame_header(WsOpcode::ping, 5, header)}) == "\x89\x05");
  CHECK(as_text({header, ws_frame_header(WsOpcode::binary, 256, header)}) ==
        std::string_view("\x82\x7E\x01\x00", 4));
  CHECK(as_text({header, ws_frame_header(WsOpcode::binary, 65'536, header)}) ==
        std::string_view("\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00", 10));
  CHECK(ws_frame_header(WsOpcode::text, 125, header) == 2);
  CHECK(ws_frame_header(WsOpcode::text, 126, header) == 4);
  CHECK(ws_frame_header(WsOpcode::text, 65'535, header) == 4);
  // "Hel" and "lo" in two fragments.
  CHECK(good(frame(ws_client::text, "Hel") + frame(kFin, "lo")) == "text:Hello\n");
}

TEST_CASE("ws_frame: 1.x texts and binaries of all sizes") {
  for (const size_t size : {0, 1, 7, 8, 9, 125, 126, 127, 128, 1023, 1024, 1025, 65'535, 65'536}) {
    std::string payload;
    for (size_t i = 0; i < size; ++i) payload += static_cast<char>('!' + i % 90);
    const std::string bytes =
        frame(kFin | ws_client::text, payload) + frame(kFin | ws_client::binary, payload);
    const Transcript out = size < 2000 ? parse_all_ways(bytes) : parse(bytes);
    CHECK(out.error == 0);
    CHECK(out.lines == "text:" + payload + "\nbinary:" + payload + "\n");
  }
}

TEST_CASE("ws_frame: 2.x pings and pongs") {
  const std::string full(125, '\xFE');
  CHECK(good(frame(kFin | ws_client::ping, "")) == "ping:\n");
  CHECK(good(frame(kFin | ws_client::ping, full)) == "ping:" + full + "\n");
  CHECK(good(frame(kFin | ws_client::pong, "unasked")) == "pong:unasked\n");
  CHECK(error_of(frame(kFin | ws_client::ping, full + "x")) == 1002);
  std::string ten, expected;
  for (int i = 0; i < 10; ++i) {
    ten += frame(kFin | ws_client::ping, std::to_string(i));
    expected += "ping:" + std::to_string(i) + "\n";
  }
  CHECK(good(ten) == expected);
}

TEST_CASE("ws_frame: 3.x reserved bits") {
  for (const int bits : {0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70})
    for (const int opcode : {0, 1, 2, 8, 9, 10})
      CHECK(error_of(frame(kFin | bits | opcode, "x")) == 1002);
  // What came before the wrong frame is still told.
  const Transcript out =
      parse_all_ways(frame(kFin | ws_client::text, "ok") + frame(kFin | 0x20 | 1, "x"));
  CHECK(out.lines == "text:ok\n");
  CHECK(out.error == 1002);
}

TEST_CASE("ws_frame: 4.x reserved opcodes") {
  for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    CHECK(error_of(frame(kFin | opcode, "")) == 1002);
    CHECK(error_of(frame(opcode, "x")) == 1002);
  }
}

TEST_CASE("ws_frame: 5.x fragmentation") {
  using namespace ws_client;
  CHECK(error_of(frame(ping, "frag")) == 1002);  // control frames are never fragmented
  CHECK(error_of(frame(closing, "")) == 1002);
  CHECK(good(frame(text, "a") + frame(0, "b") + frame(0, "") + frame(kFin, "c")) == "text:abc\n");
  CHECK(good(frame(binary, "") + frame(0, "") + frame(kFin, "")) == "binary:\n");
  // Control frames in between are told at once.
  CHECK(good(frame(text, "a") + frame(kFin | ping, "p") + frame(0, "b") + frame(kFin | pong, "q") +
             frame(kFin, "c") + frame(kFin | text, "next")) ==
        "ping:p\npong:q\ntext:abc\ntext:next\n");
  CHECK(error_of(frame(kFin, "nothing to continue")) == 1002);
  CHECK(error_of(frame(0, "nothing to continue")) == 1002);
  CHECK(error_of(frame(text, "a") + frame(kFin | text, "b")) == 1002);
  CHECK(error_of(frame(text, "a") + frame(binary, "b")) == 1002);
  // Again after a complete message.
  const Transcript out = parse_all_ways(frame(text, "a") + frame(kFin, "b") + frame(kFin, "c"));
  CHECK(out.lines == "text:ab\n");
  CHECK(out.error == 1002);
}

TEST_CASE("ws_frame: 6.x UTF-8") {
  using namespace ws_client;
  const std::string kosme = "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5";
  CHECK(good(frame(kFin | text, kosme)) == "text:" + kosme + "\n");
  // A character may be spread over fragments.
  std::string fragments;
  for (size_t i = 0; i < kosme.size(); ++i)
    fragments += frame(i == 0 ? text : i + 1 == kosme.size() ? kFin : 0, kosme.substr(i, 1));
  CHECK(good(fragments) == "text:" + kosme + "\n");
  CHECK(error_of(frame(kFin | text, kosme + "\xED\xA0\x80" + "edited")) == 1007);
  CHECK(error_of(frame(kFin | text, "\xF0\x90\x80")) == 1007);  // ends within a character
  CHECK(error_of(frame(text, "\xF0\x90") + frame(kFin, "\x80")) == 1007);
  CHECK(good(frame(kFin | binary, "\xFF\xFE")) == "binary:\xFF\xFE\n");
  // Early: the rest of the frame, and the rest of the message, need not come.
  CHECK(parse(frame(kFin | text, "\xF4\x90" + std::string(500, 'x')).substr(0, 10)).error == 1007);
  CHECK(parse(frame(text, "ok\xC0")).error == 1007);
}

TEST_CASE("ws_frame: 7.x close codes and reasons") {
  using namespace ws_client;
  CHECK(good(frame(kFin | closing, "")) == "close1005:\n");
  CHECK(error_of(frame(kFin | closing, "\x03")) == 1002);
  CHECK(good(close_frame(1000, "bye \xE2\x82\xAC")) == "close1000:bye \xE2\x82\xAC\n");
  CHECK(good(close_frame(1000, std::string(123, 'x'))) ==
        "close1000:" + std::string(123, 'x') + "\n");
  CHECK(error_of(close_frame(1000, std::string(124, 'x'))) == 1002);
  CHECK(error_of(close_frame(1000, "\xC3")) == 1007);
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
                         3000, 3999, 4000, 4999})
    CHECK(good(close_frame(code)) == "close" + std::to_string(code) + ":\n");
  for (const int code :
       {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 65'535})
    CHECK(error_of(close_frame(code)) == 1002);
}

TEST_CASE("ws_frame: lengths that are not the shortest form, or negative") {
  using namespace ws_client;
  CHECK(error_of(header(kFin | binary, 5, {.length_bytes = 2}) + "mask") == 1002);
  CHECK(error_of(header(kFin | binary, 125, {.length_bytes = 2}) + "mask") == 1002);
  CHECK(error_of(header(kFin | binary, 126, {.length_bytes = 8}) + "mask") == 1002);
  CHECK(error_of(header(kFin | binary, 65'535, {.length_bytes = 8}) + "mask") == 1002);
  CHECK(error_of(header(kFin | binary, uint64_t{1} << 63, {}) + "mask") == 1002);
  CHECK(error_of(header(kFin | ping, 5, {.length_bytes = 2}) + "mask") == 1002);
  for (const int opcode : {0, 1, 2, 8, 9, 10})
    CHECK(error_of(frame(kFin | opcode, "", {.masked = false})) == 1002);
}

TEST_CASE("ws_frame: 9.x messages up to the limit and not beyond") {
  using namespace ws_client;
  const auto limited = [](const std::string& bytes) { return parse_all_ways(bytes, 10); };
  CHECK(limited(frame(kFin | text, "0123456789")).lines == "text:0123456789\n");
  CHECK(limited(frame(text, "01234") + frame(kFin, "56789")).lines == "text:0123456789\n");
  CHECK(limited(frame(kFin | text, "0123456789a")).error == 1009);
  CHECK(limited(frame(text, "01234") + frame(kFin, "56789a")).error == 1009);
  CHECK(limited(frame(text, "0123456789") + frame(0, "") + frame(kFin, "a")).error == 1009);
  // Control frames do not count.
  CHECK(
      limited(frame(text, "01234") + frame(kFin | ping, "not counted") + frame(kFin, "5")).lines ==
      "ping:not counted\ntext:012345\n");
  // The header alone tells.
  CHECK(error_of(header(kFin | text, kMessageMax + 1)) == 1009);
  CHECK(error_of(header(kFin | text, ~uint64_t{0} >> 1)) == 1009);

  const std::string large(1 << 24, 'x');
  const Transcript out = parse(frame(kFin | binary, large), 1 << 24);
  CHECK(out.lines.size() == large.size() + 8);
}

TEST_CASE("ws_frame: no memory is held between messages, nor after a failure") {
  using namespace ws_client;
  WsParser parser(kMessageMax);
  Transcript out;
  const auto feed = [&](std::string_view bytes) { run(parser, as_bytes(bytes), &out); };
  feed(frame(kFin | text, "whole"));
  CHECK(parser.idle());
  const std::string large = frame(kFin | text, std::string(5000, 'x'));  // more than the scratch
  feed(large);
  CHECK(parser.idle());
  feed(large.substr(0, 1));
  CHECK_FALSE(parser.idle());
  feed(large.substr(1));
  CHECK(parser.idle());
  feed(frame(text, "a"));
  CHECK_FALSE(parser.idle());
  feed(frame(kFin | ping, "p"));
  CHECK_FALSE(parser.idle());
  feed(frame(kFin, "b"));
  CHECK(parser.idle());
  CHECK(out.error == 0);
  feed(frame(text, "a") + frame(text, "b"));
  CHECK(parser.idle());
  CHECK(out.error == 1002);
  // Failed once is failed for ever.
  const std::string before = out.lines;
  feed(frame(kFin | text, "more"));
  CHECK(out.lines == before);
  CHECK(out.error == 1002);
}

TEST_CASE("ws_frame: what a close frame of ours says") {
  uint8_t out[kWsControlBytesMax];
  const auto made = [&](uint16_t code, std::string_view reason) {
    return std::string(as_text({out, ws_close_payload(code, reason, out)}));
  };
  CHECK(made(1012, "again soon") ==
        "\x03\xF4"
        "again soon");
  CHECK(made(1005, "ignored") == "");
  CHECK(made(1006, "") == "\x03\xE8");  // must not travel
  CHECK(made(0, "") == "\x03\xE8");
  CHECK(made(4999, "") == "\x13\x87");
  CHECK(made(1000, "\xFF") == "\x03\xE8");
  CHECK(made(1000, std::string(200, 'x')).size() == 125);
  // Cut between characters: 122 bytes, then one of two bytes.
  CHECK(made(1000, std::string(122, 'x') + "\xC3\xA9").size() == 2 + 122);
  CHECK(made(1000, std::string(121, 'x') + "\xC3\xA9").size() == 2 + 123);
}

TEST_CASE("ws_frame: masks at any offset, in place too") {
  const uint8_t mask[4] = {1, 2, 4, 8};
  for (size_t size = 0; size < 40; ++size) {
    for (uint64_t offset = 0; offset < 5; ++offset) {
      std::vector<uint8_t> in(size), out(size), expected(size);
      for (size_t i = 0; i < size; ++i) {
        in[i] = static_cast<uint8_t>(i * 7);
        expected[i] = static_cast<uint8_t>(in[i] ^ mask[(offset + i) % 4]);
      }
      ws_unmask(in, out.data(), mask, offset);
      CHECK(out == expected);
      ws_unmask(in, in.data(), mask, offset);
      CHECK(in == expected);
    }
  }
}

// Printed only: a machine may be busy.
TEST_CASE("ws_frame: how fast text is unmasked and validated") {
  const std::string ascii(8192, 'x');
  std::string mixed;
  while (mixed.size() < 8192) mixed += "caf\xC3\xA9 \xE2\x82\xAC plain words then ";
  for (const std::string& payload : {ascii, mixed}) {
    const std::string bytes = frame(kFin | ws_client::text, payload);
    std::vector<uint8_t> scratch(16 * 1024);
    WsParser parser(kMessageMax);
    WsParser::Item item;
    uint64_t done = 0;
    const auto begin = std::chrono::steady_clock::now();
    while (done < (64u << 20)) {
      Bytes in = as_bytes(bytes);
      REQUIRE(parser.next(&in, scratch, &item) == WsParser::Step::message);
      done += item.payload.size();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("ws_frame: %s text %.2f GB/s\n", payload == ascii ? "ASCII" : "mixed",
                static_cast<double>(done) / took.count() / 1e9);
  }
}
