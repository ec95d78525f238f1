// SPDX-License-Identifier: Apache-2.0
// The reverse proxy between a client and an upstream that do anything in any order: bodies that are
// streamed, answers at any time, upgrades, ends and failures on either side, drains. The library
// neither crashes nor leaks, and of a body that was read to its end nothing is missing.
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "http/context.h"
#include "http/h1_connection.h"
#include "http/proxy.h"
#include "http/route_table.h"
#include "net/stream.h"

namespace {

using namespace fce;

void require(bool holds) {
  if (!holds) std::abort();
}

// One fetch, steered by the input.
struct Call final : Fetch, BodyReader {
  ~Call() override;
  void pause() override {
    require(!paused);
    paused = true;
  }
  void resume() override {
    require(paused);
    paused = false;
  }
  void send(std::unique_ptr<BodySource> bytes) override {
    body = std::move(bytes);
    body->set_reader(this);
  }
  void on_body_ready(BodySource&, Lane) override {}

  FetchSink* sink = nullptr;
  std::unique_ptr<BodySource> body;
  std::optional<uint64_t> length;
  uint64_t pulled = 0;
  bool paused = false;
  bool headed = false;
  bool over = false;
};

std::vector<Call*> calls;

Call::~Call() { calls.erase(std::find(calls.begin(), calls.end(), this)); }

struct Anything final : Fetcher {
  std::unique_ptr<Fetch> start(HttpContext&, FetchRequest&& request,
                               FetchSink& sink) const override {
    auto call = std::make_unique<Call>();
    call->sink = &sink;
    call->length = request.body.length;
    call->body = std::move(request.body.source);
    if (call->body) call->body->set_reader(call.get());
    calls.push_back(call.get());
    return call;
  }
};

void pull(Call& call, size_t max) {
  if (!call.body) return;
  static Gather gather;
  gather.begin(Gather::kBytesMax);
  const BodySource::Pull result = call.body->pull(gather, max + 1);
  require(gather.bytes() <= max + 1);
  call.pulled += gather.bytes();
  gather.clear();
  if (result == BodySource::Pull::end || result == BodySource::Pull::failed) {
    const bool whole = !call.length || call.headed || call.pulled == *call.length;
    require(result == BodySource::Pull::failed || whole);
    call.body.reset();
  }
}

struct Node final : StreamAcceptor {
  Limits limits;
  Counters counters;
  std::atomic<uint64_t> connections{0};
  Loop loop{2000};
  NetContext net{loop, limits, counters, connections};
  HttpContext http{net};

  Node() {
    require(loop.open() == Status::ok);
    limits.body_bytes_max = 100'000;
    limits.header_bytes_max = 2000;
    http.h2_websocket = true;
    ProxyOptions options;
    options.trusted = {"unix"};
    options.forwarded = true;
    options.trace = true;
    auto table = std::make_shared<RouteTable>();
    Route route;
    route.pattern = "/{rest...}";
    route.methods = {"GET", "HEAD", "POST", "OPTIONS", "TRACE"};
    require(ReverseProxy::make(options, std::make_shared<Anything>(), &route.handler) ==
            Status::ok);
    require(table->add(std::move(route)) == Status::ok);
    http.routes = table;
  }
  // A connection in clear turns to HTTP/2 by its preface.
  void on_stream(Stream& stream) override { H1Connection::start(http, stream); }
};

void answer(Call& call, uint8_t what, Bytes data) {
  if (call.over) return;
  const std::string_view text = as_text(data);
  const Header fields[] = {{"content-type", what & 1 ? "text/event-stream" : "text/plain"},
                           {"connection", "x-a"},
                           {"x-a", "b"},
                           {"upgrade", "websocket"},
                           {"sec-websocket-accept", "x"}};
  FetchSink& sink = *call.sink;
  switch (what % 8) {
    case 0: return sink.on_informational(static_cast<uint16_t>(100 + data.size()), fields);
    case 1:
    case 2: {
      if (std::exchange(call.headed, true)) return;
      const uint16_t statuses[] = {200, 204, 304, 404, 101, 206, 503, 199};
      const std::optional<uint64_t> length =
          what & 64 ? std::optional<uint64_t>(data.size()) : std::nullopt;
      return sink.on_head(statuses[what / 8 % 8], fields, length);
    }
    case 3:
      if (std::exchange(call.headed, true)) return;
      return sink.on_upgraded(fields);
    case 4:
    case 5:
      if (call.headed && !call.paused) sink.on_body(data);
      return;
    case 6: call.over = true; return sink.on_end(std::span(fields).first(what / 8 % 5));
    default: call.over = true; return sink.on_fail(static_cast<FetchError>(what / 8 % 15));
  }
  (void)text;
}

void receive(int fd) {
  char buffer[65'536];
  while (::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0) {
  }
}

}  // namespace

// Steps of two bytes, what and how much, and for some of them so many bytes more.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Node* const node = new Node();
  if (size > 64 * 1024) return 0;
  int pair[2];
  require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
  Stream::accept(node->net, pair[1], PeerAddress{}, nullptr, *node);
  const auto turn = [&] { uv_run(node->loop.uv(), UV_RUN_NOWAIT); };
  for (size_t at = 0; at + 2 <= size;) {
    const uint8_t what = data[at];
    size_t count = data[at + 1];
    at += 2;
    count = std::min(count, size - at);
    const Bytes bytes(data + at, count);
    Call* const call = calls.empty() ? nullptr : calls[what / 32 % calls.size()];
    switch (what % 8) {
      case 0:
      case 1:
      case 2:
        (void)!::send(pair[0], bytes.data(), bytes.size(), MSG_NOSIGNAL);
        at += count;
        turn();
        break;
      case 3:
        if (call && count > 0) answer(*call, bytes[0], bytes.subspan(1));
        at += count;
        break;
      case 4:
        if (call) pull(*call, data[at - 1]);
        break;
      case 5: turn(); break;
      case 6:
        if (count < 4) ::shutdown(pair[0], SHUT_WR);
        receive(pair[0]);
        break;
      case 7:
        if (count == 7) node->http.connections.for_each([](Drainable* one) { one->drain(); });
        turn();
        break;
    }
  }
  turn();
  receive(pair[0]);
  ::close(pair[0]);
  node->net.streams.for_each([](Stream* stream) { stream->abort(Status::canceled); });
  while (node->connections.load() != 0) turn();
  for (int i = 0; i < 3; ++i) turn();
  require(node->http.connections.empty());
  // Those that only wait for their end have nobody else to end them.
  while (!calls.empty()) {
    Call& call = *calls.back();
    require(!call.over && call.headed);
    call.sink->on_fail(FetchError::stopped);
  }
  require(node->counters.get(Gauge::tunnels) == 0);
  return 0;
}
