// SPDX-License-Identifier: Apache-2.0
// Request bodies of HTTP/1.1 that go to their handler as they come.
#include <doctest/doctest.h>

#include "http/body_reader.h"
#include "http/h1_node.h"
#include "http/upload.h"

namespace fce {
namespace {

using Pull = BodySource::Pull;

const std::string kChunked = "Transfer-Encoding: chunked\r\n";

struct UploadWatcher final : ExchangeWatcher {
  void on_client_gone() override { log += "gone "; }
  void on_client_eof() override { log += "eof "; }
  void on_body_complete() override { log += "complete "; }
  std::string log;
};

// A node whose `/up` takes the body and answers when the test does.
struct UploadNode : H1Node {
  UploadNode() {
    streaming_route(
        "/up", [this](Exchange& one) { begin(one); }, 1000);
    streaming_route(
        "/large", [this](Exchange& one) { begin(one); }, 1u << 30);
  }
  ~UploadNode() { let_go(); }
  void begin(Exchange& one) {
    ++runs;
    exchange = &one;
    one.ref();
    one.watch(&watcher);
    one.keep_own_time();
    reader.take(one.take_body());
  }
  void respond(std::string_view text) {
    answer(*exchange, text);
    let_go();
    turn();
  }
  void let_go() {
    if (!exchange) return;
    exchange->watch(nullptr);
    std::exchange(exchange, nullptr)->unref();
  }
  std::string head(const std::string& fields, const std::string& path = "/up") {
    return "POST " + path + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
  }

