// SPDX-License-Identifier: Apache-2.0
// HTTP/2: a client sends its preface and then anything. The first byte of the input says in which
// pieces. Whatever the pieces, the same requests arrive and the same bytes go out; and the library
// neither crashes nor leaks when answers are flushed in between.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "http/context.h"
#include "http/h2_connection.h"
#include "http/route_table.h"
#include "http/websocket.h"

namespace {

using namespace fce;

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct Source final : BodySource {
  Pull pull(Gather& out, size_t max) override {
    const size_t size = std::min<size_t>({max, left, 700});
    out.copy(std::string(size, 's'));
    left -= size;
    if (left > 0) return left % 3 == 0 ? Pull::wait : Pull::more;
    return Pull::end;
  }
  size_t left = 50'000;
};

// Everything that one run has seen.
struct Log {
  std::string requests;
  std::vector<Exchange*> waiting;
};
Log* current = nullptr;

// Sends back what it gets.
struct Echo final : WebSocketOwner {
  void on_message(WebSocket& socket, std::string_view data, bool) override {
    current->requests.append(data).append("\n");
    if (data == "close") return socket.close(1000, "as asked");
    if (data == "abort") return socket.channel().abort(Status::canceled);
    socket.send_text(data);
  }
  bool on_flush(WebSocket&, Gather&) override { return false; }
  void on_drain(WebSocket&) override {}
  void on_closed(WebSocket&, uint16_t) override {}
};

struct Answerer final : Handler {
  void handle(Exchange& exchange) const override {
    const Request& request = exchange.request;
    current->requests.append(request.method_text).append(" ").append(request.host).append(" ");
    current->requests.append(request.path).append("?").append(request.query).append("\n");
    for (const Header& field : request.headers)
      current->requests.append(field.name).append(": ").append(field.value).append("\n");
    current->requests.append(as_text(request.body)).append("\n");
    if (request.path == "/ws") {
      static Echo echo;
      WebSocketOptions options;
      options.deflate = true;
      WebSocket::accept(exchange, options, echo);
      return;
    }
    if (request.path == "/source")
      return exchange.respond(200, {}, Body::pulled(std::make_unique<Source>(), std::nullopt));
    if (request.path == "/short")
      return exchange.respond(200, {}, Body::pulled(std::make_unique<Source>(), 60'000));
    if (request.path == "/abort") return exchange.abort();
    if (request.path == "/later") {
      exchange.ref();
      current->waiting.push_back(&exchange);
      return;
    }
    exchange.respond(200, {}, Body::copy_of(request.path));
  }
};

struct Node final : StreamAcceptor {
  Limits limits;
  Counters counters;
  std::atomic<uint64_t> connections{0};
  Loop loop{2000};
  NetContext net{loop, limits, counters, connections};
  HttpContext http{net};
  Stream* stream = nullptr;

  Node() {
    if (loop.open() != Status::ok) std::abort();
    http.h2_websocket = true;
    limits.h2_streams_max = 8;
    limits.h2_resets_per_s = 5;
    limits.h2_control_per_s = 10;
    limits.header_bytes_max = 2000;
    limits.body_bytes_max = 5000;
    auto table = std::make_shared<RouteTable>();
    Route route;
    route.pattern = "/{name}";
    route.methods = {"GET", "POST"};
    route.handler = std::make_shared<Answerer>();
    if (table->add(std::move(route)) != Status::ok) std::abort();
    http.routes = table;
  }
  void on_stream(Stream& its_stream) override {
    stream = &its_stream;
    H2Connection::start(http, its_stream);
  }
};

struct Result {
  std::string requests;
  std::string output;
  bool ended = false;  // the connection is over
};

void read_all(int fd, std::string* out) {
  char buffer[65'536];
  for (ssize_t got; (got = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT)) > 0;)
    out->append(buffer, static_cast<size_t>(got));
}

// `pieces` 0: all at once; else pieces of 1 to `pieces` bytes.
Result run(Node& node, std::string_view input, size_t pieces, bool flush_between) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) std::abort();
  Log log;
  current = &log;
  Result result;
  Stream::accept(node.net, pair[1], PeerAddress{}, nullptr, node);
  Stream& stream = *node.stream;
  for (size_t at = 0; at < input.size();) {
    if (stream.closing()) break;
    size_t size = pieces == 0 ? input.size() : 1 + at % pieces;
    size = std::min(size, input.size() - at);
    stream.owner()->on_data(as_bytes(input.substr(at, size)));
    at += size;
    if (!flush_between || at % 7 != 0) continue;
    uv_run(node.loop.uv(), UV_RUN_NOWAIT);
    read_all(pair[0], &result.output);
    if (node.connections.load() == 0) break;
  }
  result.ended = node.connections.load() == 0 || stream.closing();
  for (int i = 0; i < 3; ++i) {
    uv_run(node.loop.uv(), UV_RUN_NOWAIT);
    read_all(pair[0], &result.output);
    result.ended |= node.connections.load() == 0 || stream.closing();
  }
  for (size_t i = 0; i < log.waiting.size(); ++i) {
    if (i % 2 == 0) log.waiting[i]->respond_text(200, "later");
    log.waiting[i]->unref();
  }
  ::close(pair[0]);
  while (node.connections.load() != 0) uv_run(node.loop.uv(), UV_RUN_NOWAIT);
  uv_run(node.loop.uv(), UV_RUN_NOWAIT);
  if (!node.http.connections.empty()) std::abort();
  result.requests = std::move(log.requests);
  current = nullptr;
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Node* const node = new Node();
  if (size < 1 || size > 64 * 1024) return 0;
  const size_t pieces = data[0] % 32 + 1;
  std::string input(kPreface);
  input.append(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string date(node->http.date());
  const Result whole = run(*node, input, 0, false);
  const Result split = run(*node, input, pieces, false);
  // A connection that is over takes nothing after the piece that ends it, and the whole input is
  // one piece.
  if (!whole.requests.starts_with(split.requests)) std::abort();
  if (!split.ended && whole.requests != split.requests) std::abort();
  // With another second in its Date fields an answer may take more bytes or fewer.
  if (!split.ended && whole.output.size() != split.output.size() && date == node->http.date())
    std::abort();
  run(*node, input, pieces, true);
  return 0;
}
