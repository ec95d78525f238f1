// SPDX-License-Identifier: Apache-2.0
// Requests and answers over connections to upstreams. How they fail is in upstream_fail_test.cc.
#include "http/upstream.h"

#include <doctest/doctest.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <functional>

#include "http/client_node.h"
#include "http/h1_node.h"
#include "loop/workers.h"

namespace fce {
namespace {

std::string request_of(const ScriptedServer& server, const std::string& target = "/") {
  return "GET " + target + " HTTP/1.1\r\nhost: " + server.authority() + "\r\n\r\n";
}

}  // namespace

TEST_CASE("upstream: a request and its answer, and the next on the same connection") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  Record first, second;
  node.get(first, "/a");
  CHECK_FALSE(first.done);
  const int fd = node.accept(server);
  CHECK(node.read(fd) == request_of(server, "/a"));
  node.write(fd, ok_answer("hello"));
  CHECK(first.text() == ok_record("hello"));
  CHECK(node.gauge(Gauge::upstream_idle) == 1);
  node.get(second, "/b");
  node.turn();
  CHECK(node.gauge(Gauge::upstream_idle) == 0);
  CHECK(node.read(fd) == request_of(server, "/b"));
  node.write(fd, ok_answer(""));
  CHECK(second.text() == ok_record(""));
  CHECK(server.accept() < 0);
  CHECK(node.count(Counter::upstream_connects) == 1);
  CHECK(node.count(Counter::upstream_reused) == 1);
  CHECK(node.count(Counter::upstream_requests) == 2);
  CHECK(node.count(Counter::upstream_failures) == 0);
}

TEST_CASE("upstream: what is sent") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  const Header fields[] = {{"accept", "*/*"}, {"expect", "100-continue"}};
  Record record;
  FetchRequest request;
  request.method = "PUT";
  request.target = "/x?y";
  request.authority = "site.example:8080";
  request.headers = fields;
  request.body = Body::copy_of("body");
  node.start(record, std::move(request));
  CHECK(node.serve(server, ok_answer("")) ==
        "PUT /x?y HTTP/1.1\r\nhost: site.example:8080\r\naccept: */*\r\ncontent-length: "
        "4\r\n\r\nbody");
  CHECK(record.done);
}

TEST_CASE("upstream: bodies from sources, with their length or in chunks") {
  for (const bool chunked : {false, true}) {
    CAPTURE(chunked);
    ScriptedServer server;
    ClientNode node;
    node.use({&server});
    const std::string all(700'000, 'q');
    int destroyed = 0;
    auto source = std::make_unique<H1TestSource>(all, false);
    H1TestSource* const raw = source.get();
    raw->destroyed = &destroyed;
    raw->piece = 9999;
    Record record;
    node.post(record,
              Body::pulled(std::move(source),
                           chunked ? std::nullopt : std::optional<uint64_t>(all.size() + 4)));
    const int fd = node.accept(server);
    std::string got = node.read(fd);
    CHECK(got.find("0\r\n\r\n") == std::string::npos);
    raw->end("tail");
    got += node.read(fd);
    const size_t head = got.find("\r\n\r\n") + 4;
    if (chunked) {
      CHECK(got.find("transfer-encoding: chunked\r\n") != std::string::npos);
      CHECK(got.ends_with("00004\r\ntail\r\n0\r\n\r\n"));
      CHECK(static_cast<size_t>(
                std::count(got.begin() + static_cast<long>(head), got.end(), 'q')) == all.size());
    } else {
      CHECK(got.substr(head) == all + "tail");
    }
    node.write(fd, ok_answer("ok"));
    CHECK(record.text() == ok_record("ok"));
    CHECK(destroyed == 1);
    CHECK(node.gauge(Gauge::upstream_idle) == 1);
  }
}

TEST_CASE("upstream: a server that does not read holds the source back") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  constexpr size_t kSize = 64 << 20;
  auto source = std::make_unique<H1TestSource>(std::string(kSize, 'q'), true);
  H1TestSource* const raw = source.get();
  Record record;
  node.post(record, Body::pulled(std::move(source), kSize));
  const int fd = node.accept(server);
  node.turn(50);
  CHECK(raw->ready.size() > kSize / 2);
  // An answer that comes meanwhile is the answer, and the connection is not used again.
  node.write(fd, ok_answer("early"));
  CHECK(record.text() == ok_record("early"));
  node.read(fd);
  CHECK(node.eof);
  CHECK(node.gauge(Gauge::upstream_connections) == 0);
}

