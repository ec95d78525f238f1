// SPDX-License-Identifier: Apache-2.0
// Which server a request goes to, and on which connection.
#include "http/upstream_pool.h"

#include <doctest/doctest.h>

#include <map>

#include "base/log.h"
#include "http/client_node.h"
#include "net/test_chains.h"
#include "net/tls_node.h"

namespace fce {
namespace {

using Records = std::vector<std::unique_ptr<Record>>;

Record& add(Records& records) {
  records.push_back(std::make_unique<Record>());
  return *records.back();
}

const std::string kLast = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

// Which of the servers has a new connection, once one has.
size_t who(ClientNode& node, std::vector<ScriptedServer*> servers, int* fd) {
  for (int i = 0; i < 100; ++i) {
    node.turn(2);
    for (size_t at = 0; at < servers.size(); ++at) {
      *fd = servers[at]->accept();
      if (*fd < 0) continue;
      node.taken.push_back(*fd);
      return at;
    }
  }
  FAIL("nobody was asked");
  return 0;
}

// What the log says meanwhile.
class LogWatch {
 public:
  LogWatch() {
    log_set(
        LogLevel::debug,
        [](int32_t, const char* line, size_t size, void* user) {
          static_cast<std::string*>(user)->append(line, size).append("\n");
        },
        &text, nullptr);
  }
  ~LogWatch() { log_set(LogLevel::off, nullptr, nullptr, nullptr); }
  size_t times(const std::string& what) const {
    size_t count = 0;
    for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) ++count;
    return count;
  }
  std::string text;
};

}  // namespace

TEST_CASE("upstream pool: so many connections, so many who wait, and no more") {
  ScriptedServer server;
  ClientNode node;
  node.options.connections_max = 2;
  node.options.queue_max = 2;
  node.use({&server});
  Records records;
  for (int i = 0; i < 5; ++i) node.get(add(records), "/" + std::to_string(i));
  node.turn();
  CHECK(records[4]->last == "fail full");
  CHECK(node.count(Counter::limit_upstream_queue) == 1);
  CHECK(node.count(Counter::upstream_queued) == 2);
  CHECK(node.gauge(Gauge::upstream_queue) == 2);
  const int first = node.accept(server), second = node.accept(server);
  CHECK(server.accept() < 0);
  node.write(second, ok_answer("b"));
  CHECK(node.read(second).find("GET /2 ") != std::string::npos);
  // One whose connection ends makes room, too.
  node.write(first, kLast);
  CHECK(node.gauge(Gauge::upstream_queue) == 0);
  const int third = node.accept(server);
  CHECK(node.read(third).starts_with("GET /3 "));
  node.write(second, ok_answer("c"));
  node.write(third, ok_answer("d"));
  CHECK(records[2]->text() == ok_record("c"));
  CHECK(records[3]->text() == ok_record("d"));
}

TEST_CASE("upstream pool: who waits too long is told so, and who leaves waits no more") {
  ScriptedServer server;
  ClientNode node;
  node.options.connections_max = 1;
  node.options.queue_ms = 1000;
  node.use({&server});
  Records records;
  for (int i = 0; i < 3; ++i) node.get(add(records));
  records[1]->stop();
  CHECK(node.gauge(Gauge::upstream_queue) == 1);
  node.pass_time(1300);
  CHECK(records[2]->last == "fail full");
  CHECK(node.count(Counter::limit_upstream_queue_time) == 1);
  CHECK_FALSE(records[0]->done);
}

TEST_CASE("upstream pool: kept connections: the last one first, so many, for a time") {
  ScriptedServer server;
  ClientNode node;
  node.options.idle_max = 2;
  node.options.keepalive_ms = 5000;
  node.use({&server});
  Records records;
  for (int i = 0; i < 3; ++i) node.get(add(records));
  const int a = node.accept(server), b = node.accept(server), c = node.accept(server);
  for (const int fd : {a, b, c}) {
    node.read(fd);
    node.write(fd, ok_answer("x"));
  }
  CHECK(node.gauge(Gauge::upstream_idle) == 2);
  CHECK(node.count(Counter::limit_upstream_pool) == 1);
  node.get(add(records));
  CHECK(node.read(c).empty());
  CHECK(node.eof);  // it was the one too many
  CHECK(node.read(b).starts_with("GET "));
  node.write(b, ok_answer("x"));
  node.pass_time(5300);
  CHECK(node.gauge(Gauge::upstream_connections) == 0);
  CHECK(node.count(Counter::upstream_failures) == 0);
}

