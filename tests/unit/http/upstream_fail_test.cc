// SPDX-License-Identifier: Apache-2.0
// How requests to upstreams fail, and when they are made again.
#include <doctest/doctest.h>

#include "http/client_node.h"
#include "http/h1_node.h"
#include "http/upstream.h"
#include "loop/workers.h"

namespace fce {
namespace {

// A connection that has served one request and is kept.
int warm_up(ClientNode& node, ScriptedServer& server) {
  Record record;
  node.get(record);
  const int fd = node.accept(server);
  node.read(fd);
  node.write(fd, ok_answer("warm"));
  REQUIRE(record.done);
  return fd;
}

Body source_of(const std::string& text) {
  return Body::pulled(std::make_unique<H1TestSource>(text, true), text.size());
}

}  // namespace

TEST_CASE("upstream fails: nobody listens") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  server.close();
  Record record;
  node.get(record);
  CHECK_FALSE(record.done);
  node.turn(20);
  CHECK(record.last == "fail connect");
  CHECK(node.count(Counter::upstream_connect_failures) == 3);
  CHECK(node.count(Counter::upstream_retries) == 2);
  CHECK(node.count(Counter::upstream_failures) == 1);
}

TEST_CASE("upstream fails: names without an address") {
  ClientNode node;
  node.options.peers.push_back({"http://nowhere.invalid"});
  node.make();
  Record record;
  node.get(record);
  node.turn(20);
  CHECK(record.last == "fail resolve");  // nobody to ask
  Workers workers(1, 4);
  ClientNode other;
  other.http.resolver_workers = &workers;
  other.options.peers.push_back({"http://nowhere.invalid"});
  other.make();
  Record second;
  other.get(second);
  other.run_until([&] { return second.done; });
  CHECK(second.last == "fail resolve");
  CHECK(other.count(Counter::resolver_failures) == 1);
  workers.stop();
}

TEST_CASE("upstream fails: a request that cannot be sent as one") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  Record record;
  node.get(record, "/a b");
  CHECK_FALSE(record.done);
  node.turn();
  CHECK(record.last == "fail refused");
  CHECK(server.accept() < 0);
}

TEST_CASE("upstream fails: answers that are none") {
  const struct {
    std::string answer;
    std::string last;
    Counter counter;
  } table[] = {
      {"HTTP/1.1 200 OK\nA: b\n\n", "fail malformed", Counter::upstream_malformed},
      {"garbage", "fail malformed", Counter::upstream_malformed},
      {"HTTP/1.1 101 Switching\r\n\r\n", "fail malformed", Counter::upstream_malformed},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
       "fail malformed", Counter::upstream_malformed},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx", "fail malformed",
       Counter::upstream_malformed},
      {"HTTP/1.1 200 OK\r\nA: " + std::string(2000, 'x'), "fail too_large",
       Counter::limit_upstream_head},
  };
  for (const auto& row : table) {
    CAPTURE(row.answer);
    ScriptedServer server;
    ClientNode node;
    node.options.head_bytes_max = 1000;
    node.use({&server});
    Record record;
    node.get(record);
    node.serve(server, row.answer);
    CHECK(record.last == row.last);
    CHECK(node.count(row.counter) == 1);
    CHECK(node.count(Counter::upstream_failures) == 1);
    CHECK(node.count(Counter::upstream_retries) == 0);
    CHECK(node.gauge(Gauge::upstream_connections) == 0);
  }
}

TEST_CASE("upstream fails: answers that end too early") {
  for (const bool hard : {false, true}) {
    for (const std::string& answer :
         {std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"),
          std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")}) {
      CAPTURE(answer);
      ScriptedServer server;
      ClientNode node;
      node.use({&server});
      Record record;
      node.get(record);
      const int fd = node.accept(server);
      node.read(fd);
      node.write(fd, answer);
      hard ? node.reset(fd) : node.close(fd);
      CHECK(record.body == "ab");
      CHECK(record.last == "fail truncated");
      CHECK(node.count(Counter::upstream_retries) == 0);
    }
  }
}

TEST_CASE("upstream fails: part of a head is no reason to try again") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  Record record;
  node.get(record);
  const int fd = node.accept(server);
  node.read(fd);
  node.write(fd, "HTTP/1.1 20");
  node.close(fd);
  CHECK(record.last == "fail closed");
  CHECK(node.count(Counter::upstream_retries) == 0);
}

