// SPDX-License-Identifier: Apache-2.0
// One event stream over HTTP/2 on a connection of its own. Its windows are as large as a browser's,
// so that flow control is not what is measured.
#pragma once
#include <nghttp2/nghttp2.h>

#include <string>
#include <utility>
#include <vector>

#include "fanout_wire.h"

class H2Stream {
 public:
  enum class Phase : uint8_t { kWaiting, kOpen, kLost };
  // Gets the bytes of the body, as they come.
  using OnBody = void (*)(Conn*, const char*, size_t);

  H2Stream(Conn* conn, OnBody on_body) : conn_(conn), on_body_(on_body) {
    nghttp2_session_client_new(&session_, callbacks(), this);
  }
  ~H2Stream() { nghttp2_session_del(session_); }
  H2Stream(const H2Stream&) = delete;

  bool request(const Url& url, const std::vector<std::pair<string, string>>& fields) {
    nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindow};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &window, 1);
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, int32_t(kWindow));
    std::vector<std::pair<string, string>> all = {
        {":method", "GET"},
        {":scheme", "https"},
        {":authority", url.host + ":" + std::to_string(url.port)},
        {":path", url.path},
        {"accept", "text/event-stream"}};
    all.insert(all.end(), fields.begin(), fields.end());
    std::vector<nghttp2_nv> nv;
    for (auto& [name, value] : all)
      nv.push_back({reinterpret_cast<uint8_t*>(name.data()),
                    reinterpret_cast<uint8_t*>(value.data()), name.size(), value.size(),
                    NGHTTP2_NV_FLAG_NONE});
    nghttp2_submit_request(session_, nullptr, nv.data(), nv.size(), nullptr, nullptr);
    return flush();
  }
  // False: the connection is no longer good.
  bool feed(const char* b, size_t n) {
    if (nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(b), n) < 0)
      return false;
    return flush() && phase_ != Phase::kLost;
  }
  bool open() const { return phase_ == Phase::kOpen; }

 private:
  static constexpr uint32_t kWindow = 4u << 20;

  bool flush() {
    for (;;) {
      const uint8_t* data;
      const ssize_t n = nghttp2_session_mem_send(session_, &data);
      if (n <= 0) return n == 0;
      if (!wr(conn_, reinterpret_cast<const char*>(data), size_t(n))) return false;
    }
  }
  static int on_header(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_n,
                       const uint8_t* value, size_t value_n, uint8_t, void* user) {
    auto* self = static_cast<H2Stream*>(user);
    const string n(reinterpret_cast<const char*>(name), name_n);
    const string v(reinterpret_cast<const char*>(value), value_n);
    if (n == ":status") self->ok_ = v == "200";
    if (n == "content-type" && v.rfind("text/event-stream", 0) != 0) self->ok_ = false;
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto* self = static_cast<H2Stream*>(user);
    if (frame->hd.type == NGHTTP2_GOAWAY) self->phase_ = Phase::kLost;
    if (frame->hd.type == NGHTTP2_HEADERS && self->phase_ == Phase::kWaiting)
      self->phase_ = self->ok_ ? Phase::kOpen : Phase::kLost;
    return 0;
  }
  static int on_data(nghttp2_session*, uint8_t, int32_t, const uint8_t* data, size_t n,
                     void* user) {
    auto* self = static_cast<H2Stream*>(user);
    self->on_body_(self->conn_, reinterpret_cast<const char*>(data), n);
    return 0;
  }
  static int on_close(nghttp2_session*, int32_t, uint32_t, void* user) {
    static_cast<H2Stream*>(user)->phase_ = Phase::kLost;
    return 0;
  }
  static nghttp2_session_callbacks* callbacks() {
    static nghttp2_session_callbacks* all = nullptr;
    if (all) return all;
    nghttp2_session_callbacks_new(&all);
    nghttp2_session_callbacks_set_on_header_callback(all, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(all, on_close);
    return all;
  }

  Conn* conn_;
  OnBody on_body_;
  nghttp2_session* session_ = nullptr;
  Phase phase_ = Phase::kWaiting;
  bool ok_ = false;
};
