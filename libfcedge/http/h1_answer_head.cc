// SPDX-License-Identifier: Apache-2.0
#include "http/h1_answer_head.h"

#include <charconv>
#include <cstring>

#include "http/answer.h"

namespace fce {
namespace {

constexpr std::string_view kChunked = "transfer-encoding: chunked\r\n";
constexpr std::string_view kClose = "connection: close\r\n";
constexpr size_t kDigitsMax = 20;
// What is always there, and the most that the fields of the codec can need.
constexpr size_t kFixedBytes = sizeof "HTTP/1.1 200 \r\ndate: \r\ncontent-length: \r\n\r\n" +
                               kDigitsMax + kChunked.size() + kClose.size();

size_t bytes_of(std::span<const Header> fields) {
  size_t bytes = 0;
  for (const Header& field : fields) bytes += field.name.size() + field.value.size() + 4;
  return bytes;
}

// Writes into memory that is known to be large enough.
class Writer {
 public:
  explicit Writer(uint8_t* to) : to_(to) {}
  void put(std::string_view text) {
    if (!text.empty()) std::memcpy(to_, text.data(), text.size());
    to_ += text.size();
  }
  void put(std::span<const Header> fields) {
    for (const Header& field : fields) {
      put(field.name);
      put(": ");
      put(field.value);
      put("\r\n");
    }
  }
  void put_status(uint16_t status) {
    const char digits[] = {static_cast<char>('0' + status / 100 % 10),
                           static_cast<char>('0' + status / 10 % 10),
                           static_cast<char>('0' + status % 10), ' '};
    put({digits, sizeof digits});
  }
  void put_number(uint64_t number) {
    char digits[kDigitsMax];
    const char* end = std::to_chars(digits, digits + kDigitsMax, number).ptr;
    put({digits, static_cast<size_t>(end - digits)});
  }
  const uint8_t* at() const { return to_; }

 private:
  uint8_t* to_;
};

}  // namespace

Slice encode_h1_head(const H1AnswerHead& head) {
  const std::string_view reason = reason_phrase(head.status);
  ChunkRef chunk = ChunkRef::make(kFixedBytes + reason.size() + head.date.size() +
                                  bytes_of(head.headers) + bytes_of(head.extra));
  Writer writer(chunk->data());
  writer.put("HTTP/1.1 ");
  writer.put_status(head.status);
  writer.put(reason);
  if (head.date.empty()) {
    writer.put("\r\n");
  } else {
    writer.put("\r\ndate: ");
    writer.put(head.date);
    writer.put("\r\n");
  }
  writer.put(head.headers);
  writer.put(head.extra);
  if (head.content_length) {
    writer.put("content-length: ");
    writer.put_number(*head.content_length);
    writer.put("\r\n");
  } else if (head.chunked) {
    writer.put(kChunked);
  }
  if (head.close) writer.put(kClose);
  writer.put("\r\n");
  const Bytes bytes(chunk->data(), static_cast<size_t>(writer.at() - chunk->data()));
  return {std::move(chunk), bytes};
}

}  // namespace fce