TEST_CASE("upstream fails: what is idempotent is tried again, on a bounded number of connections") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  Record record;
  node.get(record);
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(record.done);
    const int fd = node.accept(server);
    CHECK(node.read(fd).starts_with("GET / "));
    node.close(fd);
  }
  node.turn();
  CHECK(record.last == "fail closed");
  CHECK(node.count(Counter::upstream_retries) == 2);
}

TEST_CASE("upstream fails: a body in memory is sent again") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  Record record;
  FetchRequest request;
  request.method = "PUT";
  request.body = Body::copy_of("body");
  node.start(record, std::move(request));
  const int fd = node.accept(server);
  CHECK(node.read(fd).ends_with("\r\n\r\nbody"));
  node.reset(fd);
  CHECK(node.serve(server, ok_answer("done")).ends_with("\r\n\r\nbody"));
  CHECK(record.text() == ok_record("done"));
}

TEST_CASE("upstream fails: what may have been done is not done again") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  Record posted, pulled;
  node.post(posted, Body::copy_of("body"));
  const int fd = node.accept(server);
  node.read(fd);
  node.close(fd);
  CHECK(posted.last == "fail closed");
  FetchRequest request;
  request.method = "PUT";
  request.body = source_of("body");
  node.start(pulled, std::move(request));
  const int other = node.accept(server);
  node.read(other);
  node.close(other);
  CHECK(pulled.last == "fail closed");
  CHECK(node.count(Counter::upstream_retries) == 0);
}

TEST_CASE("upstream fails: what was not sent may be sent elsewhere, whatever it is") {
  ScriptedServer dead, server;
  ClientNode node;
  node.use({&dead, &server});
  dead.close();
  for (int i = 0; i < 4; ++i) {
    Record record;
    node.post(record, i % 2 == 0 ? source_of("body") : Body::copy_of("body"));
    CHECK(node.serve(server, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
              .ends_with("\r\n\r\nbody"));
    CHECK(record.last == "end");
  }
  CHECK(node.count(Counter::upstream_retries) >= 1);
}

TEST_CASE("upstream fails: a kept connection that was closed meanwhile") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  SUBCASE("and told so is not used") {
    const int fd = warm_up(node, server);
    node.close(fd);
    CHECK(node.gauge(Gauge::upstream_connections) == 0);
    Record record;
    node.post(record, Body::copy_of("x"));
    node.serve(server, ok_answer("new"));
    CHECK(record.text() == ok_record("new"));
    CHECK(node.count(Counter::upstream_retries) == 0);
  }
  SUBCASE("while the request was on its way: tried again, if it may be") {
    const int fd = warm_up(node, server);
    Record record;
    node.get(record);
    node.turn();
    node.close(fd);
    node.serve(server, ok_answer("new"));
    CHECK(record.text() == ok_record("new"));
    CHECK(node.count(Counter::upstream_retries) == 1);
  }
  SUBCASE("while the request was on its way: not tried again") {
    const int fd = warm_up(node, server);
    Record record;
    node.post(record, Body::copy_of("x"));
    node.turn();
    node.close(fd);
    CHECK(record.last == "fail closed");
  }
  SUBCASE("before the request left: tried again in any case") {
    const int fd = warm_up(node, server);
    Record record;
    ::close(fd);
    std::erase(node.taken, fd);
    node.post(record, Body::copy_of("x"));
    node.turn(1);  // the poll tells of the end before anything is flushed
    node.serve(server, ok_answer("new"));
    CHECK(record.text() == ok_record("new"));
  }
  SUBCASE("all of them: one try each is enough, since the next is a new one") {
    std::vector<std::unique_ptr<Record>> records;
    for (int i = 0; i < 5; ++i) {
      records.push_back(std::make_unique<Record>());
      node.get(*records.back());
    }
    std::vector<int> fds;
    for (int i = 0; i < 5; ++i) fds.push_back(node.accept(server));
    for (const int fd : fds) node.write(fd, ok_answer("warm"));
    CHECK(node.gauge(Gauge::upstream_idle) == 5);
    Record record;
    node.get(record);
    node.turn();
    for (const int fd : fds) {
      ::close(fd);
      std::erase(node.taken, fd);
    }
    node.serve(server, ok_answer("new"));
    CHECK(record.text() == ok_record("new"));
    CHECK(node.count(Counter::upstream_retries) == 1);
  }
}

TEST_CASE("upstream fails: bytes that nobody asked for end a kept connection") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  const int fd = warm_up(node, server);
  node.write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  CHECK(node.gauge(Gauge::upstream_connections) == 0);
  CHECK(node.count(Counter::upstream_malformed) == 1);
  Record record;
  node.get(record);
  node.serve(server, ok_answer("good"));
  CHECK(record.text() == ok_record("good"));
}

