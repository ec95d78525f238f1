// SPDX-License-Identifier: Apache-2.0
// Request bodies of HTTP/2 that go to their handler as they come.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/body_reader.h"
#include "http/h2_node.h"

namespace fce {
namespace {

using Pull = BodySource::Pull;

constexpr size_t kStreamWindow = 256 * 1024;
constexpr size_t kConnectionWindow = 1 << 20;

// One request that was begun by `/up` or `/large`.
struct UploadCall final : ExchangeWatcher {
  explicit UploadCall(Exchange& one) : exchange(&one) {
    one.ref();
    one.watch(this);
    one.keep_own_time();
    reader.take(one.take_body());
  }
  ~UploadCall() { let_go(); }
  void let_go() {
    if (!exchange) return;
    exchange->watch(nullptr);
    std::exchange(exchange, nullptr)->unref();
  }
  void respond(std::string_view text) {
    h2_answer_text(*exchange, text);
    let_go();
  }
  void on_client_gone() override { log += "gone "; }
  void on_client_eof() override { log += "eof "; }
  void on_body_complete() override { log += "complete "; }

  Exchange* exchange;
  TestBodyReader reader;
  std::string log;
};

struct UploadNode : H2Node {
  UploadNode() {
    const auto begin = [this](Exchange& one) {
      calls.push_back(std::make_unique<UploadCall>(one));
    };
    streaming_route("/up", begin, 1000);
    streaming_route("/large", begin, 1u << 30);
    route("/small", [](Exchange& one) { h2_answer_text(one, as_text(one.request.body)); },
          {"POST"});
  }
  UploadCall& call(size_t i = 0) {
    REQUIRE(calls.size() > i);
    return *calls[i];
  }
  std::vector<std::unique_ptr<UploadCall>> calls;
};

const std::string kNothing;

}  // namespace

TEST_CASE("h2 upload: the handler runs with the head, and the body comes as it is sent") {
  for (const bool with_length : {false, true}) {
    CAPTURE(with_length);
    UploadNode node;
    H2Client& client = node.open();
    H2Fields fields = H2Client::post("/up");
    if (with_length) fields.emplace_back("content-length", "10");
    const int32_t id = client.request(fields, &kNothing, false);
    node.settle();
    UploadCall& call = node.call();
    CHECK((call.reader.length == (with_length ? std::optional<uint64_t>(10) : std::nullopt)));
    CHECK(call.reader.pull() == Pull::wait);
    client.send_more(id, "abcd", false);
    node.settle();
    CHECK(call.reader.woken == 1);
    CHECK(call.reader.pull(3) == Pull::more);
    CHECK(call.reader.pull() == Pull::wait);
    client.send_more(id, "efghij", true);
    node.settle();
    CHECK(call.log == "complete ");
    CHECK(call.reader.pull_all() == Pull::end);
    CHECK(call.reader.got == "abcdefghij");
    CHECK(client.answers[id].status == 0);
    call.respond("thanks");
    node.settle();
    CHECK(client.answers[id].body == "thanks");
    CHECK(client.answers[id].error == 0);
    CHECK(node.counted(Counter::uploads) == 1);
  }
}

TEST_CASE("h2 upload: a request without a body is not streamed") {
  UploadNode node;
  H2Client& client = node.open();
  const int32_t id = client.request(H2Client::get("/up"));
  node.settle();
  CHECK(node.call().reader.source == nullptr);
  node.call().respond("x");
  node.settle();
  CHECK(client.answers[id].body == "x");
  CHECK(node.counted(Counter::uploads) == 0);
}

TEST_CASE("h2 upload: 100 Continue goes out with the first pull, and only when it is waited for") {
  UploadNode node;
  H2Client& client = node.open();
  H2Fields fields = H2Client::post("/up", {{"expect", "100-continue"}});
  const int32_t id = client.request(fields, &kNothing, false);
  node.settle();
  CHECK(client.answers[id].informational == 0);
  CHECK(node.call().reader.pull() == Pull::wait);
  CHECK(node.call().reader.pull() == Pull::wait);
  node.settle();
  CHECK(client.answers[id].informational == 1);
  client.send_more(id, "abc", true);
  node.settle();
  CHECK(node.call().reader.pull() == Pull::end);
  node.call().respond("x");
  // Sent at once, it is not waited for.
  const std::string body = "abc";
  const int32_t other = client.request(fields, &body);
  node.settle();
  CHECK(node.call(1).reader.pull() == Pull::end);
  node.call(1).respond("y");
  node.settle();
  CHECK(client.answers[id].body == "x");
  CHECK(client.answers[other].body == "y");
  CHECK(client.answers[other].informational == 0);
}

TEST_CASE("h2 upload: a slow reader closes the stream's window, and reading opens it") {
  UploadNode node;
  H2Client& client = node.open();
  constexpr size_t kSize = 2'000'000;
  const std::string body = H2TestSource::whole(kSize);
  const int32_t id = client.request(H2Client::post("/large"), &body);
  node.settle();
  TestBodyReader& reader = node.call().reader;
  CHECK(nghttp2_session_get_stream_remote_window_size(client.session(), id) == 0);
  // Others go on meanwhile.
  const std::string small = "small";
  const int32_t other = client.request(H2Client::post("/small"), &small);
  node.settle();
  CHECK(client.answers[other].body == "small");
  size_t rounds = 0;
  while (reader.last != Pull::end) {
    reader.pull(50'000);
    node.settle();
    REQUIRE(++rounds < 100);
  }
  CHECK((reader.got == body));
  node.call().respond("done");
  node.settle();
  CHECK(client.answers[id].body == "done");
}

TEST_CASE("h2 upload: many slow readers of one connection hold a bounded memory") {
  UploadNode node;
  H2Client& client = node.open();
  const std::string body = H2TestSource::whole(400'000);
  constexpr int kStreams = 40;
  for (int i = 0; i < kStreams; ++i) client.request(H2Client::post("/large"), &body);
  node.settle();
  REQUIRE(node.calls.size() == kStreams);
  // Two MiB, and then no more than the connection's window.
  CHECK(node.counted(Counter::bytes_in) < (2u << 20) + kConnectionWindow + 100'000);
  CHECK(node.counted(Counter::bytes_in) > (2u << 20));
  CHECK(nghttp2_session_get_remote_window_size(client.session()) < 20'000);
  // As they are read, all of them arrive.
  for (int round = 0; round < 30; ++round) {
    for (auto& call : node.calls)
      if (call->reader.last != Pull::end) call->reader.pull_all();
    node.settle();
  }
  for (auto& call : node.calls) {
    CHECK(call->reader.last == Pull::end);
    CHECK((call->reader.got == body));
    call->respond("done");
  }
  node.settle();
  // Nothing of the window was lost.
  const int32_t last = client.request(H2Client::post("/large"), &body);
  node.settle();
  CHECK(nghttp2_session_get_stream_remote_window_size(client.session(), last) == 0);
  CHECK(nghttp2_session_get_remote_window_size(client.session()) > 300'000);
}

TEST_CASE("h2 upload: streams that end or are dropped give their part of the window back") {
  UploadNode node;
  H2Client& client = node.open();
  const std::string body = H2TestSource::whole(kStreamWindow + 1000);
  for (int round = 0; round < 5; ++round) {
    std::vector<int32_t> ids;
    node.calls.clear();
    for (int i = 0; i < 12; ++i) ids.push_back(client.request(H2Client::post("/large"), &body));
    node.settle();
    REQUIRE(node.calls.size() == 12);
    for (size_t i = 0; i < ids.size(); ++i) {
      if (i % 3 == 0) client.reset(ids[i]);
      if (i % 3 == 1) node.call(i).reader.drop();
      if (i % 3 == 2) node.call(i).respond("enough");
    }
    node.settle();
    for (size_t i = 0; i < ids.size(); ++i) {
      if (i % 3 == 0) CHECK(node.call(i).log == "gone ");
      if (i % 3 == 0) CHECK(node.call(i).reader.pull() == Pull::failed);
      if (i % 3 == 1) node.call(i).respond("enough");
      if (i % 3 == 2) CHECK(client.answers[ids[i]].body == "enough");
    }
    node.settle();
    for (const int32_t id : ids) client.reset(id);
    node.settle();
  }
  const int32_t id = client.request(H2Client::post("/large"), &body);
  node.settle();
  CHECK(nghttp2_session_get_stream_remote_window_size(client.session(), id) == 0);
}

TEST_CASE("h2 upload: 200 MiB go through in a bounded memory") {
  UploadNode node;
  H2Client& client = node.open();
  constexpr uint64_t kSize = 200 << 20;
  const int32_t id = client.request(H2Client::post("/large"), &kNothing, false);
  node.settle();
  TestBodyReader& reader = node.call().reader;
  reader.keeps = false;
  const std::string block(256 * 1024, 'x');
  for (uint64_t sent = 0; sent < kSize; sent += block.size()) {
    client.send_more(id, block, sent + block.size() >= kSize);
    while (reader.pulled_bytes < sent + block.size()) {
      client.step();
      node.turn(1);
      if (reader.last != Pull::end) reader.pull();
      REQUIRE(node.counted(Counter::bytes_in) <
              reader.pulled_bytes * 102 / 100 + 2 * kStreamWindow);
    }
  }
  node.settle();
  CHECK(reader.pulled_bytes == kSize);
  CHECK(reader.pull() == Pull::end);
  node.call().respond("done");
  node.settle();
  CHECK(client.answers[id].body == "done");
}

TEST_CASE("h2 upload: more than the route allows is 413, told beforehand or not") {
  UploadNode node;
  H2Client& client = node.open();
  const int32_t told =
      client.request(H2Client::post("/up", {{"content-length", "1001"}}), &kNothing, false);
  node.settle();
  CHECK(node.calls.empty());
  CHECK(client.answers[told].status == 413);
  const std::string body(1000, 'x');
  const int32_t untold = client.request(H2Client::post("/up"), &body, false);
  node.settle();
  CHECK(client.answers[untold].status == 0);
  client.send_more(untold, "y", false);
  node.settle();
  CHECK(client.answers[untold].status == 413);
  CHECK(node.call().log == "gone ");
  CHECK(node.call().reader.pull() == Pull::failed);
  CHECK(node.counted(Counter::limit_body_bytes) == 2);
}

TEST_CASE("h2 upload: a body of another length than was told resets the stream") {
  UploadNode node;
  H2Client::Options options;
  options.checked = false;
  H2Client& client = node.open(options);
  const std::string body = "abc";
  const int32_t is_short = client.request(H2Client::post("/up", {{"content-length", "4"}}), &body);
  const int32_t is_long = client.request(H2Client::post("/up", {{"content-length", "2"}}), &body);
  node.settle();
  REQUIRE(node.calls.size() == 2);
  for (const int32_t id : {is_short, is_long}) CHECK(client.answers[id].closed);
  for (auto& call : node.calls) {
    CHECK(call->log == "gone ");
    CHECK(call->reader.pull() == Pull::failed);
  }
}

TEST_CASE("h2 upload: a client that resets or leaves fails the body") {
  UploadNode node;
  H2Client& client = node.open();
  const int32_t id = client.request(H2Client::post("/up"), &kNothing, false);
  client.request(H2Client::post("/up"), &kNothing, false);
  const std::string body = "abc";
  client.request(H2Client::post("/up"), &body);
  node.settle();
  client.reset(id);
  node.settle();
  CHECK(node.call(0).log == "gone ");
  CHECK(node.call(0).reader.pull() == Pull::failed);
  CHECK(node.call(1).log.empty());
  node.client.reset();
  node.turn();
  CHECK(node.call(1).log == "gone ");
  CHECK(node.call(1).reader.pull() == Pull::failed);
  CHECK(node.call(2).log == "complete gone ");
  CHECK(node.call(2).reader.pull() == Pull::failed);
}

TEST_CASE("h2 upload: a body that comes too slowly is 408, a reader that is slow is not") {
  UploadNode node;
  node.limits.body_ms = 500;
  H2Client& client = node.open();
  const std::string body = "abc";
  const int32_t slow_client = client.request(H2Client::post("/up"), &body, false);
  const int32_t slow_reader = client.request(H2Client::post("/up"), &body, false);
  const int32_t waits =
      client.request(H2Client::post("/up", {{"expect", "100-continue"}}), &kNothing, false);
  node.settle();
  CHECK(node.call(0).reader.pull() == Pull::wait);
  REQUIRE(node.settle_until([&] { return client.answers[slow_client].status != 0; }));
  CHECK(client.answers[slow_client].status == 408);
  CHECK(node.call(0).log == "gone ");
  CHECK(client.answers[slow_reader].status == 0);
  CHECK(client.answers[waits].status == 0);
  CHECK(node.counted(Counter::limit_body_time) == 1);
  // Once it was read, it is the client's turn.
  CHECK(node.call(1).reader.pull() == Pull::wait);
  REQUIRE(node.settle_until([&] { return client.answers[slow_reader].status != 0; }));
  CHECK(client.answers[slow_reader].status == 408);
}

TEST_CASE("h2 upload: behind an early answer the rest is not wanted") {
  UploadNode node;
  H2Client& client = node.open();
  const std::string body = H2TestSource::whole(100'000);
  const int32_t id = client.request(H2Client::post("/large"), &body, false);
  node.settle();
  node.call().respond("no");
  node.settle();
  CHECK(client.answers[id].body == "no");
  CHECK(client.answers[id].ended);
  CHECK(node.call().reader.pull() == Pull::failed);
  client.send_more(id, H2TestSource::whole(100'000), false);
  node.settle();
  CHECK(client.answers[id].closed);
  CHECK(client.answers[id].error == NGHTTP2_NO_ERROR);
  CHECK_FALSE(client.eof);
}

TEST_CASE("h2 upload: the answer may begin and go on while the body comes") {
  UploadNode node;
  H2TestSource* source = nullptr;
  TestBodyReader reader;
  node.streaming_route("/both", [&](Exchange& exchange) {
    reader.take(exchange.take_body());
    auto body = std::make_unique<H2TestSource>(100);
    source = body.get();
    source->ready = 10;
    exchange.respond(200, {}, Body::pulled(std::move(body), std::nullopt));
  });
  H2Client& client = node.open();
  const std::string body = H2TestSource::whole(500'000);
  const int32_t id = client.request(H2Client::post("/both"), &body, false);
  node.settle();
  CHECK(client.answers[id].body.size() == 10);
  for (int i = 0; i < 20; ++i) {
    reader.pull_all();
    node.settle();
  }
  CHECK((reader.got == body));
  source->add(10);
  client.send_more(id, "end", true);
  node.settle();
  CHECK(client.answers[id].body.size() == 20);
  CHECK(reader.pull() == Pull::end);
  source->add(80);
  node.settle();
  CHECK(client.answers[id].ended);
  CHECK(client.answers[id].error == 0);
}

TEST_CASE("h2 upload: a handler that does not take the body lets it go by") {
  UploadNode node;
  H2TestSource* source = nullptr;
  node.streaming_route("/not", [&](Exchange& exchange) {
    auto body = std::make_unique<H2TestSource>(100);
    source = body.get();
    source->ready = 10;
    exchange.respond(200, {}, Body::pulled(std::move(body), std::nullopt));
  });
  H2Client& client = node.open();
  const std::string body = H2TestSource::whole(50'000);
  const int32_t id = client.request(H2Client::post("/not"), &body);
  node.settle();
  source->add(90);
  node.settle();
  CHECK(client.answers[id].body == H2TestSource::whole(100));
  CHECK(client.answers[id].error == 0);
}

TEST_CASE("h2 upload: an abort resets the stream, and no other") {
  UploadNode node;
  H2Client& client = node.open();
  const std::string body = "abc";
  const int32_t id = client.request(H2Client::post("/up"), &body, false);
  node.settle();
  node.call().exchange->abort();
  node.settle();
  CHECK(client.answers[id].error == NGHTTP2_INTERNAL_ERROR);
  CHECK(node.call().reader.pull() == Pull::failed);
  const int32_t other = client.request(H2Client::post("/small"), &body);
  node.settle();
  CHECK(client.answers[other].body == "abc");
}

TEST_CASE("h2: answers of class 1xx go before the answer") {
  H2Node node;
  node.route("/hints", [](Exchange& exchange) {
    const Header hints[] = {{"link", "</a.css>; rel=preload"}, {"connection", "close"}};
    exchange.inform(103, hints);
    exchange.inform(103, hints);
    h2_answer_text(exchange, "x");
    exchange.inform(103, hints);
  });
  H2Client& client = node.open();
  const int32_t id = client.request(H2Client::get("/hints"));
  node.settle();
  CHECK(client.answers[id].informational == 2);
  CHECK(client.answers[id].field("link") == "</a.css>; rel=preload");
  CHECK(client.answers[id].field("connection").empty());
  CHECK(client.answers[id].status == 200);
  CHECK(client.answers[id].body == "x");
}

TEST_CASE("h2: a Date of the answer's own stands alone") {
  H2Node node;
  node.route("/dated", [](Exchange& exchange) {
    exchange.dated = true;
    const Header fields[] = {{"date", "Sun, 06 Nov 1994 08:49:37 GMT"}};
    exchange.respond(200, fields, Body::copy_of("x"));
  });
  H2Client& client = node.open();
  const int32_t id = client.request(H2Client::get("/dated"));
  node.settle();
  int dates = 0;
  for (const auto& field : client.answers[id].fields) dates += field.first == "date";
  CHECK(dates == 1);
  CHECK(client.answers[id].field("date") == "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace fce
