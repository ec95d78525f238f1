// SPDX-License-Identifier: Apache-2.0
// The server of an origin, as far as it is about clear text: an HTTP client's connections to
// addresses of this machine and to others.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "../http/fake_transport.h"
#include "cache/origin_url.h"
#include "fetch_record.h"
#include "http/upstream.h"
#include "log_lines.h"
#include "loop/workers.h"

namespace fce {
namespace {

// A server that says the same to everybody, and closes. It takes one connection.
class Greeter {
 public:
  Greeter() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(socket_, 16) == 0);
    REQUIRE(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~Greeter() {
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  Greeter(const Greeter&) = delete;
  Greeter& operator=(const Greeter&) = delete;
  std::string port;

 private:
  void serve() {
    const int fd = accept(socket_, nullptr, nullptr);
    if (fd < 0) return;
    // The request is read first: what is unread when a socket closes resets it.
    std::string request;
    char buffer[4096];
    while (request.find("\r\n\r\n") == request.npos) {
      const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      request.append(buffer, static_cast<size_t>(got));
    }
    constexpr std::string_view kAnswer =
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
    (void)send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
    ::close(fd);
  }
  const int socket_;
  std::thread thread_;
};

struct Setup : TestShard {
  Setup() { http.resolver_workers = &workers; }
  ~Setup() {
    fetch.reset();
    http.stop_upstreams();
    run_until([this] { return net.streams.empty(); });
    workers.stop();
  }

  const RecordSink& get(const std::string& server, bool clear_text) {
    UpstreamOptions options;
    options.peers = {{server}};
    options.clear_text = clear_text;
    std::shared_ptr<const Upstream> upstream;
    REQUIRE(Upstream::make(options, &upstream) == Status::ok);
    return get(*upstream);
  }
  const RecordSink& get(const Fetcher& server) {
    sink = std::make_unique<RecordSink>();
    fetch = server.start(http, request_for("/"), *sink);
    CHECK(!sink->over());
    run_until([this] { return sink->over(); });
    return *sink;
  }

  Workers workers{1, 16};
  LogLines log;
  std::unique_ptr<RecordSink> sink;
  std::unique_ptr<Fetch> fetch;
};

}  // namespace

TEST_CASE("clear text goes nowhere else, whatever an address was taken for before") {
  Setup setup;
  // Of a network that is for documentation only (RFC 5737): nobody is there.
  for (const char* server : {"http://192.0.2.1:9", "http://[2001:db8::1]:9"}) {
    CAPTURE(server);
    CHECK(setup.get(server, false).failed == FetchError::refused);
    CHECK(setup.count(Counter::upstream_connects) == 0);
    CHECK(setup.count(Counter::upstream_retries) == 0);
  }
  CHECK(setup.log.has("clear text to it is not allowed upstream= peer=http://192.0.2.1:9"));
}

TEST_CASE("clear text stays on this machine by its address and by a name") {
  for (const char* host : {"127.0.0.1", "localhost"}) {
    for (const bool clear_text : {false, true}) {
      CAPTURE(host);
      CAPTURE(clear_text);
      Setup setup;
      const Greeter greeter;
      CHECK(setup.get("http://" + std::string(host) + ":" + greeter.port, clear_text).body ==
            "hello");
    }
  }
}

TEST_CASE("the server of an origin is made of its URL") {
  Setup setup;
  const Greeter greeter;
  OriginUrl url;
  std::shared_ptr<const Fetcher> server;
  REQUIRE(OriginUrl::parse("http://localhost:" + greeter.port + "/prefix", &url) == Status::ok);
  REQUIRE(make_origin_server(url, false, {}, &server) == Status::ok);
  CHECK(setup.get(*server).body == "hello");
  REQUIRE(OriginUrl::parse("http://192.0.2.1", &url) == Status::ok);
  CHECK(make_origin_server(url, false, {}, &server) == Status::invalid);
  CHECK(make_origin_server(url, true, {}, &server) == Status::ok);
}

}  // namespace fce