TEST_CASE("upstream pool: a server that says for how long it keeps a connection is believed") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  Record record;
  node.get(record);
  node.serve(server, "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n");
  node.pass_time(3800);
  CHECK(node.gauge(Gauge::upstream_idle) == 1);
  node.pass_time(500);
  CHECK(node.gauge(Gauge::upstream_idle) == 0);
}

TEST_CASE("upstream pool: a connection carries so many requests") {
  ScriptedServer server;
  ClientNode node;
  node.options.requests_max = 2;
  node.use({&server});
  Records records;
  node.get(add(records));
  const int fd = node.accept(server);
  node.write(fd, ok_answer("x"));
  node.get(add(records));
  node.turn();
  node.write(fd, ok_answer("x"));
  CHECK(records[1]->last == "end");
  CHECK(node.gauge(Gauge::upstream_connections) == 0);
}

TEST_CASE("upstream pool: weights") {
  for (const Balance balance : {Balance::round_robin, Balance::least_connections}) {
    ScriptedServer one, three;
    ClientNode node;
    node.options.balance = balance;
    node.options.peers = {{one.url(), 1}, {three.url(), 3}};
    node.make();
    Records records;
    int counts[2] = {0, 0};
    // None is answered: so many are open at the same time.
    for (int i = 0; i < 16; ++i) {
      node.get(add(records));
      int fd = -1;
      ++counts[who(node, {&one, &three}, &fd)];
    }
    CHECK(counts[0] == 4);
    CHECK(counts[1] == 12);
  }
}

TEST_CASE("upstream pool: who has less to do is asked") {
  ScriptedServer a, b;
  ClientNode node;
  node.use({&a, &b});
  Records records;
  node.get(add(records));
  int fd = -1;
  const size_t busy = who(node, {&a, &b}, &fd);
  for (int i = 0; i < 5; ++i) {
    node.get(add(records));
    CHECK(who(node, {&a, &b}, &fd) == 1 - busy);
    node.write(fd, kLast);
    CHECK(records.back()->last == "end");
  }
}

TEST_CASE("upstream pool: a server that fails is left alone, then tried by one") {
  ScriptedServer bad, good;
  LogWatch watch;
  ClientNode node;
  node.options.balance = Balance::round_robin;
  node.options.fails_max = 2;
  node.options.down_ms = 300;
  node.use({&bad, &good});
  Records records;
  const auto ask = [&](const std::string& bad_says) {
    node.get(add(records));
    int fd = -1;
    const size_t at = who(node, {&bad, &good}, &fd);
    node.write(fd, at == 0 ? bad_says : kLast);
    if (at == 0) node.close(fd);
    return at;
  };
  int asked = 0;
  for (int i = 0; i < 20; ++i) {
    if (ask("HTTP/") == 0) ++asked;
  }
  CHECK(asked == 2);
  CHECK(node.count(Counter::upstream_peer_down) == 1);
  CHECK(watch.times("upstream peer down upstream=test peer=" + bad.url()) == 1);
  // After a while one request is sent there, and fails; the others are not.
  const uint64_t until = node.loop.now_ms() + 400;
  node.run_until([&] { return node.loop.now_ms() >= until; });
  asked = 0;
  for (int i = 0; i < 10; ++i) {
    if (ask("HTTP/") == 0) ++asked;
  }
  CHECK(asked == 1);
  CHECK(node.count(Counter::upstream_peer_up) == 0);
  const uint64_t again = node.loop.now_ms() + 400;
  node.run_until([&] { return node.loop.now_ms() >= again; });
  asked = 0;
  for (int i = 0; i < 10; ++i) {
    if (ask(kLast) == 0) ++asked;
  }
  CHECK(asked >= 4);
  CHECK(node.count(Counter::upstream_peer_up) == 1);
  CHECK(watch.times("upstream peer up upstream=test peer=" + bad.url()) == 1);
  CHECK(watch.times("upstream peer ") == 2);
}

