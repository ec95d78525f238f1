// SPDX-License-Identifier: Apache-2.0
// A loop with real streams over socket pairs, whose owners do what the test says.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/stream.h"

namespace fce {

// How sockets are written to in this run of a test.
inline UringMode test_path = UringMode::off;

inline void each_path(void (*test)()) {
  std::string why;
  const bool there = Uring::open(&why) != nullptr;
  if (!there) MESSAGE("no io_uring: " << why);
  for (const bool uring : {false, true}) {
    if (uring && !there) break;
    CAPTURE(uring);
    test_path = uring ? UringMode::on : UringMode::off;
    test();
  }
  test_path = UringMode::off;
}

// A test case that is run without io_uring and with it.
#define BOTH_PATHS_CASE_(test, name)    \
  static void test();                   \
  TEST_CASE(name) { each_path(&test); } \
  static void test()
#define BOTH_PATHS_CASE(name) BOTH_PATHS_CASE_(DOCTEST_ANONYMOUS(both_paths_), name)

struct TestOwner final : StreamOwner {
  Stream* stream = nullptr;
  std::string data;              // what came in
  std::string output;            // what is to go out
  ChunkRef whole;                // then this, at once
  std::vector<OutPiece> pieces;  // and then these
  int flushes = 0;
  int eofs = 0;
  int closes = 0;
  Status why = Status::ok;
  size_t room_most = 0;
  std::function<void()> data_hook = [] {};
  std::function<void()> eof_hook = [] {};
  std::function<void()> flush_hook = [] {};

  void on_data(Bytes bytes) override {
    CHECK(closes == 0);
    data += as_text(bytes);
    data_hook();
  }
  void on_eof() override {
    CHECK(closes == 0);
    ++eofs;
    eof_hook();
  }
  bool on_flush(Gather& out) override {
    CHECK(closes == 0);
    CHECK_FALSE(stream->blocked());
    ++flushes;
    room_most = std::max(room_most, out.room());
    const size_t size = std::min(out.room(), output.size());
    out.copy(std::string_view(output).substr(0, size));
    output.erase(0, size);
    if (output.empty() && whole) out.add(Slice::whole(std::exchange(whole, {})));
    if (output.empty())
      for (OutPiece& piece : std::exchange(pieces, {})) out.add(std::move(piece));
    flush_hook();
    return !output.empty();
  }
  void on_closed(Status reason) override {
    ++closes;
    why = reason;
    stream = nullptr;
  }
  void send(std::string_view text) {
    output += text;
    stream->want_flush(Lane::answer);
  }
};

struct StreamNode : StreamAcceptor {
  Limits limits;
  Counters counters;
  std::atomic<uint64_t> connections{0};
  Loop loop{2000};
  NetContext net{loop, limits, counters, connections};
  const CertificateStore* certificates = nullptr;  // null: clear text
  std::vector<std::unique_ptr<TestOwner>> owners;  // one per stream that became ready
  std::function<void(Stream&)> stream_hook = [](Stream&) {};
  std::vector<int> clients;
  int buffer_bytes = 0;  // of the sockets, when not 0
  bool proxied = false;  // they begin with the PROXY protocol
  bool tcp = false;      // connections over the loopback in place of pairs of unix sockets

  StreamNode() {
    REQUIRE(loop.open() == Status::ok);
    REQUIRE(net.batch.use_uring(test_path) == Status::ok);
  }
  ~StreamNode() {
    for (int& fd : clients) leave(fd);
    turn();
    // Whose owner did not close when the client left.
    net.streams.for_each([](Stream* stream) { stream->abort(Status::canceled); });
    turn();
    CHECK(connections.load() == 0);
    CHECK(net.streams.empty());
    for (const auto& one : owners) CHECK(one->closes == 1);
  }

  // Connects; the result is the client's end.
  int& open() {
    int pair[2];
    constexpr int kType = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    if (tcp) {
      connect_tcp(pair);
    } else {
      REQUIRE(::socketpair(AF_UNIX, kType, 0, pair) == 0);
    }
    for (const int fd : pair)
      if (buffer_bytes > 0)
        ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    clients.reserve(64);
    clients.push_back(pair[0]);
    Stream::accept(net, pair[1], PeerAddress(), certificates, *this, proxied);
    return clients.back();
  }
  static void connect_tcp(int (&pair)[2]) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    REQUIRE(::bind(listener, address, size) == 0);
    REQUIRE(::listen(listener, 1) == 0);
    ::getsockname(listener, address, &size);
    pair[0] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::connect(pair[0], address, size) == 0);
    pair[1] = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    REQUIRE(pair[1] >= 0);
    ::fcntl(pair[0], F_SETFL, O_NONBLOCK);
    ::close(listener);
  }
  TestOwner& owner() { return *owners.back(); }
  int client() const { return clients.back(); }
  void on_stream(Stream& stream) override {
    owners.push_back(std::make_unique<TestOwner>());
    owner().stream = &stream;
    stream.set_owner(&owner());
    stream_hook(stream);
  }
  static void leave(int& fd) {
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }

  void turn(int count = 6) {
    for (int i = 0; i < count; ++i) uv_run(loop.uv(), UV_RUN_NOWAIT);
  }
  // Moves the timers, not the clock.
  void pass_time(uint64_t ms) {
    passed_ += ms;
    loop.timers().advance(loop.now_ms() + passed_);
    turn();
  }
  // Sends all of it from the client's end.
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(client(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
      if (sent < 0 && errno != EAGAIN) break;
      turn(1);
    }
    turn();
  }
  // What the client's end gets until nothing more comes; `eof` tells why it ended.
  std::string receive(size_t most = SIZE_MAX) {
    std::string out;
    turn();
    while (out.size() < most) {
      char buffer[65'536];
      const ssize_t got = ::recv(client(), buffer, std::min(sizeof buffer, most - out.size()), 0);
      eof = got == 0;
      if (got <= 0) break;
      out.append(buffer, static_cast<size_t>(got));
      turn(2);
    }
    return out;
  }
  uint64_t count(Counter counter) const { return counters.get(counter); }

  bool eof = false;

 private:
  uint64_t passed_ = 0;
};

// Bytes whose order shows.
inline std::string counting_bytes(size_t size) {
  std::string out(size, '\0');
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i * 7 + i / 251 + i / 65'536);
  return out;
}

}  // namespace fce
