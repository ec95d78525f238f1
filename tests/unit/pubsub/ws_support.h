// SPDX-License-Identifier: Apache-2.0
// A client of a WebSocket route over a real socket pair: this side reads what a client would.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "http_support.h"
#include "net/stream.h"

namespace fce::test {

class WsClient : private StreamAcceptor {
 public:
  // Connects and asks for a WebSocket, which the handler has to accept.
  WsClient(TestNode& node, TestHttp& http, const Handler& handler, std::string_view query,
           std::string_view protocols = "", std::string_view extensions = "")
      : node_(node) {
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets_) == 0);
    Stream::accept(http.net, sockets_[0], PeerAddress(), nullptr, *this);
    TestRequest request(http);
    request.query(query).field("connection", "Upgrade").field("upgrade", "websocket");
    request.field("sec-websocket-version", "13");
    request.field("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    if (!protocols.empty()) request.field("sec-websocket-protocol", protocols);
    if (!extensions.empty()) request.field("sec-websocket-extensions", extensions);
    request.stream = stream_;
    request.run(handler);
    status = request.status;
    protocol = request.header("Sec-WebSocket-Protocol");
    extension = request.header("Sec-WebSocket-Extensions");
  }
  ~WsClient() {
    leave();
    node_.settle();
  }
  void leave() {
    if (sockets_[1] >= 0) ::close(sockets_[1]);
    sockets_[1] = -1;
  }
  void send(std::string_view text) {
    REQUIRE(text.size() <= 125);
    std::string frame = "\x81";
    frame += static_cast<char>(0x80 | text.size());
    frame.append(4, '\0').append(text);  // a mask of zeros
    REQUIRE(::write(sockets_[1], frame.data(), frame.size()) == static_cast<ssize_t>(frame.size()));
  }
  // All frames that are there: the text of text frames, see `inflated`, "close CODE REASON".
  Got read() {
    node_.settle();
    char buffer[65'536];
    for (ssize_t size; (size = ::read(sockets_[1], buffer, sizeof buffer)) > 0;)
      data_.append(buffer, static_cast<size_t>(size));
    Got frames;
    while (data_.size() >= 2) {
      size_t length = static_cast<uint8_t>(data_[1]);
      size_t head = 2;
      REQUIRE(length <= 126);
      if (length == 126) {
        REQUIRE(data_.size() >= 4);
        length = size_t{static_cast<uint8_t>(data_[2])} << 8 | static_cast<uint8_t>(data_[3]);
        head = 4;
      }
      REQUIRE(data_.size() >= head + length);
      const std::string payload = data_.substr(head, length);
      if (data_[0] == '\x81') frames.push_back(payload);
      if (data_[0] == '\xC1') frames.push_back(inflated(payload));
      if (data_[0] == '\x88') {
        const int code = static_cast<uint8_t>(payload[0]) << 8 | static_cast<uint8_t>(payload[1]);
        frames.push_back("close " + std::to_string(code) + " " + payload.substr(2));
      }
      data_.erase(0, head + length);
    }
    return frames;
  }

  uint16_t status = 0;
  std::string protocol, extension;

 private:
  void on_stream(Stream& stream) override {
    // Until the WebSocket takes over nobody may be called.
    stream_ = &stream;
  }
  TestNode& node_;
  int sockets_[2];
  Stream* stream_ = nullptr;
  std::string data_;
};

inline void drain_all(TestHttp& http) {
  http.http.connections.for_each([](Drainable* connection) { connection->drain(); });
}

}  // namespace fce::test