TEST_CASE("upstream pool: who has failed a request is not given it again") {
  ScriptedServer dead, good;
  ClientNode node;
  node.options.fails_max = 0;
  node.options.peers = {{dead.url(), 1000}, {good.url(), 1}};
  node.make();
  dead.close();
  for (int i = 0; i < 5; ++i) {
    Record record;
    node.get(record);
    node.serve(good, kLast);
    CHECK(record.last == "end");
  }
  CHECK(node.count(Counter::upstream_retries) == 5);
}

TEST_CASE("upstream pool: a kept connection that is closed is no failure of its server") {
  ScriptedServer a, b;
  ClientNode node;
  node.options.fails_max = 1;
  node.use({&a, &b});
  Record warm;
  node.get(warm);
  int fd = -1;
  who(node, {&a, &b}, &fd);
  node.write(fd, ok_answer("x"));
  REQUIRE(warm.last == "end");
  // Until one goes to the connection that is kept.
  Records others;
  bool reused = false;
  while (!reused) {
    node.get(add(others));
    node.turn();
    reused = node.count(Counter::upstream_reused) == 1;
  }
  node.read(fd);
  node.close(fd);
  node.turn(10);
  CHECK(node.count(Counter::upstream_retries) == 1);
  CHECK(node.count(Counter::upstream_peer_down) == 0);
}

TEST_CASE("upstream pool: when all are down it says so; one alone is never taken out") {
  ScriptedServer a, b;
  ClientNode node;
  node.options.fails_max = 1;
  node.use({&a, &b});
  a.close();
  b.close();
  Record first, second;
  node.get(first);
  node.turn(20);
  CHECK(first.done);
  node.get(second);
  node.turn();
  CHECK(second.last == "fail no_peer");
  CHECK(node.count(Counter::upstream_no_peer) >= 1);
  ScriptedServer alone;
  ClientNode other;
  other.options.fails_max = 1;
  other.use({&alone});
  alone.close();
  for (int i = 0; i < 5; ++i) {
    Record record;
    other.get(record);
    other.turn(20);
    CHECK(record.last == "fail connect");
  }
}

TEST_CASE("upstream pool: backups are asked when nobody else is up") {
  ScriptedServer first, backup;
  ClientNode node;
  node.options.fails_max = 1;
  node.options.peers = {{first.url(), 1, false}, {backup.url(), 1, true}};
  node.make();
  Record one, two;
  node.get(one);
  int fd = -1;
  CHECK(who(node, {&first, &backup}, &fd) == 0);
  node.close(fd);
  CHECK(who(node, {&first, &backup}, &fd) == 1);
  node.write(fd, kLast);
  CHECK(one.last == "end");
  node.get(two);
  CHECK(who(node, {&first, &backup}, &fd) == 1);
}

TEST_CASE("upstream pool: health checks") {
  ScriptedServer a, b;
  LogWatch watch;
  ClientNode node;
  node.options.check_path = "/health";
  node.options.check_interval_ms = 1000;
  node.options.check_ms = 500;
  node.options.check_fall = 2;
  node.options.check_rise = 2;
  node.options.check_status = 204;
  node.use({&a, &b});
  Record first;
  node.get(first);  // the first use begins them
  const auto check = [&](ScriptedServer& server, const std::string& answer) {
    for (;;) {
      const int fd = node.accept(server);
      const std::string request = node.read(fd);
      if (request.starts_with("GET /health HTTP/1.1\r\nhost: " + server.authority())) {
        node.write(fd, answer);
        node.read(fd);
        if (!answer.empty()) CHECK(node.eof);
        return;
      }
      node.write(fd, kLast);
    }
  };
  const std::string good = "HTTP/1.1 204 No Content\r\n\r\n", bad = ok_answer("not that");
  check(a, good);
  check(b, bad);
  node.pass_time(1200);
  check(a, good);
  check(b, "");  // and no answer at all
  node.pass_time(700);
  CHECK(node.count(Counter::upstream_peer_down) == 1);
  CHECK(watch.times("upstream peer down upstream=test peer=" + b.url()) == 1);
  CHECK(node.count(Counter::upstream_check_failures) == 2);
  Records records;
  for (int i = 0; i < 4; ++i) {
    node.get(add(records));
    node.serve(a, kLast);
    CHECK(records.back()->last == "end");
  }
  for (int i = 0; i < 2; ++i) {
    node.pass_time(1200);
    check(b, good);
  }
  CHECK(node.count(Counter::upstream_peer_up) == 1);
  CHECK(node.count(Counter::upstream_checks) >= 6);
}

