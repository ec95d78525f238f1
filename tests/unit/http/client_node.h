// SPDX-License-Identifier: Apache-2.0
// A shard that makes requests, and servers whose every byte the test writes.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

#include "http/context.h"
#include "http/upstream.h"

namespace fce {

inline const char* error_name(FetchError error) {
  static const char* const names[] = {
      "resolve",   "connect",   "connect_time", "tls",  "first_byte", "idle", "closed", "malformed",
      "truncated", "too_large", "no_peer",      "full", "refused",    "disk", "stopped"};
  return names[static_cast<size_t>(error)];
}

// Writes down what becomes of a fetch.
struct Record final : FetchSink {
  void on_informational(uint16_t status, std::span<const Header> headers) override {
    CHECK(started);
    log += std::to_string(status) + fields(headers) + "|";
  }
  void on_head(uint16_t status, std::span<const Header> headers,
               std::optional<uint64_t> length) override {
    CHECK(started);
    log += std::to_string(status) + fields(headers);
    log += length ? " length " + std::to_string(*length) + "|" : " length ?|";
    head_hook();
  }
  void on_upgraded(std::span<const Header> headers) override {
    CHECK(started);
    log += "upgraded" + fields(headers) + "|";
    head_hook();
  }
  void on_body(Bytes piece) override {
    CHECK(started);
    CHECK_FALSE(done);
    body += as_text(piece);
    body_hook();
  }
  void on_end(std::span<const Header> trailers) override { end("end" + fields(trailers)); }
  void on_fail(FetchError why) override { end(std::string("fail ") + error_name(why)); }

  static std::string fields(std::span<const Header> headers) {
    std::string out;
    for (const Header& header : headers)
      out += " " + std::string(header.name) + "=" + std::string(header.value) + ";";
    return out;
  }
  // All of it, with the body in its place.
  std::string text() const { return log + body + (done ? "|" + last : ""); }
  void stop() { fetch.reset(); }

  std::unique_ptr<Fetch> fetch;
  std::string log;
  std::string body;
  std::string last;
  bool started = false;  // `start` has returned
  bool done = false;
  bool keep = false;  // does not destroy its fetch at the end
  std::function<void()> head_hook = [] {};
  std::function<void()> body_hook = [] {};
  std::function<void()> end_hook = [] {};

 private:
  void end(const std::string& how) {
    CHECK(started);
    CHECK_FALSE(done);
    done = true;
    last = how;
    if (!keep) fetch.reset();
    end_hook();
  }
};

// One listening socket of the loopback, or of a path.
class ScriptedServer {
 public:
  explicit ScriptedServer(int backlog = 64) : fd_(make()) { REQUIRE(::listen(fd_, backlog) == 0); }
  ~ScriptedServer() {
    if (fd_ >= 0) ::close(fd_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }
  uint16_t port() const { return port_; }
  // The next connection; -1: there is none.
  int accept() { return ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); }
  void close() { ::close(std::exchange(fd_, -1)); }

 private:
  int make() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    socklen_t size = sizeof at;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    return fd;
  }
  uint16_t port_ = 0;
  int fd_;
};

struct ClientNode {
  Limits limits;
  Counters counters;
  std::atomic<uint64_t> connections{0};
  Loop loop{2000};
  NetContext net{loop, limits, counters, connections};
  HttpContext http{net};
  UpstreamOptions options;
  std::shared_ptr<const Upstream> upstream;
  std::vector<int> taken;  // the servers' ends

  ClientNode() {
    REQUIRE(loop.open() == Status::ok);
    options.name = "test";
  }
  ~ClientNode() {
    for (const int fd : taken) ::close(fd);
    http.stop_upstreams();
    turn(10);
    CHECK(counters.get(Gauge::upstream_connections) == 0);
    CHECK(counters.get(Gauge::upstream_idle) == 0);
    CHECK(counters.get(Gauge::upstream_queue) == 0);
    CHECK(connections.load() == 0);
  }

  void use(std::initializer_list<const ScriptedServer*> servers) {
    for (const ScriptedServer* server : servers) options.peers.push_back({server->url()});
    make();
  }
  void make() {
    const Status status = Upstream::make(options, &upstream);
    CAPTURE(last_error());
    REQUIRE(status == Status::ok);
  }

  void start(Record& record, FetchRequest request) {
    record.fetch = upstream->start(http, std::move(request), record);
    record.started = true;
  }
  void get(Record& record, std::string_view target = "/") {
    FetchRequest request;
    request.target = target;
    start(record, std::move(request));
  }
  void post(Record& record, Body body) {
    FetchRequest request;
    request.method = "POST";
    request.body = std::move(body);
    start(record, std::move(request));
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
  template <class Done>
  void run_until(Done&& done) {
    while (!done()) uv_run(loop.uv(), UV_RUN_ONCE);
  }
  // The next connection that the server gets.
  int accept(ScriptedServer& server) {
    int fd = -1;
    for (int i = 0; i < 100 && fd < 0; ++i) {
      turn(2);
      fd = server.accept();
    }
    REQUIRE(fd >= 0);
    taken.push_back(fd);
    return fd;
  }
  // What has come on a connection. `eof` tells whether it has ended.
  std::string read(int fd, size_t most = SIZE_MAX) {
    std::string out;
    turn();
    while (out.size() < most) {
      char buffer[65'536];
      const ssize_t got = ::recv(fd, buffer, std::min(sizeof buffer, most - out.size()), 0);
      eof = got == 0 || (got < 0 && errno == ECONNRESET);
      if (got <= 0) break;
      out.append(buffer, static_cast<size_t>(got));
      turn(2);
    }
    return out;
  }
  void write(int fd, std::string_view bytes) {
    for (int tries = 0; !bytes.empty() && tries < 10'000; ++tries) {
      const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
      if (sent < 0 && errno != EAGAIN) break;
      turn(1);
    }
    turn();
  }
  void close(int fd) {
    ::close(fd);
    std::erase(taken, fd);
    turn();
  }
  // Ends it with a reset, as a server does that dies.
  void reset(int fd) {
    const linger now{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
  }
  // One request, answered.
  std::string serve(ScriptedServer& server, std::string_view answer) {
    const int fd = accept(server);
    std::string request = read(fd);
    write(fd, answer);
    return request;
  }
  uint64_t count(Counter counter) const { return counters.get(counter); }
  int64_t gauge(Gauge gauge) const { return counters.get(gauge); }

  bool eof = false;

 private:
  uint64_t passed_ = 0;
};

inline std::string ok_answer(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
inline std::string ok_record(const std::string& body) {
  const std::string size = std::to_string(body.size());
  return "200 content-length=" + size + "; length " + size + "|" + body + "|end";
}

}  // namespace fce
