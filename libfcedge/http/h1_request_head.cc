// SPDX-License-Identifier: Apache-2.0
#include "http/h1_request_head.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/bytes.h"
#include "http/authority.h"
#include "http/field_list.h"

namespace fce {
namespace {

constexpr std::string_view kVersion = " HTTP/1.1\r\nhost: ";
constexpr std::string_view kLength = "content-length: ";
constexpr std::string_view kChunked = "transfer-encoding: chunked\r\n";
constexpr std::string_view kUpgrade = "connection: upgrade\r\n";
constexpr size_t kDigitsMax = 20;
constexpr size_t kFixedBytes = kVersion.size() + kLength.size() + kChunked.size() +
                               kUpgrade.size() + kDigitsMax + sizeof " \r\n\r\n\r\n";

// Those that are about this connection: its codec alone writes them.
bool is_ours(std::string_view name, bool upgrade) {
  static constexpr std::string_view kNames[] = {
      "host", "content-length", "transfer-encoding", "connection",       "keep-alive", "expect",
      "te",   "trailer",        "upgrade",           "proxy-connection",
  };
  if (upgrade && equals_ignoring_case(name, "upgrade")) return false;
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](std::string_view one) { return equals_ignoring_case(one, name); });
}

bool valid_value(std::string_view value) {
  return value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool valid_target(std::string_view target) {
  if (target.empty() || (target.front() != '/' && target != "*")) return false;
  return std::all_of(target.begin(), target.end(), [](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return byte > 0x20 && byte != 0x7f && byte != '#';
  });
}

// A request of these kinds says that it has no body, too (RFC 9110 section 8.6).
bool tells_length(const H1RequestHead& head) {
  return head.content_length && (*head.content_length > 0 || head.method == "POST" ||
                                 head.method == "PUT" || head.method == "PATCH");
}

class Writer {
 public:
  explicit Writer(uint8_t* to) : to_(to) {}
  void put(std::string_view text) {
    if (!text.empty()) std::memcpy(to_, text.data(), text.size());
    to_ += text.size();
  }
  const uint8_t* at() const { return to_; }

 private:
  uint8_t* to_;
};

}  // namespace

bool encode_h1_request_head(const H1RequestHead& head, Slice* out) {
  if (!is_token(head.method) || head.method == "CONNECT" || !valid_target(head.target) ||
      head.authority.empty() || !valid_authority(head.authority))
    return false;
  size_t bytes = kFixedBytes + head.method.size() + head.target.size() + head.authority.size();
  for (const Header& field : head.headers) {
    if (!is_token(field.name) || !valid_value(field.value)) return false;
    bytes += field.name.size() + field.value.size() + 4;
  }
  ChunkRef chunk = ChunkRef::make(bytes);
  Writer writer(chunk->data());
  writer.put(head.method);
  writer.put(" ");
  writer.put(head.target);
  writer.put(kVersion);
  writer.put(head.authority);
  writer.put("\r\n");
  for (const Header& field : head.headers) {
    if (is_ours(field.name, head.upgrade)) continue;
    writer.put(field.name);
    writer.put(": ");
    writer.put(field.value);
    writer.put("\r\n");
  }
  if (tells_length(head)) {
    char digits[kDigitsMax];
    const char* end = std::to_chars(digits, digits + kDigitsMax, *head.content_length).ptr;
    writer.put(kLength);
    writer.put({digits, static_cast<size_t>(end - digits)});
    writer.put("\r\n");
  } else if (!head.content_length) {
    writer.put(kChunked);
  }
  if (head.upgrade) writer.put(kUpgrade);
  writer.put("\r\n");
  const Bytes encoded(chunk->data(), static_cast<size_t>(writer.at() - chunk->data()));
  *out = {std::move(chunk), encoded};
  return true;
}

}  // namespace fce
