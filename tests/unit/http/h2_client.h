// SPDX-License-Identifier: Apache-2.0
// An HTTP/2 client over a descriptor, for tests: nghttp2's client session, or bytes by hand.
#pragma once

#include <doctest/doctest.h>
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fce {

using H2Fields = std::vector<std::pair<std::string, std::string>>;

class H2Client {
 public:
  struct Answer {
    int status = 0;
    int informational = 0;  // how many 1xx came before
    H2Fields fields;
    std::string body;
    bool ended = false;
    bool closed = false;
    uint32_t error = 0;  // of RST_STREAM
    std::string field(std::string_view name) const {
      for (const auto& [key, value] : fields)
        if (key == name) return value;
      return {};
    }
  };

  struct Options {
    int32_t window = 65'535;  // of each stream
    bool auto_window = true;
    bool checked = true;  // false: may send what breaks the protocol
    bool send_preface = true;
  };

  explicit H2Client(int fd) : H2Client(fd, Options()) {}
  H2Client(int fd, const Options& options) : fd_(fd) {
    nghttp2_session_callbacks* callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_option* option;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, options.auto_window ? 0 : 1);
    nghttp2_option_set_no_http_messaging(option, options.checked ? 0 : 1);
    nghttp2_session_client_new2(&session_, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    if (!options.send_preface) return;
    const nghttp2_settings_entry window[] = {
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<uint32_t>(options.window)}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, window, 1);
  }
  ~H2Client() {
    nghttp2_session_del(session_);
    if (fd_ >= 0) ::close(fd_);
  }
  H2Client(const H2Client&) = delete;
  H2Client& operator=(const H2Client&) = delete;

  nghttp2_session* session() { return session_; }

  static H2Fields get(std::string path) {
    return {{":method", "GET"},
            {":scheme", "https"},
            {":authority", "a.example"},
            {":path", std::move(path)}};
  }
  static H2Fields post(std::string path, H2Fields more = {}) {
    H2Fields fields = get(std::move(path));
    fields[0].second = "POST";
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
  }

  // Queues a request. With `body` it is sent as far as windows allow; `end`: it is all of it.
  int32_t request(const H2Fields& fields, const std::string* body = nullptr, bool end = true) {
    std::vector<nghttp2_nv> names;
    for (const auto& [name, value] : fields)
      names.push_back({bytes(name), bytes(value), name.size(), value.size(), 0});
    nghttp2_data_provider provider{};
    provider.read_callback = read_body;
    const int32_t id = nghttp2_submit_request(session_, nullptr, names.data(), names.size(),
                                              body ? &provider : nullptr, nullptr);
    REQUIRE(id > 0);
    if (body) bodies_[id] = {*body, end};
    return id;
  }
  void send_more(int32_t id, std::string_view more, bool end) {
    bodies_[id].first += more;
    bodies_[id].second = end;
    nghttp2_session_resume_data(session_, id);
  }
  void reset(int32_t id) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
  }

  // The bytes that the session has to send.
  std::string output() {
    std::string out;
    const uint8_t* data;
    for (ssize_t size; (size = nghttp2_session_mem_send(session_, &data)) > 0;)
      out.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
    return out;
  }
  // One step of the exchange of bytes; true when something was received.
  bool step() {
    outgoing_ += output();
    write_out();
    bool any = false;
    char buffer[65'536];
    for (ssize_t got; (got = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT)) >= 0;) {
      if (got == 0) {
        eof = true;
        break;
      }
      any = true;
      received_bytes += static_cast<size_t>(got);
      watch_goaway({buffer, static_cast<size_t>(got)});
      nghttp2_session_mem_recv(session_, reinterpret_cast<uint8_t*>(buffer),
                               static_cast<size_t>(got));
    }
    if (errno == ECONNRESET) eof = true;
    return any;
  }
  // Bytes that no session would send.
  void raw(std::string_view more) {
    outgoing_ += output();
    outgoing_ += more;
    write_out();
  }
  static std::string frame(uint8_t type, uint8_t flags, uint32_t id, std::string_view payload) {
    std::string out;
    for (int shift : {16, 8, 0}) out += static_cast<char>(payload.size() >> shift & 0xff);
    out += static_cast<char>(type);
    out += static_cast<char>(flags);
    for (int shift : {24, 16, 8, 0}) out += static_cast<char>(id >> shift & 0xff);
    return out.append(payload);
  }
  bool all_written() const { return outgoing_.empty(); }

  std::map<int32_t, Answer> answers;
  std::vector<std::pair<int32_t, uint32_t>> goaways;  // last stream, error
  std::vector<int32_t> data_order;                    // the stream of each DATA frame
  bool eof = false;
  bool keep_bodies = true;
  size_t received_bytes = 0;

 private:
  static uint8_t* bytes(const std::string& text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  }
  static H2Client& self(void* user) { return *static_cast<H2Client*>(user); }

  // nghttp2's client hears nothing more after a GOAWAY that leaves it no streams.
  void watch_goaway(std::string_view more) {
    unscanned_ += more;
    const auto number = [this](size_t at, size_t size) {
      uint32_t value = 0;
      for (size_t i = 0; i < size; ++i)
        value = value << 8 | static_cast<uint8_t>(unscanned_[at + i]);
      return value;
    };
    while (unscanned_.size() >= 9 && unscanned_.size() >= 9 + number(0, 3)) {
      if (unscanned_[3] == NGHTTP2_GOAWAY)
        goaways.emplace_back(static_cast<int32_t>(number(9, 4)), number(13, 4));
      unscanned_.erase(0, 9 + number(0, 3));
    }
  }
  void write_out() {
    while (!outgoing_.empty()) {
      const ssize_t sent = ::send(fd_, outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        if (errno == EPIPE || errno == ECONNRESET) {
          eof = true;
          outgoing_.clear();
        }
        return;
      }
      outgoing_.erase(0, static_cast<size_t>(sent));
    }
  }

  static ssize_t read_body(nghttp2_session*, int32_t id, uint8_t* to, size_t room, uint32_t* flags,
                           nghttp2_data_source*, void* user) {
    auto& [body, end] = self(user).bodies_[id];
    const size_t size = std::min(room, body.size());
    std::memcpy(to, body.data(), size);
    body.erase(0, size);
    if (body.empty() && end) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (size == 0 && !end) return NGHTTP2_ERR_DEFERRED;
    return static_cast<ssize_t>(size);
  }
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                       size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                       void* user) {
    Answer& answer = self(user).answers[frame->hd.stream_id];
    const std::string key(reinterpret_cast<const char*>(name), name_size);
    const std::string text(reinterpret_cast<const char*>(value), value_size);
    if (key != ":status") {
      answer.fields.emplace_back(key, text);
    } else if (text[0] == '1') {
      ++answer.informational;
    } else {
      answer.status = std::stoi(text);
    }
    return 0;
  }
  static int on_data(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                     void* user) {
    H2Client& client = self(user);
    if (client.keep_bodies)
      client.answers[id].body.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    H2Client& client = self(user);
    if (frame->hd.type == NGHTTP2_DATA) client.data_order.push_back(frame->hd.stream_id);
    const bool content = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (content && frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
      client.answers[frame->hd.stream_id].ended = true;
    return 0;
  }
  static int on_close(nghttp2_session*, int32_t id, uint32_t error, void* user) {
    Answer& answer = self(user).answers[id];
    answer.closed = true;
    answer.error = error;
    return 0;
  }

  int fd_;
  nghttp2_session* session_ = nullptr;
  std::string outgoing_;
  std::string unscanned_;
  std::map<int32_t, std::pair<std::string, bool>> bodies_;  // what is left, whether it ends there
};

}  // namespace fce
