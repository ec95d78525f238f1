// SPDX-License-Identifier: Apache-2.0
// A loop with real streams over socket pairs and HTTP/1.1 on them, real routing, and handlers made
// of functions.
#pragma once

#include <doctest/doctest.h>
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
#include "http/h1_connection.h"
#include "http/route_table.h"

namespace fce {

struct H1FunctionHandler final : Handler {
  explicit H1FunctionHandler(std::function<void(Exchange&)> a_run) : run(std::move(a_run)) {}
  void handle(Exchange& exchange) const override { run(exchange); }
  bool streams_body() const override { return streams; }
  std::function<void(Exchange&)> run;
  bool streams = false;
};

// A body that gives out `ready` and then waits, until it is told to end or fail.
struct H1TestSource final : BodySource {
  explicit H1TestSource(std::string a_ready, bool ends) : ready(std::move(a_ready)), ended(ends) {}
  ~H1TestSource() override {
    if (destroyed) ++*destroyed;
  }
  Pull pull(Gather& out, size_t max) override {
    const size_t size = std::min({max, piece, ready.size()});
    out.copy(std::string_view(ready).substr(0, size));
    ready.erase(0, size);
    if (!ready.empty()) return Pull::more;
    if (broken) return Pull::failed;
    return ended ? Pull::end : Pull::wait;
  }
  void on_drain() override { end("drained"); }
  void add(std::string_view text) {
    ready += text;
    wake(Lane::fanout);
  }
  void end(std::string_view text) {
    ended = true;
    add(text);
  }
  void fail() {
    broken = true;
    add("");
  }

  std::string ready;
  size_t piece = SIZE_MAX;
  bool ended;
  bool broken = false;
  int* destroyed = nullptr;
};

struct H1Node : StreamAcceptor {
  Limits limits;
  Counters counters;
  std::atomic<uint64_t> connections{0};
  Loop loop{2000};
  NetContext net{loop, limits, counters, connections};
  HttpContext http{net};
  std::shared_ptr<RouteTable> table = std::make_shared<RouteTable>();
  int client = -1;
  int buffer_bytes = 0;            // of the sockets, when not 0
  bool eof = false;                // the server has ended its side
  std::string log;                 // for handlers
  std::vector<Exchange*> later;    // taken by `/later`
  H1TestSource* source = nullptr;  // of `/source`
  int sources_destroyed = 0;

  H1Node() {
    REQUIRE(loop.open() == Status::ok);
    http.routes = table;
    route("/hello", [](Exchange& exchange) { answer(exchange, "hello"); });
    route("/path/{rest...}", [](Exchange& exchange) { answer(exchange, exchange.request.path); });
    route("/later", [this](Exchange& exchange) {
      exchange.ref();
      later.push_back(&exchange);
    });
    route("/echo", [](Exchange& exchange) { answer(exchange, as_text(exchange.request.body)); },
          {"POST"});
    route("/abort", [](Exchange& exchange) { exchange.abort(); });
    route("/source", [this](Exchange& exchange) { answer_source(exchange, std::nullopt); });
    route("/none", [](Exchange& exchange) { exchange.respond(204, {}, Body::none()); });
  }
  ~H1Node() {
    for (Exchange* exchange : later) exchange->unref();
    leave();
    net.streams.for_each([](Stream* stream) { stream->abort(Status::canceled); });
    turn();
    CHECK(connections.load() == 0);
    CHECK(http.connections.empty());
  }

  static void answer(Exchange& exchange, std::string_view text) {
    exchange.respond(200, {}, Body::copy_of(text));
  }
  void answer_source(Exchange& exchange, std::optional<uint64_t> length, std::string ready = {},
                     bool ends = false) {
    auto body = std::make_unique<H1TestSource>(std::move(ready), ends);
    source = body.get();
    source->destroyed = &sources_destroyed;
    exchange.respond(200, {}, Body::pulled(std::move(body), length));
  }
  void route(std::string pattern, std::function<void(Exchange&)> run,
             std::vector<std::string> methods = {"GET"}, uint32_t body_bytes_max = 0) {
    add_route(std::move(pattern), std::make_shared<H1FunctionHandler>(std::move(run)),
              std::move(methods), body_bytes_max);
  }
  // Whose handler takes bodies as they come.
  void streaming_route(std::string pattern, std::function<void(Exchange&)> run,
                       uint32_t body_bytes_max = 0) {
    auto handler = std::make_shared<H1FunctionHandler>(std::move(run));
    handler->streams = true;
    add_route(std::move(pattern), std::move(handler), {"GET", "POST"}, body_bytes_max);
  }
  void add_route(std::string pattern, std::shared_ptr<const Handler> handler,
                 std::vector<std::string> methods, uint32_t body_bytes_max) {
    Route one;
    one.pattern = std::move(pattern);
    one.methods = std::move(methods);
    one.body_bytes_max = body_bytes_max;
    one.handler = std::move(handler);
    REQUIRE(table->add(std::move(one)) == Status::ok);
  }
  // Answers the oldest of those that wait.
  void answer_later(std::string_view text) {
    REQUIRE_FALSE(later.empty());
    Exchange* exchange = later.front();
    later.erase(later.begin());
    answer(*exchange, text);
    exchange->unref();
    turn();
  }

  void open() {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
    for (const int fd : pair)
      if (buffer_bytes > 0)
        ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    client = pair[0];
    eof = false;
    Stream::accept(net, pair[1], PeerAddress(), nullptr, *this);
  }
  void on_stream(Stream& stream) override { H1Connection::start(http, stream); }
  void leave() {
    if (client >= 0) ::close(std::exchange(client, -1));
    turn();
  }
  void end_of_requests() {
    ::shutdown(client, SHUT_WR);
    turn();
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
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
      if (sent < 0 && errno != EAGAIN) break;
      if (sent < 0) turn(1);
      if (sent < 0 && ++tries_ > 1000) break;  // the server holds us back
    }
    tries_ = 0;
    turn();
  }
  void get(const std::string& path) { send(request(path)); }
  static std::string request(const std::string& path, const std::string& fields = {}) {
    return "GET " + path + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
  }
  static std::string post(const std::string& path, const std::string& fields,
                          const std::string& body) {
    return "POST " + path + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body;
  }
  // What came since the last call. The Date field, which is always the first, is left out.
  std::string receive() {
    std::string out;
    turn();
    for (;;) {
      char buffer[65'536];
      const ssize_t got = ::recv(client, buffer, sizeof buffer, 0);
      if (got == 0) eof = true;
      if (got <= 0) break;
      out.append(buffer, static_cast<size_t>(got));
      turn(2);
    }
    constexpr size_t kDateLine = sizeof "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" - 1;
    for (size_t at; (at = out.find("\r\ndate: ")) != out.npos;) out.erase(at + 2, kDateLine);
    return out;
  }
  uint64_t count(Counter counter) const { return counters.get(counter); }

 private:
  uint64_t passed_ = 0;
  int tries_ = 0;
};

// An answer as it is on the wire, without its date.
inline std::string h1_answer(const std::string& body, const std::string& fields = {}) {
  return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" + fields +
         "\r\n" + body;
}

}  // namespace fce