TEST_CASE("upstream fails: what is said before a request is sent is no answer to it") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  const int kept = warm_up(node, server);
  const std::string late = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n";
  REQUIRE(::send(kept, late.data(), late.size(), 0) == static_cast<ssize_t>(late.size()));
  Record record;
  node.get(record);  // takes the kept connection, before the loop has looked at it
  const int fd = node.accept(server);
  node.read(fd);
  node.write(fd, ok_answer("right"));
  CHECK(record.body == "right");
  CHECK(record.last == "end");
}

TEST_CASE("upstream fails: the time for the head, and for each piece of the body") {
  ScriptedServer server;
  ClientNode node;
  node.options.first_byte_ms = 2000;
  node.options.idle_ms = 1000;
  node.use({&server});
  Record silent, slow;
  node.get(silent);
  const int fd = node.accept(server);
  node.read(fd);
  node.pass_time(1500);
  node.write(fd, "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nX: ");  // that is not it yet
  CHECK_FALSE(silent.done);
  node.pass_time(900);
  CHECK(silent.last == "fail first_byte");
  CHECK(node.count(Counter::limit_upstream_first_byte) == 1);
  node.get(slow);
  const int other = node.accept(server);
  node.write(other, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  for (int i = 0; i < 4; ++i) {
    node.pass_time(800);
    node.write(other, "x");
  }
  CHECK_FALSE(slow.done);
  node.pass_time(1300);
  CHECK(slow.last == "fail idle");
  CHECK(node.count(Counter::limit_upstream_idle) == 1);
}

TEST_CASE("upstream fails: a server that does not take the request") {
  ScriptedServer server;
  ClientNode node;
  node.limits.write_ms = 1000;
  node.use({&server});
  Record record;
  node.post(record, Body::copy_of(std::string(64 << 20, 'q')));
  node.accept(server);
  node.turn(50);
  node.pass_time(1300);
  CHECK(record.last == "fail idle");
  CHECK(node.count(Counter::limit_upstream_write) == 1);
}

TEST_CASE("upstream fails: a source that does") {
  ScriptedServer server;
  ClientNode node;
  node.use({&server});
  for (const bool shorter : {false, true}) {
    Record record;
    auto source = std::make_unique<H1TestSource>("abc", shorter);
    H1TestSource* const raw = source.get();
    node.post(record, Body::pulled(std::move(source), 10));
    const int fd = node.accept(server);
    node.turn();
    if (!shorter) raw->fail();
    node.read(fd);
    CHECK(node.eof);
    CHECK(record.last == "fail closed");
  }
}

TEST_CASE("upstream fails: retries are a share of all requests") {
  ScriptedServer server;
  ClientNode node;
  node.options.retry_percent = 0;
  node.use({&server});
  server.close();
  for (int i = 0; i < 10; ++i) {
    Record record;
    node.get(record);
    node.turn(20);
    CHECK(record.last == "fail connect");
  }
  CHECK(node.count(Counter::upstream_retries) == 10);
  CHECK(node.count(Counter::limit_upstream_retries) == 5);
}

TEST_CASE("upstream fails: the node stops") {
  ScriptedServer server;
  ClientNode node;
  node.options.connections_max = 2;
  node.use({&server});
  Record reading, waiting, queued, gone, late;
  node.get(reading);
  const int fd = node.accept(server);
  node.write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
  node.get(waiting);
  node.accept(server);
  node.get(queued);
  node.get(gone);
  gone.stop();
  node.turn();
  node.http.stop_upstreams();
  CHECK(reading.last == "fail stopped");
  CHECK(waiting.last == "fail stopped");
  CHECK(queued.last == "fail stopped");
  node.get(late);
  CHECK_FALSE(late.done);
  node.turn();
  CHECK(late.last == "fail stopped");
  CHECK(node.gauge(Gauge::upstream_connections) == 0);
}

TEST_CASE("upstream fails: a fetch may outlive its end, and the node") {
  ScriptedServer server;
  Record ended, stopped, waiting;
  ended.keep = stopped.keep = waiting.keep = true;
  {
    ClientNode node;
    node.options.connections_max = 1;
    node.use({&server});
    node.get(ended);
    node.serve(server, ok_answer("x"));
    CHECK(ended.done);
    node.get(stopped);
    node.get(waiting);
    node.turn();
  }
  CHECK(stopped.last == "fail stopped");
  CHECK(waiting.last == "fail stopped");
  for (Record* record : {&ended, &stopped, &waiting}) {
    record->fetch->pause();
    record->fetch->resume();
    record->stop();
  }
}

}  // namespace fce