TEST_CASE("upstream: a server that answers, and resets what it does not want to read") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  Record record;
  node.post(record, Body::copy_of(std::string(16 << 20, 'q')));
  const int fd = node.accept(server);
  const std::string answer = "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig";
  CHECK(::send(fd, answer.data(), answer.size(), 0) == static_cast<ssize_t>(answer.size()));
  node.close(fd);  // with unread bytes: a reset
  node.turn(20);
  CHECK(record.text() == "413 content-length=3; length 3|big|end");
}

TEST_CASE("upstream: a write that fails does not lose what the server has said") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  struct Late final : BodySource {
    Pull pull(Gather& out, size_t) override {
      if (++pulls == 2) hook();
      out.copy("more");
      return pulls == 1 ? Pull::wait : Pull::more;
    }
    void again() { wake(Lane::answer); }
    std::function<void()> hook;
    int pulls = 0;
  };
  auto source = std::make_unique<Late>();
  Late& late = *source;
  Record record;
  node.post(record, Body::pulled(std::move(source), std::nullopt));
  const int fd = node.accept(server);
  node.turn();
  // Between the poll of a turn and its flush: with unread bytes, so it is a reset.
  late.hook = [&] {
    const std::string answer = "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig";
    CHECK(::send(fd, answer.data(), answer.size(), 0) == static_cast<ssize_t>(answer.size()));
    ::close(fd);
    std::erase(node.taken, fd);
  };
  late.again();
  node.turn(20);
  CHECK(record.text() == "413 content-length=3; length 3|big|end");
}

TEST_CASE("upstream: answers of all framings") {
  const struct {
    std::string answer;
    std::string record;
    bool reused;
  } table[] = {
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-T: 1\r\n\r\n",
       "200 length ?|ab|end x-t=1;", true},
      {"HTTP/1.1 204 No Content\r\n\r\n", "204 length 0||end", true},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: e\r\n\r\n",
       "304 content-length=9; etag=e; length 0||end", true},
      {"HTTP/1.1 200 OK\r\nConnection: close, X-H\r\nX-H: h\r\nContent-Length: 1\r\n\r\na",
       "200 content-length=1; length 1|a|end", false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", "200 content-length=1; length 1|a|end",
       false},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: l\r\n\r\n" + ok_answer("a"),
       "103 link=l;|" + ok_record("a"), true},
      {ok_answer("a") + "HTTP/1.1 200 OK\r\n", ok_record("a"), false},
  };
  for (const auto& row : table) {
    CAPTURE(row.answer);
    ScriptedServer server;
    ClientNode node;
    node.use({&server});
    Record record;
    node.get(record);
    node.serve(server, row.answer);
    CHECK(record.text() == row.record);
    CHECK(node.gauge(Gauge::upstream_idle) == (row.reused ? 1 : 0));
    CHECK(node.gauge(Gauge::upstream_connections) == (row.reused ? 1 : 0));
  }
}

TEST_CASE("upstream: a body that ends with the connection") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  Record record;
  node.get(record);
  const int fd = node.accept(server);
  node.read(fd);
  node.write(fd, "HTTP/1.1 200 OK\r\n\r\nall of ");
  CHECK(record.text() == "200 length ?|all of ");
  node.write(fd, "it");
  node.close(fd);
  CHECK(record.text() == "200 length ?|all of it|end");
}

