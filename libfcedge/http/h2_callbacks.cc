// SPDX-License-Identifier: Apache-2.0
// From nghttp2's callbacks to the events of a connection and its streams.
#include <nghttp2/nghttp2.h>

#include "base/fatal.h"
#include "http/h2_connection.h"

namespace fce {
namespace {

std::string_view text_of(nghttp2_rcbuf* buffer) {
  const nghttp2_vec bytes = nghttp2_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

H2Connection& self(void* user) { return *static_cast<H2Connection*>(user); }

// nghttp2's way to be told that the session is over.
int go_on(bool yes) { return yes ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE; }

bool ends_stream(const nghttp2_frame* frame) {
  return (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

}  // namespace

struct H2Connection::Callbacks {
  static int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* user) {
    return go_on(self(user).on_frame_begins(head->type, head->flags));
  }

  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
      self(user).on_head_begins(frame->hd.stream_id);
    return 0;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf* name,
                       nghttp2_rcbuf* value, uint8_t, void* user) {
    return go_on(self(user).on_field(frame->hd.stream_id, text_of(name), text_of(value),
                                     nghttp2_rcbuf_is_static(name) != 0));
  }

  // Without this nghttp2 would leave a field out that is not valid; we refuse the request.
  static int on_invalid_header(nghttp2_session*, const nghttp2_frame*, nghttp2_rcbuf*,
                               nghttp2_rcbuf*, uint8_t, void*) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int on_frame_recv(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    H2Connection& connection = self(user);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        if (H2Stream* stream = connection.find(frame->hd.stream_id)) {
          if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
            connection.on_head(*stream, ends_stream(frame));
          else if (ends_stream(frame))
            stream->on_request_end();  // a trailer, which we ignore
        }
        return 0;
      case NGHTTP2_DATA: return on_data_frame(connection, frame);
      case NGHTTP2_SETTINGS: connection.on_settings(); return 0;
      case NGHTTP2_PING:
        if (frame->hd.flags & NGHTTP2_FLAG_ACK) connection.on_ping_answered();
        return 0;
      case NGHTTP2_PRIORITY_UPDATE: {
        const auto* update = static_cast<const nghttp2_ext_priority_update*>(frame->ext.payload);
        if (H2Stream* stream = connection.find(update->stream_id)) stream->on_priority_update();
        return 0;
      }
      default: return 0;
    }
  }

  static int on_data_frame(H2Connection& connection, const nghttp2_frame* frame) {
    if (ends_stream(frame)) {
      if (H2Stream* stream = connection.find(frame->hd.stream_id)) stream->on_request_end();
      return 0;
    }
    return go_on(frame->hd.length > frame->data.padlen || connection.spend_control());
  }

  static int on_data_chunk(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                           void* user) {
    self(user).on_body(id, {data, size});
    return 0;
  }

  static int on_invalid_frame(nghttp2_session*, const nghttp2_frame* frame, int error, void* user) {
    const bool opens_stream = frame->hd.type == NGHTTP2_HEADERS;
    self(user).on_invalid_frame(opens_stream, error);
    return 0;
  }

  static int on_frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    H2Connection& connection = self(user);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
      case NGHTTP2_DATA:
        if (!ends_stream(frame)) return 0;
        if (H2Stream* stream = connection.find(frame->hd.stream_id)) stream->on_answer_sent();
        return 0;
      case NGHTTP2_RST_STREAM: return go_on(connection.on_reset_sent(frame->rst_stream.error_code));
      case NGHTTP2_GOAWAY: connection.on_goaway_sent(); return 0;
      default: return 0;
    }
  }

  static int on_send_data(nghttp2_session*, nghttp2_frame*, const uint8_t* frame_head, size_t,
                          nghttp2_data_source*, void* user) {
    self(user).on_data_sent(frame_head);
    return 0;
  }

  static int on_stream_close(nghttp2_session*, int32_t id, uint32_t, void* user) {
    H2Connection& connection = self(user);
    if (H2Stream* stream = connection.find(id)) connection.on_stream_closed(stream);
    return 0;
  }
};

const nghttp2_session_callbacks* H2Connection::callbacks() {
  static nghttp2_session_callbacks* const table = [] {
    nghttp2_session_callbacks* all = nullptr;
    if (nghttp2_session_callbacks_new(&all) != 0) fatal("out of memory: HTTP/2 callbacks");
    nghttp2_session_callbacks_set_on_begin_frame_callback(all, Callbacks::on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(all, Callbacks::on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback2(all, Callbacks::on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback2(all, Callbacks::on_invalid_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all, Callbacks::on_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, Callbacks::on_data_chunk);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(all, Callbacks::on_invalid_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(all, Callbacks::on_frame_sent);
    nghttp2_session_callbacks_set_send_data_callback(all, Callbacks::on_send_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(all, Callbacks::on_stream_close);
    return all;
  }();
  return table;
}

}  // namespace fce