  TestBodyReader reader;
  UploadWatcher watcher;
  Exchange* exchange = nullptr;
  int runs = 0;
};

}  // namespace

TEST_CASE("h1 upload: the handler runs with the head, and the body comes as it is sent") {
  for (const bool chunked : {false, true}) {
    CAPTURE(chunked);
    UploadNode node;
    node.open();
    node.send(node.head(chunked ? kChunked : "Content-Length: 10\r\n"));
    CHECK(node.runs == 1);
    CHECK((node.reader.length == (chunked ? std::nullopt : std::optional<uint64_t>(10))));
    CHECK(node.reader.pull() == Pull::wait);
    node.send(chunked ? "4\r\nabcd\r\n" : "abcd");
    CHECK(node.reader.woken == 1);
    CHECK(node.reader.pull(3) == Pull::more);
    CHECK(node.reader.pull() == Pull::wait);
    node.send(chunked ? "6\r\nefghij\r\n" : "efghij");
    CHECK(node.watcher.log == (chunked ? "" : "complete "));
    if (chunked) node.send("0\r\nX-Trailer: dropped\r\n\r\n");
    CHECK(node.reader.pull_all() == Pull::end);
    CHECK(node.reader.got == "abcdefghij");
    CHECK(node.watcher.log == "complete ");
    CHECK(node.receive().empty());
    node.respond("thanks");
    CHECK(node.receive() == h1_answer("thanks"));
    node.get("/hello");
    CHECK(node.receive() == h1_answer("hello"));
    CHECK(node.count(Counter::uploads) == 1);
  }
}

TEST_CASE("h1 upload: a request without a body is not streamed") {
  UploadNode node;
  node.open();
  node.get("/up");
  CHECK(node.runs == 1);
  CHECK(node.reader.source == nullptr);
  CHECK((node.reader.length == std::optional<uint64_t>(0)));
  node.respond("a");
  node.send(node.head("Content-Length: 0\r\n"));
  CHECK(node.reader.source == nullptr);
  node.respond("b");
  CHECK(node.receive() == h1_answer("a") + h1_answer("b"));
  CHECK(node.count(Counter::uploads) == 0);
}

TEST_CASE("h1 upload: 100 Continue goes out with the first pull, and only when it is waited for") {
  const std::string kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  UploadNode node;
  node.open();
  node.send(node.head("Content-Length: 3\r\nExpect: 100-continue\r\n"));
  CHECK(node.receive().empty());
  node.pass_time(node.limits.body_ms + 1000);  // the client is not to blame
  CHECK(node.receive().empty());
  CHECK(node.reader.pull() == Pull::wait);
  CHECK(node.reader.pull() == Pull::wait);
  CHECK(node.receive() == kContinue);
  node.send("abc");
  CHECK(node.reader.pull() == Pull::end);
  node.respond("x");
  CHECK(node.receive() == h1_answer("x"));
  // The client did not wait.
  node.send(node.head("Content-Length: 3\r\nExpect: 100-continue\r\n") + "abc");
  CHECK(node.reader.pull() == Pull::end);
  node.respond("y");
  CHECK(node.receive() == h1_answer("y"));
  // A refusal needs no body.
  node.send(node.head("Content-Length: 3\r\nExpect: 100-continue\r\n"));
  node.exchange->respond_text(403, "no\n");
  node.let_go();
  const std::string refusal = node.receive();
  CHECK(refusal.starts_with("HTTP/1.1 403 "));
  CHECK(refusal.find("connection: close") != refusal.npos);
  CHECK(node.reader.pull() == Pull::failed);
  CHECK(node.eof);
}

TEST_CASE("h1 upload: a slow reader holds the client back") {
  UploadNode node;
  node.buffer_bytes = 16 * 1024;
  node.open();
  constexpr size_t kSize = 2'000'000;
  node.reader.keeps = false;
  node.send(node.head("Content-Length: " + std::to_string(kSize) + "\r\n", "/large"));
  const std::string block(10'000, 'x');
  size_t sent = 0;
  const auto send_some = [&] {
    for (int stuck = 0; sent < kSize && stuck < 20;) {
      const ssize_t got =
          ::send(node.client, block.data(), std::min(block.size(), kSize - sent), MSG_NOSIGNAL);
      if (got > 0) sent += static_cast<size_t>(got);
      stuck = got > 0 ? 0 : stuck + 1;
      node.turn(1);
    }
  };
  send_some();
  const uint64_t most = Upload::kWindowBytes + NetContext::kReadBytes;
  CHECK(node.counters.get(Counter::bytes_in) <= most + 200);
  CHECK(sent < 400'000);
  node.pass_time(node.limits.body_ms * 2);  // it is not the client who is slow
  CHECK(node.exchange->answered() == false);
  while (node.reader.last != Pull::end) {
    const uint64_t before = node.reader.pulled_bytes;
    node.reader.pull();
    send_some();
    REQUIRE(node.counters.get(Counter::bytes_in) <= node.reader.pulled_bytes + most + 200);
    REQUIRE(node.reader.pulled_bytes > before);
  }
  CHECK(node.reader.pulled_bytes == kSize);
  node.respond("done");
  CHECK(node.receive() == h1_answer("done"));
}

TEST_CASE("h1 upload: 200 MiB go through in a bounded memory") {
  UploadNode node;
  node.open();
  constexpr size_t kSize = 200 << 20;
  node.reader.keeps = false;
  node.reader.pulls_at_once = true;
  node.send(node.head(kChunked, "/large"));
  const std::string block = "10000\r\n" + std::string(65'536, 'x') + "\r\n";
  for (size_t sent = 0; sent < kSize; sent += 65'536) {
    size_t at = 0;
    while (at < block.size()) {
      const ssize_t got = ::send(node.client, block.data() + at, block.size() - at, MSG_NOSIGNAL);
      if (got > 0) at += static_cast<size_t>(got);
      node.turn(1);
    }
    REQUIRE(node.counters.get(Counter::bytes_in) <= node.reader.pulled_bytes * 102 / 100 + 65'536);
  }
  node.send("0\r\n\r\n");
  CHECK(node.reader.last == Pull::end);
  CHECK(node.reader.pulled_bytes == kSize);
  node.respond("done");
  CHECK(node.receive() == h1_answer("done"));
}

TEST_CASE("h1 upload: one byte a chunk costs little more than its bytes") {
  UploadNode node;
  node.open();
  node.send(node.head(kChunked));
  std::string body;
  for (int i = 0; i < 1000; ++i) body += "1\r\nx\r\n";
  node.send(body + "0\r\n\r\n");
  CHECK(node.reader.pull_all() == Pull::end);
  CHECK(node.reader.got == std::string(1000, 'x'));
  node.respond("done");
  CHECK(node.receive() == h1_answer("done"));
}

TEST_CASE("h1 upload: more than the route allows is 413, told beforehand or not") {
  for (const bool chunked : {false, true}) {
    CAPTURE(chunked);
    UploadNode node;
    node.open();
    if (!chunked) {
      node.send(node.head("Content-Length: 1001\r\n"));
      CHECK(node.runs == 0);
    } else {
      node.send(node.head(kChunked) + "3e8\r\n" + std::string(1000, 'x') + "\r\n");
      CHECK(node.runs == 1);
      CHECK(node.receive().empty());
      node.send("1\r\n");
      node.send("y");
      CHECK(node.watcher.log == "gone ");
      CHECK(node.reader.pull() == Pull::failed);
    }
    const std::string answer = node.receive();
    CHECK(answer.starts_with("HTTP/1.1 413 "));
    CHECK(answer.find("connection: close") != answer.npos);
    CHECK(node.count(Counter::limit_body_bytes) == 1);
    CHECK(node.eof);
  }
}

TEST_CASE("h1 upload: what is malformed in mid-stream is refused, and the reader told") {
  for (const char* garbage : {"zz\r\n", "3\r\nabcd\r\n", "3\nabc", "-1\r\n"}) {
    CAPTURE(garbage);
    UploadNode node;
    node.open();
    node.send(node.head(kChunked) + "3\r\nabc\r\n");
    node.send(garbage);
    CHECK(node.receive().starts_with("HTTP/1.1 400 "));
    CHECK(node.eof);
    CHECK(node.watcher.log == "gone ");
    CHECK(node.reader.pull() == Pull::failed);
    CHECK(node.count(Counter::bad_requests) == 1);
  }
  // Under way with the answer, it can only be broken off.
  UploadNode node;
  node.streaming_route("/both", [&](Exchange& exchange) {
    node.reader.take(exchange.take_body());
    node.answer_source(exchange, std::nullopt, "begun");
  });
  node.open();
  node.send(node.head(kChunked, "/both") + "3\r\nabc\r\n");
  CHECK(node.receive().ends_with("00005\r\nbegun\r\n"));
  node.send("garbage");
  CHECK(node.receive().empty());
  CHECK(node.eof);
  CHECK(node.reader.pull() == Pull::failed);
  CHECK(node.sources_destroyed == 1);
}

TEST_CASE("h1 upload: a client that leaves in the middle fails the body") {
  for (const bool half : {false, true}) {
    CAPTURE(half);
    UploadNode node;
    node.open();
    node.send(node.head("Content-Length: 10\r\n") + "abc");
    if (half)
      node.end_of_requests();
    else
      node.leave();
    CHECK(node.watcher.log == "gone ");
    CHECK(node.reader.pull() == Pull::failed);
    CHECK(node.exchange->client_gone());
    node.respond("nobody reads this");
  }
}

TEST_CASE("h1 upload: a client that ends its side behind the body is told about, and answered") {
  UploadNode node;
  node.open();
  node.send(node.head("Content-Length: 3\r\n") + "abc");
  node.end_of_requests();
  CHECK(node.watcher.log == "complete eof ");
  CHECK(node.reader.pull() == Pull::end);
  node.respond("x");
  CHECK(node.receive() == h1_answer("x", "connection: close\r\n"));
  CHECK(node.eof);
}

TEST_CASE("h1 upload: a body that comes too slowly is 408") {
  UploadNode node;
  node.open();
  node.send(node.head("Content-Length: 10\r\n") + "abc");
  CHECK(node.reader.pull() == Pull::wait);
  node.pass_time(node.limits.body_ms - 1000);
  CHECK(node.receive().empty());
  node.pass_time(2000);
  CHECK(node.receive().starts_with("HTTP/1.1 408 "));
  CHECK(node.count(Counter::limit_body_time) == 1);
  CHECK(node.watcher.log == "gone ");
  CHECK(node.reader.pull() == Pull::failed);
  CHECK(node.eof);
}

TEST_CASE("h1 upload: requests behind the body wait for its answer") {
  UploadNode node;
  node.open();
  node.send(node.head("Content-Length: 3\r\n") + "abc" + H1Node::request("/hello") +
            H1Node::request("/path/2"));
  CHECK(node.receive().empty());
  node.respond("first");
  CHECK(node.receive() == h1_answer("first") + h1_answer("hello") + h1_answer("/path/2"));
  CHECK(node.reader.pull() == Pull::failed);  // it was not read before the answer was complete
}

TEST_CASE("h1 upload: the answer may begin and go on while the body comes") {
  UploadNode node;
  node.streaming_route("/both", [&](Exchange& exchange) {
    node.reader.take(exchange.take_body());
    node.answer_source(exchange, std::nullopt, "a");
  });
  node.open();
  node.send(node.head(kChunked, "/both") + "3\r\nabc\r\n");
  std::string answer = node.receive();
  CHECK(answer.find("connection: close") != answer.npos);
  CHECK(answer.ends_with("00001\r\na\r\n"));
  CHECK(node.reader.pull() == Pull::wait);
  node.send("3\r\ndef\r\n");
  CHECK(node.reader.pull() == Pull::wait);
  node.source->add("b");
  CHECK(node.receive() == "00001\r\nb\r\n");
  node.send("0\r\n\r\n");
  CHECK(node.reader.pull() == Pull::end);
  CHECK(node.reader.got == "abcdef");
  node.source->end("");
  CHECK(node.receive() == "0\r\n\r\n");
  CHECK(node.eof);
}

TEST_CASE("h1 upload: behind an early answer the rest is dropped, not taken for requests") {
  const std::string smuggled = H1Node::request("/path/smuggled");
  UploadNode node;
  node.open();
  node.send(node.head("Content-Length: 500\r\n") + smuggled);
  node.exchange->respond_text(401, "who are you\n");
  node.let_go();
  node.send(smuggled);
  std::string answer = node.receive();
  CHECK(answer.starts_with("HTTP/1.1 401 "));
  CHECK(answer.find("connection: close") != answer.npos);
  CHECK(answer.find("smuggled") == answer.npos);
  CHECK(node.eof);
  CHECK(node.connections.load() == 1);  // it lingers
  node.leave();
  // The same with an answer that takes its time, of a handler that never took the body.
  node.streaming_route(
      "/not", [&](Exchange& exchange) { node.answer_source(exchange, std::nullopt, "a"); });
  node.open();
  node.send(node.head("Content-Length: 500\r\n", "/not") + smuggled);
  node.send(smuggled);
  node.source->end("b");
  answer = node.receive();
  CHECK(answer.find("smuggled") == answer.npos);
  CHECK(answer.ends_with("0\r\n\r\n"));
  CHECK(node.eof);
}

TEST_CASE("h1 upload: a reader that stops reading lets the rest go by") {
  UploadNode node;
  node.open();
  node.send(node.head("Content-Length: 1000\r\n") + std::string(500, 'x'));
  node.reader.drop();
  node.send(std::string(500, 'y'));
  CHECK(node.watcher.log == "complete ");
  node.respond("enough");
  CHECK(node.receive() == h1_answer("enough"));
  node.get("/hello");
  CHECK(node.receive() == h1_answer("hello"));
}

TEST_CASE("h1 upload: a reader may answer or leave as soon as it is told of a piece") {
  struct Eager final : BodyReader {
    explicit Eager(std::function<void()> a_run) : run(std::move(a_run)) {}
    void on_body_ready(BodySource&, Lane) override { run(); }
    std::function<void()> run;
  };
  for (const bool answers : {false, true}) {
    CAPTURE(answers);
    UploadNode node;
    std::unique_ptr<BodySource> source;
    bool done = false;
    Eager eager([&] {
      if (std::exchange(done, true)) return;
      if (answers) H1Node::answer(*node.later.back(), "early");
      if (!answers) source.reset();
    });
    node.streaming_route("/eager", [&](Exchange& exchange) {
      exchange.ref();
      node.later.push_back(&exchange);
      source = exchange.take_body().source;
      source->set_reader(&eager);
    });
    node.open();
    node.send(node.head("Content-Length: 6\r\n", "/eager") + "abc");
    node.send("def");
    if (!answers) node.answer_later("late");
    const std::string answer = node.receive();
    CHECK(answer.ends_with(answers ? "early" : "late"));
    CHECK((answer.find("connection: close") != answer.npos) == answers);
  }
}

TEST_CASE("h1 upload: the body may be taken later, also when all of it is there") {
  UploadNode node;
  node.streaming_route("/taken-later", [&](Exchange& exchange) {
    exchange.ref();
    node.later.push_back(&exchange);
  });
  node.open();
  node.send(node.head("Content-Length: 3\r\n", "/taken-later") + "abc");
  node.reader.take(node.later.front()->take_body());
  CHECK(node.reader.pull() == Pull::end);
  CHECK(node.reader.got == "abc");
  CHECK(node.later.front()->take_body().source == nullptr);
  node.answer_later("x");
  CHECK(node.receive() == h1_answer("x"));
}

TEST_CASE("h1 upload: a handler that aborts closes the connection") {
  UploadNode node;
  node.open();
  node.send(node.head("Content-Length: 10\r\n") + "abc");
  node.exchange->abort();
  node.let_go();
  CHECK(node.receive().empty());
  CHECK(node.eof);
  CHECK(node.reader.pull() == Pull::failed);
}

TEST_CASE("h1: answers of class 1xx go before the answer, to clients of HTTP/1.1") {
  H1Node node;
  const Header hints[] = {{"link", "</a.css>; rel=preload"}};
  node.route("/hints", [&](Exchange& exchange) {
    exchange.inform(103, hints);
    exchange.inform(100, {});  // these two are not a handler's to send
    exchange.inform(101, {});
    exchange.inform(103, {});
    H1Node::answer(exchange, "x");
    exchange.inform(103, hints);  // too late
  });
  node.open();
  node.send(H1Node::request("/hello") + H1Node::request("/hints"));
  CHECK(node.receive() == h1_answer("hello") +
                              "HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n"
                              "HTTP/1.1 103 Early Hints\r\n\r\n" +
                              h1_answer("x"));
  node.send("GET /hints HTTP/1.0\r\n\r\n");
  CHECK(node.receive() == h1_answer("x", "connection: close\r\n"));
  CHECK(node.count(Counter::informational) == 2);
  CHECK(node.count(Counter::status_2xx) == 3);
}

TEST_CASE("h1: a Date of the answer's own stands alone") {
  H1Node node;
  node.route("/dated", [&](Exchange& exchange) {
    exchange.dated = true;
    const Header fields[] = {{"date", "Sun, 06 Nov 1994 08:49:37 GMT"}};
    exchange.respond(200, fields, Body::copy_of("x"));
  });
  node.open();
  node.get("/dated");
  // `receive` has taken one Date out.
  CHECK(node.receive() == h1_answer("x"));
}

}  // namespace fce