TEST_CASE("upstream pool: TLS, verified, and resumed by the next connection") {
  CertificateFiles files;
  CertificateStore store;
  const std::string chain = std::string(kLeaf) + kIntermediate;
  REQUIRE(files.load(store, {{chain.c_str(), kLeafKey}}) == Status::ok);
  // The server is a stream of the same loop.
  struct Server final : StreamAcceptor {
    void on_stream(Stream& stream) override {
      owners.push_back(std::make_unique<TestOwner>());
      TestOwner& owner = *owners.back();
      owner.stream = &stream;
      stream.set_owner(&owner);
      owner.data_hook = [&owner] {
        if (owner.data.ends_with("\r\n\r\n")) owner.send(kLast);
      };
      owner.eof_hook = [&stream] { stream.close(); };
    }
    std::vector<std::unique_ptr<TestOwner>> owners;
  } server;
  const auto fetch = [&](ClientNode& node, ScriptedServer& port) {
    Record record;
    node.get(record);
    int fd = -1;
    for (int i = 0; i < 100 && fd < 0 && !record.done; ++i) {
      node.turn(2);
      fd = port.accept();
    }
    if (fd >= 0) Stream::accept(node.net, fd, PeerAddress(), &store, server);
    node.turn(60);
    return record.last;
  };
  ScriptedServer port;
  const std::string url = "https://127.0.0.1:" + std::to_string(port.port());
  {
    ClientNode node;
    node.options.peers = {{url}};
    node.options.tls_ca_file = files.write("ca", kRootCa);
    node.make();
    for (int i = 0; i < 3; ++i) CHECK(fetch(node, port) == "end");
    CHECK(node.count(Counter::upstream_tls_handshakes) == 3);
    CHECK(node.count(Counter::upstream_tls_resumed) == 2);
  }
  {
    LogWatch watch;
    ClientNode node;
    node.options.peers = {{url}};
    node.options.tls_ca_file = files.write("other", kOtherCa);
    node.options.tries_max = 1;
    node.make();
    for (int i = 0; i < 3; ++i) CHECK(fetch(node, port) == "fail tls");
    CHECK(node.count(Counter::upstream_tls_failures) == 3);
    CHECK(watch.times("upstream handshake failed upstream=test peer=" + url +
                      " error=\"no trusted CA vouches") == 1);
  }
  {
    ClientNode node;
    node.options.peers = {{url}};
    node.options.tls_insecure = true;
    node.options.tls_name = "whoever.example";
    node.make();
    CHECK(fetch(node, port) == "end");
  }
  {
    // A server that does not say a word.
    ClientNode node;
    node.options.peers = {{url}};
    node.options.tls_insecure = true;
    node.options.tries_max = 1;
    node.options.connect_ms = 1000;
    node.make();
    Record record;
    node.get(record);
    node.accept(port);
    node.pass_time(1300);
    CHECK(record.last == "fail connect_time");
    CHECK(node.count(Counter::limit_upstream_connect) == 1);
  }
}

TEST_CASE("upstream pool: a new configuration lets go of the old one's connections") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  Record record, last;
  node.get(record);
  const int fd = node.accept(server);
  node.read(fd);
  std::weak_ptr<const Upstream> old = node.upstream;
  node.make();
  CHECK(old.expired());
  node.write(fd, ok_answer("under way"));
  CHECK(record.text() == ok_record("under way"));
  CHECK(node.gauge(Gauge::upstream_connections) == 0);
  node.get(last);
  node.serve(server, ok_answer("new"));
  CHECK(last.text() == ok_record("new"));
}

}  // namespace fce
