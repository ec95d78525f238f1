// SPDX-License-Identifier: Apache-2.0
#include "pubsub/message.h"

#include <cstring>
#include <new>

#include "http/ws_frame.h"
#include "pubsub/encode.h"

namespace fce {
namespace {

constexpr std::string_view kJsonId = "{\"id\":\"";
constexpr std::string_view kJsonData = "\",\"data\":\"";
constexpr std::string_view kJsonEnd = "\"}";
constexpr std::string_view kSseId = "id: ";

}  // namespace

Message Message::encode(const MessageId& id, Bytes payload) {
  const std::string_view text = as_text(payload);
  char id_buffer[kIdBytesMax];
  const std::string_view id_text(id_buffer, print_id(id, id_buffer));

  uint8_t raw_header[10];
  uint8_t json_header[10];
  const size_t json_payload_bytes = kJsonId.size() + id_text.size() + kJsonData.size() +
                                    json_escaped_bytes(text) + kJsonEnd.size();
  const size_t raw_header_bytes = ws_frame_header(WsOpcode::text, payload.size(), raw_header);
  const size_t json_header_bytes = ws_frame_header(WsOpcode::text, json_payload_bytes, json_header);
  const size_t sse_bytes = kSseId.size() + id_text.size() + 1 + sse_data_bytes(text) + 1;

  Head head;
  head.epoch = id.epoch;
  head.n = id.n;
  head.payload_at = static_cast<uint32_t>(raw_header_bytes);
  head.json_at = static_cast<uint32_t>(raw_header_bytes + payload.size());
  head.sse_at = static_cast<uint32_t>(head.json_at + json_header_bytes + json_payload_bytes);
  head.end = static_cast<uint32_t>(head.sse_at + sse_bytes);

  Message message;
  message.chunk_ = ChunkRef::make(sizeof(Head) + head.end);
  static_assert(sizeof(Chunk) % alignof(Head) == 0);
  new (message.chunk_->data()) Head(head);
  uint8_t* out = message.chunk_->data() + sizeof(Head);
  out = put({reinterpret_cast<char*>(raw_header), raw_header_bytes}, out);
  if (!payload.empty()) std::memcpy(out, payload.data(), payload.size());
  out += payload.size();
  out = put({reinterpret_cast<char*>(json_header), json_header_bytes}, out);
  out = put(kJsonEnd, json_escape(text, put(kJsonData, put(id_text, put(kJsonId, out)))));
  out = put("\n", put(id_text, put(kSseId, out)));
  put("\n", sse_data(text, out));
  return message;
}

}  // namespace fce
