// SPDX-License-Identifier: Apache-2.0
#include "pubsub/message.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <vector>

#include "http/ws_frame.h"
#include "pubsub/encode.h"

namespace fce {
namespace {

constexpr std::string_view kJsonChannel = "{\"channel\":\"";
constexpr std::string_view kJsonId = "\",\"id\":\"";
constexpr std::string_view kJsonKey = "\",\"key\":\"";
constexpr std::string_view kJsonData = "\",\"data\":\"";
constexpr std::string_view kJsonEnd = "\"}";
constexpr std::string_view kSseId = "id: ";

size_t put_hashes(const std::vector<std::string>& names, uint64_t* out) {
  for (size_t i = 0; i < names.size(); ++i) out[i] = name_hash(names[i]);
  std::sort(out, out + names.size());
  return names.size();
}

// Bytes of the audience; 0 when there is nothing to be said.
size_t audience_bytes(const Publication::More* more) {
  if (!more || (more->author.empty() && more->audience.everybody())) return 0;
  return sizeof(AudienceHashes) + sizeof(uint64_t) * more->audience.names();
}

void put_audience(const Publication::More& more, uint8_t* out) {
  static std::atomic<uint64_t> serial{0};
  AudienceHashes hashes;
  hashes.serial = serial.fetch_add(1, std::memory_order_relaxed) + 1;
  if (!more.author.empty()) hashes.author = name_hash(more.author);
  const Audience& audience = more.audience;
  hashes.groups = static_cast<uint32_t>(audience.groups.size());
  hashes.users = static_cast<uint32_t>(audience.users.size());
  hashes.exclude = static_cast<uint32_t>(audience.exclude.size());
  new (out) AudienceHashes(hashes);
  auto* list = reinterpret_cast<uint64_t*>(out + sizeof hashes);
  for (const auto* names : {&audience.groups, &audience.users, &audience.exclude})
    list += put_hashes(*names, list);
}

}  // namespace

Message Message::encode(const MessageId& id, std::string_view channel,
                        const Publication& publication, uint64_t time_us) {
  const Publication::More* more = publication.more;
  const std::string_view key = more ? std::string_view(more->key) : std::string_view();
  const Bytes payload = publication.payload;
  const std::string_view text = as_text(payload);
  char id_bytes[kIdBytesMax];
  const std::string_view id_text(id_bytes, print_id(id, id_bytes));
  uint8_t raw_header[10];
  uint8_t json_header[10];
  const size_t key_bytes = key.empty() ? 0 : kJsonKey.size() + json_escaped_bytes(key);
  const size_t json_bytes = kJsonChannel.size() + json_escaped_bytes(channel) + kJsonId.size() +
                            id_text.size() + key_bytes + kJsonData.size() +
                            json_escaped_bytes(text) + kJsonEnd.size();
  const size_t raw_header_bytes = ws_frame_header(WsOpcode::text, payload.size(), raw_header);
  const size_t json_header_bytes = ws_frame_header(WsOpcode::text, json_bytes, json_header);
  const size_t sse_bytes = kSseId.size() + id_text.size() + 1 + sse_data_bytes(text) + 1;

  Head head;
  head.epoch = id.epoch;
  head.n = id.n;
  head.origin = id.origin;
  head.time_us = time_us;
  head.key_hash = key.empty() ? 0 : name_hash(key);
  head.raw_at = static_cast<uint32_t>(audience_bytes(more));
  head.payload_at = static_cast<uint32_t>(head.raw_at + raw_header_bytes);
  head.json_at = static_cast<uint32_t>(head.payload_at + payload.size());
  head.line_at = static_cast<uint32_t>(head.json_at + json_header_bytes);
  head.sse_at = static_cast<uint32_t>(head.line_at + json_bytes + 1);
  head.end = static_cast<uint32_t>(head.sse_at + sse_bytes);

  Message message;
  message.chunk_ = ChunkRef::make(sizeof(Head) + head.end);
  static_assert(sizeof(Chunk) % alignof(Head) == 0 && sizeof(Head) % alignof(AudienceHashes) == 0);
  new (message.chunk_->data()) Head(head);
  uint8_t* out = message.chunk_->data() + sizeof(Head);
  if (head.raw_at > 0) put_audience(*more, out);
  out = put({reinterpret_cast<char*>(raw_header), raw_header_bytes}, out + head.raw_at);
  if (!payload.empty()) std::memcpy(out, payload.data(), payload.size());
  out = put({reinterpret_cast<char*>(json_header), json_header_bytes}, out + payload.size());
  out = put(id_text, put(kJsonId, json_escape(channel, put(kJsonChannel, out))));
  if (!key.empty()) out = json_escape(key, put(kJsonKey, out));
  out = put("\n", put(kJsonEnd, json_escape(text, put(kJsonData, out))));
  out = put("\n", put(id_text, put(kSseId, out)));
  put("\n", sse_data(text, out));
  return message;
}

}  // namespace fce
