// SPDX-License-Identifier: Apache-2.0
// A loop with real streams over socket pairs and HTTP/2 on them, real routing, and handlers made of
// functions: what the tests of HTTP/2 stand on.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/time.h"
#include "http/context.h"
#include "http/h2_client.h"
#include "http/h2_connection.h"
#include "http/route_table.h"

namespace fce {

using H2Handle = std::function<void(Exchange&)>;

struct H2FunctionHandler final : Handler {
  explicit H2FunctionHandler(H2Handle a_handle) : run(std::move(a_handle)) {}
  void handle(Exchange& exchange) const override { run(exchange); }
  bool streams_body() const override { return streams; }
  H2Handle run;
  bool streams = false;
};

// A body of `size` bytes, of which `ready` may be pulled; the bytes count up, so order shows.
struct H2TestSource final : BodySource {
  explicit H2TestSource(uint64_t a_size) : size(a_size), ready(a_size) {}
  ~H2TestSource() override {
    if (destroyed) ++*destroyed;
  }
  Pull pull(Gather& out, size_t max) override {
    if (fail_at != 0 && sent >= fail_at) return Pull::failed;
    const size_t count =
        static_cast<size_t>(std::min<uint64_t>(std::min<uint64_t>(max, piece), ready - sent));
    std::string bytes(count, '\0');
    for (size_t i = 0; i < count; ++i) bytes[i] = at(sent + i);
    out.copy(bytes);
    sent += count;
    if (sent == size) return Pull::end;
    return sent == ready ? Pull::wait : Pull::more;
  }
  void on_drain() override {
    ++drains;
    size = ready = sent;
    wake(Lane::answer);
  }
  void wake_again() { wake(Lane::fanout); }
  void add(uint64_t more) {
    ready += more;
    wake(Lane::fanout);
  }
  static char at(uint64_t i) { return static_cast<char>('a' + (i * 7 + i / 251) % 26); }
  static std::string whole(uint64_t size) {
    std::string out(size, '\0');
    for (uint64_t i = 0; i < size; ++i) out[i] = at(i);
    return out;
  }

  uint64_t size;
  uint64_t ready;
  uint64_t sent = 0;
  uint64_t fail_at = 0;
  size_t piece = 100'000;
  int drains = 0;
  int* destroyed = nullptr;
};

struct H2Node : StreamAcceptor {
  Limits limits;
  Counters counters;
  std::atomic<uint64_t> connections{0};
  Loop loop{2000};
  NetContext net{loop, limits, counters, connections};
  HttpContext http{net};
  std::unique_ptr<H2Client> client;
  H2Connection* connection = nullptr;
  int buffer_bytes = 0;  // of the sockets, when not 0

  H2Node() { REQUIRE(loop.open() == Status::ok); }
  ~H2Node() {
    client.reset();
    turn();
    CHECK(connections.load() == 0);
    CHECK(http.connections.empty());
  }

  void route(std::string pattern, H2Handle handle, std::vector<std::string> methods = {"GET"},
             uint32_t body_bytes_max = 0) {
    add_route(std::move(pattern), std::make_shared<H2FunctionHandler>(std::move(handle)),
              std::move(methods), body_bytes_max);
  }
  // Whose handler takes bodies as they come.
  void streaming_route(std::string pattern, H2Handle handle, uint32_t body_bytes_max = 0) {
    auto handler = std::make_shared<H2FunctionHandler>(std::move(handle));
    handler->streams = true;
    add_route(std::move(pattern), std::move(handler), {"GET", "POST"}, body_bytes_max);
  }
  void add_route(std::string pattern, std::shared_ptr<const Handler> handler,
                 std::vector<std::string> methods, uint32_t body_bytes_max) {
    if (!table) table = std::make_shared<RouteTable>();
    Route route;
    route.pattern = std::move(pattern);
    route.methods = std::move(methods);
    route.body_bytes_max = body_bytes_max;
    route.handler = std::move(handler);
    REQUIRE(table->add(std::move(route)) == Status::ok);
    http.routes = table;
  }
  H2Client& open() { return open(H2Client::Options()); }
  H2Client& open(const H2Client::Options& options) {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
    for (const int fd : pair)
      if (buffer_bytes != 0)
        ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    client = std::make_unique<H2Client>(pair[0], options);
    Stream::accept(net, pair[1], PeerAddress{}, nullptr, *this);
    return *client;
  }
  void on_stream(Stream& stream) override { H2Connection::start(http, stream); }

  void turn(int count = 4) {
    for (int i = 0; i < count; ++i) uv_run(loop.uv(), UV_RUN_NOWAIT);
  }
  // Lets both sides talk until neither has anything to say.
  void settle() {
    int quiet = 0;
    while (quiet < 3) {
      const bool received = client->step();
      turn();
      quiet = received || !client->all_written() ? 0 : quiet + 1;
      if (client->eof && !received) break;
    }
  }
  // Turns until it is so; false when that takes too long.
  template <class Until>
  bool settle_until(Until until) {
    const uint64_t end = monotonic_us() + 10'000'000;
    while (!until()) {
      if (monotonic_us() > end) return false;
      client->step();
      uv_run(loop.uv(), UV_RUN_ONCE);  // the loop's own tick ends the wait
    }
    return true;
  }
  uint64_t counted(Counter counter) const { return counters.get(counter); }

  std::shared_ptr<RouteTable> table;
};

inline void h2_answer_text(Exchange& exchange, std::string_view text) {
  const Header fields[] = {{"Content-Type", "text/plain"}};
  exchange.respond(200, fields, Body::copy_of(text));
}

}  // namespace fce
