// SPDX-License-Identifier: Apache-2.0
#include "pubsub/message.h"

#include <doctest/doctest.h>

#include <string>

#include "pubsub/encode.h"

using namespace fce;
using std::string_literals::operator""s;

namespace {

std::string json(std::string_view text) {
  std::string out(json_escaped_bytes(text), '?');
  auto* begin = reinterpret_cast<uint8_t*>(out.data());
  CHECK(json_escape(text, begin) == begin + out.size());
  return out;
}

std::string sse(std::string_view text) {
  std::string out(sse_data_bytes(text), '?');
  auto* begin = reinterpret_cast<uint8_t*>(out.data());
  CHECK(sse_data(text, begin) == begin + out.size());
  return out;
}

}  // namespace

TEST_CASE("JSON strings are escaped where they must be and nowhere else") {
  CHECK(json("") == "");
  CHECK(json("plain / \xC3\xA9 \x7F") == "plain / \xC3\xA9 \x7F");
  CHECK(json("say \"hi\" \\ bye") == "say \\\"hi\\\" \\\\ bye");
  CHECK(json("\b\f\n\r\t") == "\\b\\f\\n\\r\\t");
  CHECK(json("\0\x01\x1F"s) == "\\u0000\\u0001\\u001f");
}

TEST_CASE("every line end of an event stream begins a data line") {
  CHECK(sse("") == "data: \n");
  CHECK(sse("one") == "data: one\n");
  CHECK(sse("a\nb") == "data: a\ndata: b\n");
  CHECK(sse("a\rb") == "data: a\ndata: b\n");
  CHECK(sse("a\r\nb") == "data: a\ndata: b\n");
  CHECK(sse("a\n\rb") == "data: a\ndata: \ndata: b\n");
  CHECK(sse("a\r\n") == "data: a\ndata: \n");
  CHECK(sse("a\r") == "data: a\ndata: \n");
  CHECK(sse("\n\n") == "data: \ndata: \ndata: \n");
  CHECK(sse(" a: b") == "data:  a: b\n");
  CHECK(sse("id: 9-9\n\nevent: gap") == "data: id: 9-9\ndata: \ndata: event: gap\n");
}

TEST_CASE("a message is encoded once for all transports") {
  const Message message =
      Message::encode({7, 42}, "c\"h", {as_bytes("hi \"you\"\nthere"), nullptr}, 5000);
  CHECK(message.id() == MessageId{7, 42});
  CHECK(as_text(message.payload()) == "hi \"you\"\nthere");
  CHECK(as_text(message.raw_frame()) == "\x81\x0Ehi \"you\"\nthere");
  const std::string envelope =
      "{\"channel\":\"c\\\"h\",\"id\":\"00000000.7-42\",\"data\":\"hi \\\"you\\\"\\nthere\"}";
  CHECK(as_text(message.json_frame()) ==
        "\x81" + std::string(1, static_cast<char>(envelope.size())) + envelope);
  CHECK(as_text(message.sse_event()) == "id: 00000000.7-42\ndata: hi \"you\"\ndata: there\n\n");
  CHECK(as_text(message.json_line()) == envelope + "\n");
  CHECK(message.time_ms() == 5);
  CHECK(message.audience() == nullptr);
  CHECK(message.key_hash() == 0);
  const Bytes whole(message.chunk()->data(), message.chunk()->size());
  CHECK(message.sse_event().data() + message.sse_event().size() == whole.data() + whole.size());
  CHECK(message.bytes() >= whole.size());
}

TEST_CASE("frames of every length form are right") {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{125}, size_t{126}, size_t{65'535},
                            size_t{65'536}, size_t{1 << 20}}) {
    CAPTURE(size);
    const std::string payload(size, 'x');
    const Message message = Message::encode({1, 1}, "c", {as_bytes(payload), nullptr}, 0);
    const size_t header = size <= 125 ? 2 : size <= 65'535 ? 4 : 10;
    REQUIRE(message.raw_frame().size() == header + size);
    CHECK(message.payload().size() == size);
    CHECK(as_text(message.payload()) == payload);
    CHECK(message.sse_event().size() == std::string("id: 00000000.1-1\ndata: \n\n").size() + size);
  }
}