TEST_CASE("upstream: HEAD has no body, whatever its head says") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  Record record;
  FetchRequest request;
  request.method = "HEAD";
  node.start(record, std::move(request));
  CHECK(node.serve(server, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n").starts_with("HEAD "));
  CHECK(record.text() == "200 content-length=99; length 0||end");
  CHECK(node.gauge(Gauge::upstream_idle) == 1);
}

TEST_CASE("upstream: a sink that pauses is not written to, and time stands still for it") {
  ScriptedServer server;
  ClientNode node;
  node.options.idle_ms = 1000;
  node.use({&server});
  Record record;
  record.head_hook = [&] { record.fetch->pause(); };
  node.get(record);
  const int fd = node.accept(server);
  const std::string all(8 << 20, 'b');
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(all.size());
  node.write(fd, head + "\r\n\r\n");
  size_t sent = 0;
  for (int i = 0; i < 1000; ++i) {
    const ssize_t took = ::send(fd, all.data() + sent, all.size() - sent, MSG_NOSIGNAL);
    if (took > 0) sent += static_cast<size_t>(took);
    node.turn(1);
  }
  CHECK(sent < all.size());
  CHECK(record.body.empty());
  node.pass_time(60'000);
  CHECK_FALSE(record.done);
  // One piece at a time.
  int pauses = 0;
  record.body_hook = [&] {
    if (++pauses < 5) record.fetch->pause();
  };
  for (int i = 0; i < 4; ++i) {
    record.fetch->resume();
    node.turn();
    CHECK(record.body.size() <= static_cast<size_t>(i + 1) * NetContext::kReadBytes);
  }
  record.fetch->resume();
  node.write(fd, std::string_view(all).substr(sent));
  node.turn(300);
  CHECK(record.body.size() == all.size());
  CHECK(record.last == "end");
}

TEST_CASE("upstream: a sink may destroy its fetch whenever it is called") {
  for (const int when : {0, 1, 2, 3}) {
    CAPTURE(when);
    ScriptedServer server;
    ClientNode node;
    node.use({&server});
    Record record;
    if (when == 1) record.head_hook = [&] { record.stop(); };
    if (when == 2) record.body_hook = [&] { record.stop(); };
    node.get(record);
    const int fd = node.accept(server);
    node.read(fd);
    if (when == 0) record.stop();
    node.write(fd, ok_answer("first") + "HTTP/1.1 200");
    CHECK(record.done == (when == 3));
    node.turn();
    CHECK(node.gauge(Gauge::upstream_connections) == 0);
    node.read(fd);
    CHECK(node.eof);
    Record next;
    node.get(next);
    node.serve(server, ok_answer("second"));
    CHECK(next.text() == ok_record("second"));
  }
}

TEST_CASE("upstream: who leaves before anything was sent leaves a connection that can be used") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  Record gone, record;
  node.get(gone);
  gone.stop();
  const int fd = node.accept(server);
  node.turn();
  CHECK(node.gauge(Gauge::upstream_idle) == 1);
  // The same with one that was idle.
  node.get(gone);
  gone.stop();
  node.turn();
  CHECK(node.gauge(Gauge::upstream_idle) == 1);
  node.get(record, "/later");
  CHECK(node.read(fd) == request_of(server, "/later"));
  node.write(fd, ok_answer("x"));
  CHECK(record.text() == ok_record("x"));
  CHECK(node.count(Counter::upstream_connects) == 1);
}

TEST_CASE("upstream: a fetch that starts where another ends has a connection of its own") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  Record first, second;
  first.end_hook = [&] { node.get(second); };
  node.get(first);
  node.serve(server, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n");
  CHECK(first.text() == "200 length ?||end a=b;");
  node.serve(server, ok_answer("two"));
  CHECK(second.text() == ok_record("two"));
  CHECK(node.gauge(Gauge::upstream_idle) == 2);
}

TEST_CASE("upstream: a tunnel after 101") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  const Header fields[] = {{"upgrade", "websocket"}, {"sec-websocket-key", "k"}};
  const auto start = [&](Record& record) {
    FetchRequest request;
    request.headers = fields;
    request.upgrade = true;
    node.start(record, std::move(request));
    return node.accept(server);
  };
  const std::string answer =
      "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX: y\r\n\r\n";
  H1TestSource* up = nullptr;
  const auto begin = [&](Record& record) {
    auto source = std::make_unique<H1TestSource>("one", false);
    up = source.get();
    record.fetch->send(std::move(source));
  };
  SUBCASE("bytes both ways, until our side ends") {
    Record record;
    record.head_hook = [&] { begin(record); };
    const int fd = start(record);
    CHECK(node.read(fd) == "GET / HTTP/1.1\r\nhost: " + server.authority() +
                               "\r\nupgrade: websocket\r\nsec-websocket-key: k\r\nconnection: "
                               "upgrade\r\n\r\n");
    node.write(fd, answer + "\x81now");
    CHECK(record.text() == "upgraded upgrade=websocket; x=y;|\x81now");
    CHECK(node.read(fd) == "one");
    up->add(" two");
    CHECK(node.read(fd) == " two");
    node.write(fd, " then");
    node.pass_time(600'000);  // it may be silent for long
    CHECK(record.body == "\x81now then");
    up->end(" last");
    CHECK(node.read(fd) == " last");
    CHECK(node.eof);
    node.turn();
    CHECK(record.last == "end");
  }
  SUBCASE("until the server's ends") {
    Record record;
    const int fd = start(record);
    node.write(fd, answer);
    begin(record);
    CHECK(node.read(fd).ends_with("\r\n\r\none"));
    node.write(fd, "bye");
    node.close(fd);
    CHECK(record.text() == "upgraded upgrade=websocket; x=y;|bye|end");
  }
  SUBCASE("a source that fails") {
    Record record;
    record.head_hook = [&] { begin(record); };
    const int fd = start(record);
    node.write(fd, answer);
    up->fail();
    node.turn();
    CHECK(record.last == "fail closed");
  }
  SUBCASE("one that leaves") {
    Record record;
    record.head_hook = [&] { begin(record); };
    const int fd = start(record);
    node.write(fd, answer);
    record.stop();
    node.read(fd);
    CHECK(node.eof);
  }
  SUBCASE("a server that does not want to") {
    Record record;
    const int fd = start(record);
    node.write(fd, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    CHECK(record.text() == "403 content-length=0; length 0||end");
    CHECK(node.gauge(Gauge::upstream_idle) == 1);
  }
  SUBCASE("with a body there is none") {
    Record record;
    FetchRequest request;
    request.headers = fields;
    request.upgrade = true;
    request.body = Body::copy_of("x");
    node.start(record, std::move(request));
    node.turn();
    CHECK(record.last == "fail refused");
  }
}

TEST_CASE("upstream: unix sockets") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("fcedge-up-" + std::to_string(getpid()))).string();
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::memcpy(at.sun_path, path.data(), path.size());
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  REQUIRE(::listen(listener, 4) == 0);
  ClientNode node;
  node.options.peers.push_back({"unix:" + path});
  node.make();
  Record record;
  node.get(record);
  node.turn();
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  REQUIRE(fd >= 0);
  node.taken.push_back(fd);
  CHECK(node.read(fd) == "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
  node.write(fd, ok_answer("unix"));
  CHECK(record.text() == ok_record("unix"));
  ::close(listener);
  ::unlink(path.c_str());
}

TEST_CASE("upstream: names are looked up by workers") {
  ScriptedServer server;
  Workers workers(1, 4);
  ClientNode node;
  node.http.resolver_workers = &workers;
  node.options.peers.push_back({"http://localhost:" + std::to_string(server.port())});
  node.make();
  Record record;
  node.get(record);
  int fd = -1;
  node.run_until([&] { return (fd = server.accept()) >= 0; });
  node.taken.push_back(fd);
  node.write(fd, ok_answer("named"));
  CHECK(record.text() == ok_record("named"));
  CHECK(node.count(Counter::resolver_lookups) == 1);
  workers.stop();
}

}  // namespace fce
