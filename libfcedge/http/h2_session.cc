// SPDX-License-Identifier: Apache-2.0
#include "http/h2_session.h"

#include <nghttp2/nghttp2.h>

#include <cstdlib>
#include <cstring>
#include <iterator>

#include "base/fatal.h"

namespace fce {
namespace {

// NGHTTP2_FRAMEBUF_CHUNKLEN: frame header, padding length, payload. A library with another number
// works as well, without the saving.
constexpr size_t kFrameBufferBytes = 9 + 1 + 16'384;

// HPACK tables. Ours holds the fields of our answers, which are few and alike. The client's holds
// those of its requests: at this size a browser's usual fields fit.
constexpr size_t kDeflateTableBytes = 1024;
constexpr uint32_t kInflateTableBytes = 2048;

void* checked(void* memory, size_t size) {
  if (!memory && size > 0) fatal("out of memory: %zu bytes for HTTP/2", size);
  return memory;
}

void* allocate(size_t size, void* user) {
  thread_local uint8_t frame_buffer[kFrameBufferBytes];
  auto& memory = *static_cast<H2Memory*>(user);
  if (size == kFrameBufferBytes && memory.lending && !memory.lent)
    return memory.lent = frame_buffer;
  return checked(std::malloc(size), size);
}

void* allocate_zeroed(size_t count, size_t size, void*) {
  return checked(std::calloc(count, size), count * size);
}

void release(void* block, void* user) {
  auto& memory = *static_cast<H2Memory*>(user);
  if (!block || block != memory.lent) return std::free(block);
  memory.lent = nullptr;
}

void* reallocate(void* block, size_t size, void* user) {
  if (!block) return allocate(size, user);
  if (block != static_cast<H2Memory*>(user)->lent) return checked(std::realloc(block, size), size);
  void* own = checked(std::malloc(size), size);
  std::memcpy(own, block, size < kFrameBufferBytes ? size : kFrameBufferBytes);
  release(block, user);
  return own;
}

nghttp2_option* make_options(const Limits& limits) {
  nghttp2_option* options;
  if (nghttp2_option_new(&options) != 0) fatal("out of memory: HTTP/2 options");
  nghttp2_option_set_no_auto_window_update(options, 1);
  nghttp2_option_set_no_closed_streams(options, 1);
  nghttp2_option_set_max_deflate_dynamic_table_size(options, kDeflateTableBytes);
  nghttp2_option_set_builtin_recv_extension_type(options, NGHTTP2_PRIORITY_UPDATE);
  // Answers to PING and SETTINGS that a client does not read.
  nghttp2_option_set_max_outbound_ack(options, size_t{limits.h2_control_per_s} * 4);
  // H2Connection counts these itself and warns before it kills; nghttp2's own limits stay behind as
  // a second fence. It counts a CONTINUATION once per piece that its header arrives in, hence 9.
  nghttp2_option_set_stream_reset_rate_limit(options, uint64_t{limits.h2_resets_per_s} * 20,
                                             uint64_t{limits.h2_resets_per_s} * 2);
  nghttp2_option_set_max_continuations(options, (size_t{limits.h2_continuations_max} + 1) * 9);
  return options;
}

void submit_settings(nghttp2_session* session, const Limits& limits, bool websocket) {
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, kInflateTableBytes},
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.h2_streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kH2StreamWindowBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.header_bytes_max},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},  // the last: it may be left out
  };
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings,
                          std::size(settings) - (websocket ? 0 : 1));
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kH2ConnectionWindowBytes);
}

}  // namespace

nghttp2_session* make_h2_session(const nghttp2_session_callbacks* callbacks, void* user,
                                 H2Memory& memory, const Limits& limits, bool websocket) {
  nghttp2_mem functions{&memory, allocate, release, allocate_zeroed, reallocate};
  nghttp2_option* options = make_options(limits);
  nghttp2_session* session = nullptr;
  memory.lending = true;
  const int error = nghttp2_session_server_new3(&session, callbacks, user, options, &functions);
  memory.lending = false;
  nghttp2_option_del(options);
  if (error != 0) fatal("cannot make an HTTP/2 session: %s", nghttp2_strerror(error));
  submit_settings(session, limits, websocket);
  return session;
}

}  // namespace fce
