// SPDX-License-Identifier: Apache-2.0
// Clients of a live route over a real socket pair: this side reads and writes what a client would.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "http_support.h"
#include "pubsub/live_handler.h"

namespace fce::test {

// Takes whom the test has prepared: at the handshake `visitor`, in band the token that is the
// user's name.
class TestDoorkeeper final : public Doorkeeper {
 public:
  Admission admit(Exchange&, Hub&, std::string_view) const override {
    return {refusal, refusal == Refusal::none ? visitor : nullptr, session};
  }
  Admission renew(std::string_view token, Hub&, std::string_view) const override {
    if (!next || next->user != token) return {Refusal::signature, nullptr, {}};
    return {Refusal::none, next, {}};
  }
  bool admits_nobody() const override { return open; }

  std::shared_ptr<const Identity> visitor, next;
  Refusal refusal = Refusal::none;
  std::string session;
  bool open = false;
};

// Whose token lists no channels.
inline std::shared_ptr<Identity> identity(const char* user, int64_t expires = 0) {
  auto made = std::make_shared<Identity>();
  made->kind = Identity::Kind::token;
  made->tenant = "acme";
  made->user = user;
  made->expires = expires;
  return made;
}

constexpr uint8_t mask(Right right) { return static_cast<uint8_t>(right); }

// Whose token lists these.
inline std::shared_ptr<Identity> limited(const char* user, std::vector<ChannelRule> rules) {
  auto made = identity(user);
  made->lists_channels = true;
  made->rules = std::move(rules);
  return made;
}

inline std::shared_ptr<const Handler> live_handler(
    TestNode& node, fce_live_options options = {},
    std::shared_ptr<const Doorkeeper> doorkeeper = nullptr) {
  options.size = sizeof options;
  if (!options.tenant) options.tenant = "{tenant}";
  std::shared_ptr<const Handler> handler;
  REQUIRE(LiveHandler::make(node.pubsub(), options, "/{tenant}", std::move(doorkeeper), &handler) ==
          Status::ok);
  return handler;
}

class LiveClient final : private StreamAcceptor {
 public:
  LiveClient(TestNode& node, TestHttp& http, const Handler& handler,
             std::string_view tenant = "acme", std::string_view protocol = "fcedge.v1.json",
             std::string_view extensions = "")
      : node_(node) {
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets_) == 0);
    Stream::accept(http.net, sockets_[0], PeerAddress(), nullptr, *this);
    TestRequest request(http);
    request.param("tenant", tenant).field("connection", "Upgrade").field("upgrade", "websocket");
    request.field("sec-websocket-version", "13");
    request.field("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    if (!protocol.empty()) request.field("sec-websocket-protocol", protocol);
    if (!extensions.empty()) request.field("sec-websocket-extensions", extensions);
    request.stream = stream_;
    request.run(handler);
    status = request.status;
    text = request.text;
    // Nobody has taken the stream over then.
    if (status != 101) stream_->abort(Status::canceled);
  }
  ~LiveClient() {
    leave();
    node_.settle();
  }
  void leave() {
    if (sockets_[1] >= 0) ::close(sockets_[1]);
    sockets_[1] = -1;
  }

  // One message as a masked frame; the mask is 0.
  LiveClient& send(std::string_view message, char opcode = '\x81') {
    std::string frame(1, opcode);
    if (message.size() < 126) {
      frame += static_cast<char>(0x80 | message.size());
    } else {
      frame += '\xFE';
      frame += static_cast<char>(message.size() >> 8);
      frame += static_cast<char>(message.size());
    }
    frame.append(4, '\0').append(message);
    REQUIRE(::write(sockets_[1], frame.data(), frame.size()) == static_cast<ssize_t>(frame.size()));
    return *this;
  }
  // All that is there: texts, see `inflated`, and "close CODE REASON".
  Got read() {
    node_.settle();
    char buffer[65'536];
    for (ssize_t size; (size = ::read(sockets_[1], buffer, sizeof buffer)) > 0;) {
      data_.append(buffer, static_cast<size_t>(size));
      node_.settle();
    }
    Got frames;
    std::string payload;
    while (const char opcode = take_frame(&payload)) {
      if (opcode == '\x81') frames.push_back(payload);
      if (opcode == '\xC1') frames.push_back(inflated(payload));
      if (opcode == '\x88') {
        const int code = static_cast<uint8_t>(payload[0]) << 8 | static_cast<uint8_t>(payload[1]);
        frames.push_back("close " + std::to_string(code) + " " + payload.substr(2));
      }
    }
    return frames;
  }
  Got ask(std::string_view message) { return send(message).read(); }

  uint16_t status = 0;
  std::string text;  // of a refusal

 private:
  void on_stream(Stream& stream) override { stream_ = &stream; }
  // The first byte of the next frame, or 0.
  char take_frame(std::string* payload) {
    if (data_.size() < 2) return 0;
    const auto byte = [&](size_t at) {
      return static_cast<size_t>(static_cast<uint8_t>(data_[at]));
    };
    size_t head = 2, size = byte(1);
    if (size == 126) {
      size = byte(2) << 8 | byte(3);
      head = 4;
    } else if (size == 127) {
      size = byte(6) << 24 | byte(7) << 16 | byte(8) << 8 | byte(9);
      head = 10;
    }
    REQUIRE(data_.size() >= head + size);
    const char opcode = data_[0];
    *payload = data_.substr(head, size);
    data_.erase(0, head + size);
    return opcode;
  }

  TestNode& node_;
  int sockets_[2];
  Stream* stream_ = nullptr;
  std::string data_;
};

inline const std::string kHello =
    "{\"hello\":{\"user\":\"\",\"session\":\"none\",\"ping_ms\":25000}}";

// Answers, by the number of the command.
inline std::string ok(int ref, const std::string& what = "{}") {
  return "{\"ref\":" + std::to_string(ref) + ",\"ok\":" + what + "}";
}
// The code of an error's answer; "" for anything else.
inline std::string error_code(const Got& got) {
  static const std::string kCode = "\"error\":{\"code\":\"";
  if (got.size() != 1) return "";
  const size_t at = got[0].find(kCode);
  if (at == std::string::npos) return "";
  return got[0].substr(at + kCode.size(), got[0].find('"', at + kCode.size()) - at - kCode.size());
}
inline std::string subscribe_text(int ref, const std::string& channel,
                                  const std::string& more = "") {
  return "{\"ref\":" + std::to_string(ref) + ",\"subscribe\":{\"channel\":\"" + channel + "\"" +
         more + "}}";
}
inline std::string publish_text(int ref, const std::string& channel, const std::string& data,
                                const std::string& more = "") {
  return "{\"ref\":" + std::to_string(ref) + ",\"publish\":{\"channel\":\"" + channel +
         "\",\"data\":\"" + data + "\"" + more + "}}";
}
inline std::string message_text(const std::string& channel, const std::string& id,
                                const std::string& data) {
  return "{\"channel\":\"" + channel + "\",\"id\":\"00000000." + id + "\",\"data\":\"" + data +
         "\"}";
}
inline std::string ready_text(const std::string& channel, const std::string& id) {
  return "{\"channel\":\"" + channel + "\",\"ready\":{\"id\":\"00000000." + id + "\"}}";
}

}  // namespace fce::test
