// SPDX-License-Identifier: Apache-2.0
// The whole way: a client, the proxy, the HTTP client that it fetches with, and a server behind a
// socket of its own.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "base/time.h"
#include "http/h1_node.h"
#include "http/h2_node.h"
#include "http/proxy.h"
#include "http/upstream.h"
#include "http/websocket.h"
#include "http/ws_client.h"
#include "http/ws_node.h"

namespace fce {
namespace {

// A server on 127.0.0.1, on the loop of the proxy.
class Origin final : public StreamAcceptor {
 public:
  // A loop has one NetContext, so that is the proxy's, too.
  explicit Origin(NetContext& its_net) : net(its_net), http(net) {
    http.routes = table;
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(fd_, 16) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~Origin() {
    if (fd_ >= 0) ::close(fd_);
  }
  void accept() {
    for (int fd; (fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
      ++accepted;
      Stream::accept(net, fd, PeerAddress(), nullptr, *this);
    }
  }
  void on_stream(Stream& stream) override { H1Connection::start(http, stream); }
  void stop() {
    net.streams.for_each([](Stream* stream) { stream->abort(Status::canceled); });
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void route(std::string pattern, std::function<void(Exchange&)> run, bool streams = false) {
    auto handler = std::make_shared<H1FunctionHandler>(std::move(run));
    handler->streams = streams;
    Route one;
    one.pattern = std::move(pattern);
    one.methods = {"GET", "POST"};
    one.handler = std::move(handler);
    REQUIRE(table->add(std::move(one)) == Status::ok);
  }

  std::shared_ptr<RouteTable> table = std::make_shared<RouteTable>();
  NetContext& net;
  HttpContext http;
  std::string url;
  int accepted = 0;

 private:
  int fd_;
};

// Sends back what comes, as it comes, at most a window of it at a time.
class Echo final : public BodySource, public BodyReader {
 public:
  explicit Echo(std::unique_ptr<BodySource> from) : from_(std::move(from)) {
    from_->set_reader(this);
  }
  Pull pull(Gather& out, size_t max) override { return from_->pull(out, max); }
  void on_body_ready(BodySource&, Lane lane) override { wake(lane); }

 private:
  std::unique_ptr<BodySource> from_;
};

void add_routes(Origin& origin) {
  origin.route(
      "/echo",
      [](Exchange& exchange) {
        Body body = exchange.take_body();
        exchange.respond(200, {},
                         Body::pulled(std::make_unique<Echo>(std::move(body.source)), body.length));
      },
      true);
  origin.route("/hints", [](Exchange& exchange) {
    const Header hints[] = {{"link", "</a.css>; rel=preload"}};
    exchange.inform(103, hints);
    H1Node::answer(exchange, "hinted");
  });
  origin.route("/seen", [](Exchange& exchange) {
    std::string text =
        std::string(exchange.request.method_text) + " " + std::string(exchange.request.path) + "\n";
    for (const Header& header : exchange.request.headers)
      text += std::string(header.name) + ": " + std::string(header.value) + "\n";
    H1Node::answer(exchange, text);
  });
}

std::shared_ptr<const Handler> make_proxy(const std::string& url,
                                          std::shared_ptr<const Upstream>* upstream) {
  UpstreamOptions options;
  options.name = "origin";
  options.peers.push_back({url, 1, false});
  REQUIRE(Upstream::make(options, upstream) == Status::ok);
  ProxyOptions rules;
  rules.strip_prefix = "/p";
  std::shared_ptr<const Handler> proxy;
  REQUIRE(ReverseProxy::make(rules, *upstream, &proxy) == Status::ok);
  return proxy;
}

template <class Node>
struct Chain : Node {
  Chain() : origin(this->net) {
    this->limits.body_bytes_max = 300 << 20;
    add_routes(origin);
    this->add_route("/p/{rest...}", make_proxy(origin.url, &upstream), {"GET", "POST"}, 300 << 20);
  }
  ~Chain() {
    this->net.streams.for_each([](Stream* stream) { stream->abort(Status::canceled); });
    this->turn(20);
    this->http.stop_upstreams();
    origin.stop();
    this->turn(20);
  }
  // Turns until it is so.
  template <class Until>
  void turn_until(Until until) {
    const uint64_t end = monotonic_us() + 30'000'000;
    while (!until()) {
      REQUIRE(monotonic_us() < end);
      origin.accept();
      uv_run(this->loop.uv(), UV_RUN_NOWAIT);
    }
  }
  Origin origin;
  std::shared_ptr<const Upstream> upstream;
};

struct H1Chain : Chain<H1Node> {
  H1Chain() { open(); }
  // What comes until it ends like that.
  std::string receive_until(const std::string& tail) {
    std::string out;
    turn_until([&] {
      out += receive();
      return out.ends_with(tail) || eof;
    });
    CHECK(out.ends_with(tail));
    return out;
  }
};

struct H2Chain : Chain<H2Node> {
  H2Chain() { client = &open(); }
  void settle_chain(std::function<bool()> until) {
    turn_until([&] {
      client->step();
      return until();
    });
  }
  H2Client* client;
};

}  // namespace

TEST_CASE("proxy chain: requests one after the other use one connection") {
  H1Chain chain;
  for (int i = 0; i < 5; ++i) {
    chain.send(H1Node::request("/p/seen", "X-Number: " + std::to_string(i) + "\r\n"));
    const std::string text = chain.receive_until("via: 1.1 fcedge\n");
    CHECK(text.find("\r\n\r\nGET /seen\n") != text.npos);
    CHECK(text.find("x-number: " + std::to_string(i) + "\n") != text.npos);
    CHECK(text.find("host: h\n") != text.npos);
    CHECK(text.find("x-forwarded-for: unknown\n") != text.npos);
    CHECK(text.find("via: 1.1 fcedge\r\n") != text.npos);
  }
  CHECK(chain.origin.accepted == 1);
}

TEST_CASE("proxy chain: early hints arrive before the answer") {
  H1Chain chain;
  chain.get("/p/hints");
  const std::string text = chain.receive_until("hinted");
  CHECK(text.starts_with("HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n"));
  H2Chain h2;
  const int32_t id = h2.client->request(H2Client::get("/p/hints"));
  h2.settle_chain([&] { return h2.client->answers[id].ended; });
  CHECK(h2.client->answers[id].informational == 1);
  CHECK(h2.client->answers[id].body == "hinted");
}

TEST_CASE("proxy chain: 100 MiB there and back at once, in a bounded memory") {
  constexpr uint64_t kSize = 100 << 20;
  H1Chain chain;
  chain.send("POST /p/echo HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(kSize) +
             "\r\n\r\n");
  std::string block(1 << 16, 'x');
  uint64_t sent = 0, got = 0;
  bool in_body = false;
  char buffer[1 << 16];
  chain.turn_until([&] {
    if (sent < kSize) {
      const ssize_t some = ::send(chain.client, block.data(),
                                  std::min<uint64_t>(block.size(), kSize - sent), MSG_NOSIGNAL);
      if (some > 0) sent += static_cast<uint64_t>(some);
    }
    const ssize_t some = ::recv(chain.client, buffer, sizeof buffer, 0);
    if (some > 0 && !in_body) {
      const std::string_view text(buffer, static_cast<size_t>(some));
      CHECK(text.starts_with("HTTP/1.1 200 OK\r\n"));
      got += text.size() - (text.find("\r\n\r\n") + 4);
      in_body = true;
    } else if (some > 0) {
      got += static_cast<uint64_t>(some);
    }
    return some == 0 || got >= kSize;
  });
  CHECK(got == kSize);
  // What is in the sockets of loopback is the kernel's.
  H2Chain h2;
  const std::string whole = H2TestSource::whole(5'000'000);
  const int32_t id = h2.client->request(H2Client::post("/p/echo"), &whole);
  h2.settle_chain([&] { return h2.client->answers[id].ended; });
  CHECK((h2.client->answers[id].body == whole));
}

TEST_CASE("proxy chain: a client that does not read stops the origin") {
  H1Chain chain;
  uint64_t pulled = 0;
  struct Endless final : BodySource {
    explicit Endless(uint64_t& a_pulled) : pulled(a_pulled) {}
    Pull pull(Gather& out, size_t max) override {
      const std::string some(std::min<size_t>(max, 50'000), 'x');
      out.copy(some);
      pulled += some.size();
      return Pull::more;
    }
    uint64_t& pulled;
  };
  chain.origin.route("/endless", [&](Exchange& exchange) {
    exchange.respond(200, {}, Body::pulled(std::make_unique<Endless>(pulled), std::nullopt));
  });
  chain.get("/p/endless");
  uint64_t last = 1;
  int same = 0;
  chain.turn_until([&] {
    same = pulled == last ? same + 1 : 0;
    last = pulled;
    return pulled > 0 && same > 500;
  });
  CHECK(pulled < 20'000'000);  // of which the sockets hold most
  const uint64_t stopped = pulled;
  std::string buffer(1 << 16, '\0');
  for (int i = 0; i < 500; ++i) {
    (void)!::recv(chain.client, buffer.data(), buffer.size(), 0);
    chain.turn();
  }
  CHECK(pulled > stopped);
  chain.leave();
  chain.turn_until([&] { return chain.connections.load() == 0; });
}

TEST_CASE("proxy chain: an origin that breaks off, and one that is not there") {
  H1Chain chain;
  H1TestSource* source = nullptr;
  chain.origin.route("/broken", [&](Exchange& exchange) {
    auto body = std::make_unique<H1TestSource>("some", false);
    source = body.get();
    exchange.respond(200, {}, Body::pulled(std::move(body), 100));
  });
  chain.get("/p/broken");
  std::string text = chain.receive_until("some");
  source->fail();
  chain.turn_until([&] { return chain.receive().empty() && chain.eof; });
  CHECK(text.find("content-length: 100\r\n") != text.npos);
  chain.leave();
  chain.origin.stop();
  chain.turn(20);
  chain.open();
  chain.get("/p/seen");
  chain.turn_until([&] {
    text = chain.receive();
    return !text.empty();
  });
  CHECK(text.starts_with("HTTP/1.1 502 "));
  chain.get("/hello");
  CHECK(chain.receive_until("hello").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("proxy chain: WebSockets of both kinds reach the origin, and close in order") {
  WsTestOwner owner;
  owner.message = [](WebSocket& socket, std::string_view data) { socket.send_text(data); };
  const auto accept = [&](Exchange& exchange) { WebSocket::accept(exchange, {}, owner); };
  const std::string hello = ws_client::frame(ws_client::kFin | ws_client::text, "hello");
  const std::string echo = server_frame(WsOpcode::text, "hello");
  const std::string close = ws_client::close_frame(1000, "");
  {
    H1Chain chain;
    chain.origin.route("/ws", accept);
    chain.send(H1Node::request("/p/ws",
                               "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                               "Sec-WebSocket-Version: 13\r\n"
                               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n") +
               hello);
    const std::string text = chain.receive_until(echo);
    CHECK(text.starts_with("HTTP/1.1 101 "));
    CHECK(text.find("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != text.npos);
    chain.send(hello + close);
    chain.receive_until(echo + server_close(1000));
    chain.turn_until([&] {
      chain.receive();
      return chain.eof;
    });
    chain.turn_until([&] { return chain.counters.get(Gauge::tunnels) == 0; });
  }
  H2Chain chain;
  chain.origin.route("/ws", accept);
  chain.http.h2_websocket = true;
  chain.client = &chain.open();
  chain.settle();
  const std::string nothing;
  const H2Fields fields = {{":method", "CONNECT"}, {":protocol", "websocket"},
                           {":scheme", "https"},   {":authority", "a.example"},
                           {":path", "/p/ws"},     {"sec-websocket-version", "13"}};
  const int32_t id = chain.client->request(fields, &nothing, false);
  H2Client::Answer& answer = chain.client->answers[id];
  chain.settle_chain([&] { return answer.status != 0; });
  CHECK(answer.status == 200);
  chain.client->send_more(id, hello, false);
  chain.settle_chain([&] { return answer.body == echo; });
  chain.client->send_more(id, close, true);
  chain.settle_chain([&] { return answer.ended; });
  CHECK(answer.body == echo + server_close(1000));
}

}  // namespace fce
