// SPDX-License-Identifier: Apache-2.0
// Bodies over HTTP/2: flow control, turns between streams, sources that wait, fail or are dropped.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "http/h2_node.h"

namespace fce {
namespace {

// Answers with a source of so many bytes.
H2Handle answer_source(uint64_t size, std::optional<uint64_t> length, int* destroyed = nullptr,
                       H2TestSource** out = nullptr, std::string_view type = "text/plain") {
  return [=](Exchange& exchange) {
    auto source = std::make_unique<H2TestSource>(size);
    source->destroyed = destroyed;
    if (out) {
      *out = source.get();
      source->ready = 0;
    }
    const Header fields[] = {{"content-type", type}};
    exchange.respond(200, fields, Body::pulled(std::move(source), length));
  };
}

}  // namespace

TEST_CASE("h2 body: larger than all windows, from memory and from sources, whole and in order") {
  constexpr uint64_t kSize = 3'000'000;
  H2Node node;
  const std::string whole = H2TestSource::whole(kSize);
  node.route("/memory",
             [&](Exchange& exchange) { exchange.respond(200, {}, Body::copy_of(whole)); });
  node.route("/static", [&](Exchange& exchange) {
    exchange.respond(200, {}, Body::of(Slice{ChunkRef(), as_bytes(whole)}));
  });
  node.route("/known", answer_source(kSize, kSize));
  node.route("/unknown", answer_source(kSize, std::nullopt));
  H2Client& client = node.open();
  for (const char* path : {"/memory", "/static", "/known", "/unknown"}) {
    const int32_t id = client.request(H2Client::get(path));
    node.settle();
    CHECK(client.answers[id].ended);
    CHECK((client.answers[id].body == whole));
    const std::string length = path[1] == 'u' ? "" : std::to_string(kSize);
    CHECK(client.answers[id].field("content-length") == length);
    client.answers.erase(id);
  }
}

TEST_CASE("h2 body: sizes around the edges of frames and of copying") {
  H2Node node;
  node.route("/{n}", [](Exchange& exchange) {
    const auto size = static_cast<uint64_t>(std::stoi(std::string(exchange.param("n"))));
    if (exchange.request.query == "source") return answer_source(size, size)(exchange);
    if (exchange.request.query == "open") return answer_source(size, std::nullopt)(exchange);
    exchange.respond(200, {}, Body::copy_of(H2TestSource::whole(size)));
  });
  H2Client& client = node.open();
  for (const int size : {0, 1, 2047, 2048, 2049, 16'383, 16'384, 16'385, 65'535, 65'536}) {
    for (const char* kind : {"", "?source", "?open"}) {
      const int32_t id = client.request(H2Client::get("/" + std::to_string(size) + kind));
      node.settle();
      INFO(size, kind);
      CHECK(client.answers[id].closed);
      CHECK(client.answers[id].error == 0);
      CHECK((client.answers[id].body == H2TestSource::whole(static_cast<uint64_t>(size))));
    }
  }
}

TEST_CASE("h2 body: the client's window is respected, and opened by the client alone") {
  H2Node node;
  node.route("/", answer_source(100'000, 100'000));
  H2Client::Options options;
  options.auto_window = false;
  options.window = 1000;
  H2Client& client = node.open(options);
  const int32_t id = client.request(H2Client::get("/"));
  node.settle();
  CHECK(client.answers[id].body.size() == 1000);
  nghttp2_session_consume(client.session(), id, 1000);
  node.settle();
  CHECK(client.answers[id].body.size() == 2000);
  // The connection's window of 64 KiB is the narrower one now.
  nghttp2_submit_window_update(client.session(), 0, id, 90'000);
  node.settle();
  CHECK(client.answers[id].body.size() == 65'535);
}

TEST_CASE("h2 body: large bodies take turns") {
  H2Node node;
  node.buffer_bytes = 32 * 1024;
  node.route("/", answer_source(1'000'000, 1'000'000));
  H2Client::Options options;
  options.window = 1 << 30;
  H2Client& client = node.open(options);
  nghttp2_session_set_local_window_size(client.session(), 0, 0, 1 << 30);
  int32_t ids[3];
  for (int32_t& id : ids) id = client.request(H2Client::get("/"));
  node.settle();
  // In any stretch of frames each stream has its share.
  const auto& order = client.data_order;
  REQUIRE(order.size() > 150);
  for (size_t at = 10; at + 12 < 150; at += 12) {
    for (const int32_t id : ids) {
      const auto first = order.begin() + static_cast<std::ptrdiff_t>(at);
      CHECK(std::count(first, first + 12, id) >= 2);
    }
  }
  for (const int32_t id : ids) CHECK((client.answers[id].body == H2TestSource::whole(1'000'000)));
}

TEST_CASE("h2 body: an event overtakes a large file") {
  H2Node node;
  node.buffer_bytes = 32 * 1024;
  H2TestSource* events = nullptr;
  node.route("/file", answer_source(20'000'000, 20'000'000));
  node.route("/events",
             answer_source(1'000'000, std::nullopt, nullptr, &events, "text/event-stream"));
  H2Client::Options options;
  options.window = 1 << 30;
  H2Client& client = node.open(options);
  client.keep_bodies = false;
  nghttp2_session_set_local_window_size(client.session(), 0, 0, 1 << 30);
  const int32_t stream = client.request(H2Client::get("/events"));
  node.settle();
  const int32_t file = client.request(H2Client::get("/file"));
  // The file is under way and the socket is full.
  while (client.data_order.size() < 100) {
    client.step();
    node.turn(1);
  }
  REQUIRE(events != nullptr);
  for (int i = 0; i < 10; ++i) {
    const size_t before = client.data_order.size();
    events->add(100);
    while (std::count(client.data_order.begin() + static_cast<std::ptrdiff_t>(before),
                      client.data_order.end(), stream) == 0) {
      client.step();
      node.turn(1);
      REQUIRE(client.data_order.size() < before + 100);
    }
    // Only what was already handed to the kernel, or waits for it, goes before: one flush.
    CHECK(client.data_order.size() - before <= 40);
  }
  CHECK(client.answers[file].ended == false);
}

TEST_CASE("h2 body: a client's word on priority stands") {
  H2Node node;
  node.buffer_bytes = 32 * 1024;
  node.route("/", answer_source(500'000, 500'000));
  H2Client::Options options;
  options.window = 1 << 30;
  H2Client& client = node.open(options);
  nghttp2_session_set_local_window_size(client.session(), 0, 0, 1 << 30);
  H2Fields low = H2Client::get("/");
  low.emplace_back("priority", "u=7");
  H2Fields high = H2Client::get("/");
  high.emplace_back("priority", "u=0");
  const int32_t a = client.request(low);
  const int32_t b = client.request(high);
  node.settle();
  const auto last_high = std::find(client.data_order.rbegin(), client.data_order.rend(), b);
  const auto first_low = std::find(client.data_order.begin(), client.data_order.end(), a);
  CHECK(first_low >= last_high.base());
  CHECK(client.answers[a].ended);
}

TEST_CASE("h2 body: a source that waits costs nothing until it wakes") {
  H2Node node;
  H2TestSource* source = nullptr;
  int destroyed = 0;
  node.route("/", answer_source(10, std::nullopt, &destroyed, &source));
  H2Client& client = node.open();
  const int32_t id = client.request(H2Client::get("/"));
  node.settle();
  CHECK(client.answers[id].status == 200);
  CHECK(client.answers[id].body.empty());
  REQUIRE(source != nullptr);
  source->add(4);
  source->wake_again();
  node.settle();
  CHECK(client.answers[id].body.size() == 4);
  source->wake_again();  // for nothing
  node.settle();
  CHECK_FALSE(client.answers[id].ended);
  source->add(6);
  node.settle();
  CHECK(client.answers[id].body == H2TestSource::whole(10));
  CHECK(client.answers[id].ended);
  CHECK(destroyed == 1);
}

TEST_CASE("h2 body: small pieces are joined into frames") {
  H2Node node;
  node.route("/", [](Exchange& exchange) {
    auto source = std::make_unique<H2TestSource>(32'000);
    source->piece = 100;
    exchange.respond(200, {}, Body::pulled(std::move(source), std::nullopt));
  });
  H2Client& client = node.open();
  const int32_t id = client.request(H2Client::get("/"));
  node.settle();
  CHECK(client.answers[id].body == H2TestSource::whole(32'000));
  CHECK(client.data_order.size() <= 3);
}

TEST_CASE("h2 body: what cannot be completed is reset") {
  H2Node node;
  int destroyed = 0;
  node.route("/failed", [&](Exchange& exchange) {
    auto source = std::make_unique<H2TestSource>(100'000);
    source->fail_at = 50'000;
    source->piece = 10'000;
    source->destroyed = &destroyed;
    exchange.respond(200, {}, Body::pulled(std::move(source), 100'000));
  });
  node.route("/short", answer_source(1000, 2000, &destroyed));
  node.route("/long", answer_source(3000, 2000, &destroyed));
  H2Client& client = node.open();
  const int32_t failed = client.request(H2Client::get("/failed"));
  const int32_t is_short = client.request(H2Client::get("/short"));
  const int32_t is_long = client.request(H2Client::get("/long"));
  node.settle();
  for (const int32_t id : {failed, is_short}) {
    CHECK(client.answers[id].closed);
    CHECK(client.answers[id].error == NGHTTP2_INTERNAL_ERROR);
    CHECK_FALSE(client.answers[id].ended);
  }
  CHECK(client.answers[is_long].body == H2TestSource::whole(2000));
  CHECK(client.answers[is_long].ended);
  CHECK(destroyed == 3);
  CHECK_FALSE(client.eof);
}

TEST_CASE("h2 body: a reset in the middle destroys the source at once") {
  H2Node node;
  int destroyed = 0;
  H2TestSource* waiting = nullptr;
  node.route("/large", answer_source(10'000'000, 10'000'000, &destroyed));
  node.route("/waiting", answer_source(10, std::nullopt, &destroyed, &waiting));
  node.route("/", [](Exchange& exchange) { h2_answer_text(exchange, "x"); });
  H2Client& client = node.open();
  for (int i = 0; i < 20; ++i) {
    destroyed = 0;
    const int32_t large = client.request(H2Client::get("/large"));
    const int32_t idle = client.request(H2Client::get("/waiting"));
    for (int j = 0; j <= i; ++j) {
      client.step();
      node.turn(1);
    }
    client.reset(large);
    client.reset(idle);
    client.step();
    node.turn();
    CHECK(destroyed == (i == 0 ? destroyed : 2));
    node.settle();
    CHECK(node.http.connections.front() != nullptr);
  }
  const int32_t id = client.request(H2Client::get("/"));
  node.settle();
  CHECK(client.answers[id].body == "x");
}

TEST_CASE("h2 body: a client that goes away destroys all sources") {
  H2Node node;
  int destroyed = 0;
  H2TestSource* waiting = nullptr;
  node.route("/large", answer_source(10'000'000, 10'000'000, &destroyed));
  node.route("/waiting", answer_source(10, std::nullopt, &destroyed, &waiting));
  H2Client& client = node.open();
  client.request(H2Client::get("/large"));
  client.request(H2Client::get("/waiting"));
  client.step();
  node.turn();
  node.client.reset();
  node.turn();
  CHECK(destroyed == 2);
}

TEST_CASE("h2 body: uploads of all sizes, with and without a length, arrive whole") {
  H2Node node;
  node.limits.body_bytes_max = 4 << 20;
  std::string got;
  node.route("/",
             [&](Exchange& exchange) {
               got = std::string(as_text(exchange.request.body));
               h2_answer_text(exchange, "ok");
             },
             {"POST"});
  H2Client& client = node.open();
  for (const size_t size : {0u, 1u, 4096u, 4097u, 65'536u, 70'000u, 300'000u, 3'000'000u}) {
    const std::string body = H2TestSource::whole(size);
    for (const bool with_length : {false, true}) {
      H2Fields fields = H2Client::post("/");
      if (with_length) fields.emplace_back("content-length", std::to_string(size));
      const int32_t id = client.request(fields, &body);
      node.settle();
      INFO(size, with_length);
      CHECK(client.answers[id].body == "ok");
      CHECK((got == body));
    }
  }
}

TEST_CASE("h2 body: a trailer ends a request and is ignored") {
  H2Node node;
  std::string got;
  node.route("/",
             [&](Exchange& exchange) {
               got = std::string(as_text(exchange.request.body)) +
                     std::string(exchange.request.header("x-trailer"));
               h2_answer_text(exchange, "ok");
             },
             {"POST"});
  H2Client& client = node.open();
  const std::string body = "abc";
  const int32_t id = client.request(H2Client::post("/"), &body, false);
  node.settle();
  CHECK(got.empty());
  // END_STREAM and END_HEADERS; the table size that the server has asked for, then a literal.
  client.raw(H2Client::frame(NGHTTP2_HEADERS, 5, static_cast<uint32_t>(id),
                             std::string("\x3f\xe1\x0f\x00\x09x-trailer\x01t", 16)));
  node.settle();
  CHECK(got == "abc");
}

TEST_CASE("h2 body: 100-continue is sent once, when it is asked for and the body is wanted") {
  H2Node node;
  node.route("/", [](Exchange& exchange) { h2_answer_text(exchange, "ok"); }, {"POST"});
  H2Client& client = node.open();
  const std::string body = "abc";
  const std::string none;
  const int32_t id =
      client.request(H2Client::post("/", {{"expect", "100-continue"}}), &none, false);
  node.settle();
  CHECK(client.answers[id].informational == 1);
  CHECK(client.answers[id].status == 0);
  client.send_more(id, body, true);
  node.settle();
  CHECK(client.answers[id].informational == 1);
  CHECK(client.answers[id].status == 200);
  const int32_t missing =
      client.request(H2Client::post("/none", {{"expect", "100-continue"}}), &none, false);
  node.settle();
  CHECK(client.answers[missing].informational == 0);
  CHECK(client.answers[missing].status == 404);
  const int32_t other = client.request(H2Client::post("/", {{"expect", "magic"}}), &none, false);
  node.settle();
  CHECK(client.answers[other].status == 417);
}

}  // namespace fce
