// SPDX-License-Identifier: Apache-2.0
// Each limit of an HTTP/2 connection, its counter, and that honest clients stay below.
#include <doctest/doctest.h>

#include <string>

#include "http/h2_node.h"

namespace fce {
namespace {

void route_all(H2Node& node) {
  node.route("/", [](Exchange& exchange) { h2_answer_text(exchange, "x"); }, {"GET", "POST"});
}

bool cut_off(H2Node& node) { return node.connections.load() == 0; }

}  // namespace

TEST_CASE("h2 limit: streams beyond the maximum are refused, and can be tried again") {
  H2Node node;
  node.limits.h2_streams_max = 3;
  std::vector<Exchange*> waiting;
  node.route("/", [&](Exchange& exchange) {
    exchange.ref();
    waiting.push_back(&exchange);
  });
  H2Client& client = node.open();
  // All at once, before the client knows the limit.
  int32_t ids[5];
  for (int32_t& id : ids) id = client.request(H2Client::get("/"));
  node.settle();
  CHECK(waiting.size() == 3);
  CHECK(node.counted(Counter::limit_h2_streams) == 2);
  CHECK(client.answers[ids[4]].error == NGHTTP2_REFUSED_STREAM);
  for (Exchange* exchange : waiting) {
    h2_answer_text(*exchange, "x");
    exchange->unref();
  }
  waiting.clear();
  node.settle();
  CHECK(client.answers[ids[0]].status == 200);
  const int32_t again = client.request(H2Client::get("/"));
  node.settle();
  REQUIRE(waiting.size() == 1);
  h2_answer_text(*waiting[0], "x");
  waiting[0]->unref();
  node.settle();
  CHECK(client.answers[again].status == 200);
}

TEST_CASE("h2 limit: a client that knows the maximum of streams and exceeds it is sent away") {
  H2Node node;
  node.limits.h2_streams_max = 1;
  Exchange* waiting = nullptr;
  node.route("/", [&](Exchange& exchange) {
    exchange.ref();
    waiting = &exchange;
  });
  H2Client& client = node.open();
  node.settle();
  client.request(H2Client::get("/"));
  node.settle();
  // GET, https, "/", :authority: a, as a stream that nghttp2 would hold back.
  client.raw(H2Client::frame(NGHTTP2_HEADERS, 5, 3,
                             "\x82\x87\x84\x41\x01"
                             "a"));
  node.settle();
  CHECK(node.counted(Counter::limit_h2_streams) == 1);
  REQUIRE(client.goaways.size() == 1);
  CHECK(client.goaways[0].second == NGHTTP2_PROTOCOL_ERROR);
  CHECK(client.eof);
  REQUIRE(waiting != nullptr);
  node.client.reset();
  node.turn();
  CHECK(waiting->client_gone());
  waiting->unref();
}

TEST_CASE("h2 limit: header fields and the target") {
  H2Node node;
  node.limits.header_bytes_max = 2000;
  node.limits.header_count_max = 10;
  node.limits.request_line_bytes_max = 500;
  route_all(node);
  H2Client& client = node.open();
  H2Fields large = H2Client::get("/");
  large.emplace_back("x", std::string(2000, 'v'));
  H2Fields many = H2Client::get("/");
  for (int i = 0; i < 11; ++i) many.emplace_back("x", "v");
  const int32_t a = client.request(large);
  const int32_t b = client.request(many);
  const int32_t c = client.request(H2Client::get("/" + std::string(500, 'a')));
  const int32_t d = client.request(H2Client::get("/"));
  node.settle();
  CHECK(client.answers[a].status == 431);
  CHECK(client.answers[b].status == 431);
  CHECK(client.answers[c].status == 414);
  CHECK(client.answers[d].status == 200);
  CHECK(node.counted(Counter::limit_header_bytes) == 1);
  CHECK(node.counted(Counter::limit_header_count) == 1);
  CHECK(node.counted(Counter::limit_request_line) == 1);
}

TEST_CASE("h2 limit: a small block that decodes to a large one is cut off") {
  H2Node node;
  route_all(node);
  H2Client& client = node.open();
  client.step();
  node.turn();
  // One entry of the table, and then thousands of references to it.
  std::string block =
      "\x82\x87\x84\x41\x01"
      "a";
  block += std::string("\x40\x01x\x7f\xa1\x0f", 6) + std::string(2080, 'v');
  block += std::string(8000, '\xbe');
  client.raw(H2Client::frame(NGHTTP2_HEADERS, 5, 1, block));
  node.settle();
  CHECK(node.counted(Counter::limit_header_bytes) == 1);
  CHECK(cut_off(node));
}

TEST_CASE("h2 limit: a trailer without end is cut off") {
  H2Node node;
  route_all(node);
  H2Client& client = node.open();
  const std::string body = "abc";
  const int32_t id = client.request(H2Client::post("/"), &body, false);
  node.settle();
  std::string block("\x3f\xe1\x0f", 3);
  for (int i = 0; i < 2000; ++i) block += std::string("\x00\x01t\x05value", 9);
  client.raw(H2Client::frame(NGHTTP2_HEADERS, 4, static_cast<uint32_t>(id),
                             block.substr(0, 3 + 9 * 1800)));
  node.settle();
  CHECK_FALSE(cut_off(node));
  // Not END_HEADERS: goes on in CONTINUATION frames.
  const int32_t other = client.request(H2Client::post("/"), &body, false);
  node.settle();
  std::string bytes;
  block = block.substr(3, 9 * 1800);
  bytes += H2Client::frame(NGHTTP2_HEADERS, 0, static_cast<uint32_t>(other), block);
  bytes += H2Client::frame(NGHTTP2_CONTINUATION, 0, static_cast<uint32_t>(other), block);
  client.raw(bytes);
  node.settle();
  CHECK(node.counted(Counter::limit_header_bytes) == 1);
  CHECK(cut_off(node));
}

TEST_CASE("h2 limit: a body beyond the limit is answered 413, then the upload is stopped") {
  H2Node node;
  node.limits.body_bytes_max = 100'000;
  route_all(node);
  H2Client& client = node.open();
  const std::string body(100'001, 'x');
  const int32_t announced = client.request(
      H2Client::post("/", {{"content-length", std::to_string(body.size())}}), &body, false);
  const std::string more(250'000, 'x');
  const int32_t streamed = client.request(H2Client::post("/"), &more, false);
  node.settle();
  for (const int32_t id : {announced, streamed}) {
    CHECK(client.answers[id].status == 413);
    CHECK(client.answers[id].ended);
    CHECK(client.answers[id].closed);
    CHECK(client.answers[id].error == NGHTTP2_NO_ERROR);
  }
  CHECK(node.counted(Counter::limit_body_bytes) == 2);
  const std::string fits(100'000, 'x');
  const int32_t good = client.request(H2Client::post("/"), &fits);
  node.settle();
  CHECK(client.answers[good].status == 200);
  // What was thrown away has not used up the connection's window.
  for (int i = 0; i < 30; ++i) {
    const int32_t id = client.request(H2Client::post("/"), &body, false);
    node.settle();
    REQUIRE(client.answers[id].status == 413);
  }
}

TEST_CASE("h2 limit: a request may end after its answer, for a while") {
  H2Node node;
  route_all(node);
  H2Client& client = node.open();
  const std::string body = "abc";
  const int32_t ends = client.request(H2Client::post("/none"), &body, false);
  const int32_t stays = client.request(H2Client::post("/none"), &body, false);
  node.settle();
  for (const int32_t id : {ends, stays}) {
    CHECK(client.answers[id].status == 404);
    CHECK(client.answers[id].ended);
    CHECK_FALSE(client.answers[id].closed);
  }
  client.send_more(ends, "def", true);
  node.settle();
  CHECK(client.answers[ends].closed);
  CHECK_FALSE(client.answers[stays].closed);
  const uint64_t begin = monotonic_us();
  CHECK(node.settle_until([&] { return client.answers[stays].closed; }));
  CHECK(monotonic_us() - begin > 1'500'000);
  CHECK(client.answers[stays].error == NGHTTP2_NO_ERROR);
  CHECK(node.counted(Counter::limit_body_time) == 0);
}

TEST_CASE("h2 limit: many large bodies at once are not all kept in memory") {
  H2Node node;
  node.limits.body_bytes_max = 10'000;
  route_all(node);
  H2Client& client = node.open();
  const std::string most(9000, 'x');
  std::vector<int32_t> ids;
  for (int i = 0; i < 40; ++i) ids.push_back(client.request(H2Client::post("/"), &most, false));
  node.settle();
  int refused = 0;
  for (const int32_t id : ids) refused += client.answers[id].status == 503;
  CHECK(refused == 32);
  CHECK(node.counted(Counter::limit_body_bytes) == 32);
  for (const int32_t id : ids)
    if (client.answers[id].status == 0) client.send_more(id, "", true);
  node.settle();
  for (const int32_t id : ids) CHECK(client.answers[id].status != 0);
}

TEST_CASE("h2 limit: content-length that does not hold is reset") {
  H2Node node;
  route_all(node);
  H2Client::Options options;
  options.checked = false;
  H2Client& client = node.open(options);
  const std::string body = "abcd";
  const int32_t more = client.request(H2Client::post("/", {{"content-length", "3"}}), &body);
  const int32_t less = client.request(H2Client::post("/", {{"content-length", "5"}}), &body);
  node.settle();
  CHECK(client.answers[more].error == NGHTTP2_PROTOCOL_ERROR);
  CHECK(client.answers[less].error == NGHTTP2_PROTOCOL_ERROR);
  CHECK(node.counted(Counter::h2_requests) == 2);
  CHECK(node.counted(Counter::status_2xx) == 0);
}

TEST_CASE("h2 limit: a connection made in advance has the time of an idle one") {
  H2Node node;
  node.limits.header_ms = 100;
  node.limits.h2_idle_ms = 600;
  route_all(node);
  H2Client& client = node.open();
  const uint64_t begin = monotonic_us();
  CHECK(node.settle_until([&] { return monotonic_us() > begin + 400'000; }));
  CHECK(client.goaways.empty());
  CHECK(node.settle_until([&] { return client.eof; }));
  CHECK(node.counted(Counter::limit_header_time) == 0);
  CHECK(node.counted(Counter::limit_h2_idle) == 1);
  REQUIRE(client.goaways.size() == 1);
  CHECK(client.goaways[0].second == NGHTTP2_NO_ERROR);
}

TEST_CASE("h2 limit: time for a header block") {
  H2Node node;
  node.limits.header_ms = 300;
  route_all(node);
  H2Client& client = node.open();
  const int32_t id = client.request(H2Client::get("/"));
  node.settle();
  CHECK(client.answers[id].status == 200);
  client.raw(H2Client::frame(NGHTTP2_HEADERS, 0, 3, "\x3f\xe1\x0f\x82"));
  CHECK(node.settle_until([&] { return cut_off(node); }));
  CHECK(node.counted(Counter::limit_header_time) == 1);
}

TEST_CASE("h2 limit: idle connections end, those with an open stream do not") {
  H2Node node;
  node.limits.h2_idle_ms = 200;
  Exchange* waiting = nullptr;
  node.route("/", [&](Exchange& exchange) {
    exchange.ref();
    waiting = &exchange;
  });
  H2Client& client = node.open();
  const int32_t id = client.request(H2Client::get("/"));
  const uint64_t begin = monotonic_us();
  CHECK(node.settle_until([&] { return monotonic_us() > begin + 700'000; }));
  CHECK(client.goaways.empty());
  REQUIRE(waiting != nullptr);
  h2_answer_text(*waiting, "x");
  waiting->unref();
  CHECK(node.settle_until([&] { return client.eof; }));
  CHECK(client.answers[id].status == 200);
  CHECK(node.counted(Counter::limit_h2_idle) == 1);
  REQUIRE(client.goaways.size() == 1);
  CHECK(client.goaways[0].second == NGHTTP2_NO_ERROR);
}

TEST_CASE("h2 limit: time for a body") {
  H2Node node;
  node.limits.body_ms = 200;
  route_all(node);
  H2Client& client = node.open();
  const std::string some = "some";
  const int32_t stalled = client.request(H2Client::post("/"), &some, false);
  const int32_t steady = client.request(H2Client::post("/"), &some, false);
  // Comes on and on, and fast enough.
  uint64_t next = monotonic_us();
  CHECK(node.settle_until([&] {
    if (monotonic_us() > next) {
      next = monotonic_us() + 20'000;
      client.send_more(steady, std::string(100, 'x'), false);
    }
    return client.answers[stalled].closed;
  }));
  CHECK(client.answers[stalled].status == 408);
  CHECK(client.answers[steady].status == 0);
  CHECK(node.counted(Counter::limit_body_time) == 1);
  client.send_more(steady, "", true);
  node.settle();
  CHECK(client.answers[steady].status == 200);
}

TEST_CASE(
    "h2 limit: an answer that gets no window is reset, a stream with nothing to send is not") {
  H2Node node;
  node.limits.write_ms = 300;
  H2TestSource* events = nullptr;
  node.route("/text", [](Exchange& exchange) { h2_answer_text(exchange, "text"); });
  node.route("/events", [&](Exchange& exchange) {
    auto source = std::make_unique<H2TestSource>(1000);
    source->ready = 0;
    events = source.get();
    exchange.respond(200, {}, Body::pulled(std::move(source), std::nullopt));
  });
  H2Client::Options options;
  options.window = 0;
  H2Client& client = node.open(options);
  const int32_t text = client.request(H2Client::get("/text"));
  const int32_t live = client.request(H2Client::get("/events"));
  CHECK(node.settle_until([&] { return client.answers[text].closed; }));
  CHECK(client.answers[text].status == 200);
  CHECK(client.answers[text].error == NGHTTP2_CANCEL);
  CHECK(node.counted(Counter::limit_write_time) == 1);
  CHECK_FALSE(client.answers[live].closed);
  REQUIRE(events != nullptr);
  events->add(10);
  CHECK(node.settle_until([&] { return client.answers[live].closed; }));
  CHECK(client.answers[live].error == NGHTTP2_CANCEL);
  CHECK(node.counted(Counter::limit_write_time) == 2);
  CHECK(client.goaways.empty());
}

TEST_CASE("h2 limit: an answer whose window opens little by little is not reset") {
  H2Node node;
  node.limits.write_ms = 400;
  node.route("/", [](Exchange& exchange) { h2_answer_text(exchange, "0123456789abcdef"); });
  H2Client::Options options;
  options.window = 0;
  H2Client& client = node.open(options);
  const int32_t id = client.request(H2Client::get("/"));
  uint64_t next = monotonic_us();
  CHECK(node.settle_until([&] {
    if (monotonic_us() > next && !client.answers[id].closed) {
      next = monotonic_us() + 100'000;
      nghttp2_submit_window_update(client.session(), NGHTTP2_FLAG_NONE, id, 1);
    }
    return client.answers[id].closed;
  }));
  CHECK(client.answers[id].body == "0123456789abcdef");
  CHECK(node.counted(Counter::limit_write_time) == 0);
}

TEST_CASE("h2 limit: answers are reset when the connection's window is never opened again") {
  H2Node node;
  node.limits.write_ms = 300;
  node.route("/", [](Exchange& exchange) {
    exchange.respond(200, {}, Body::copy_of(std::string(100'000, 'x')));
  });
  H2Client::Options options;
  options.window = 1 << 20;
  options.auto_window = false;
  H2Client& client = node.open(options);
  const int32_t one = client.request(H2Client::get("/"));
  const int32_t two = client.request(H2Client::get("/"));
  CHECK(
      node.settle_until([&] { return client.answers[one].closed && client.answers[two].closed; }));
  CHECK(client.answers[one].error == NGHTTP2_CANCEL);
  CHECK(client.answers[two].error == NGHTTP2_CANCEL);
  CHECK(client.answers[one].body.size() + client.answers[two].body.size() == 65'535);
  CHECK(node.counted(Counter::limit_write_time) == 2);
}

TEST_CASE("h2 limit: an answer that waits for others to use the connection's window is not reset") {
  H2Node node;
  node.limits.write_ms = 300;
  node.route("/", [](Exchange& exchange) {
    exchange.respond(200, {}, Body::copy_of(std::string(66'000, 'x')));
  });
  H2Client::Options options;
  options.window = 1 << 20;
  options.auto_window = false;
  H2Client& client = node.open(options);
  H2Fields urgent = H2Client::get("/");
  urgent.emplace_back("priority", "u=0");
  const int32_t first = client.request(urgent);
  const int32_t second = client.request(H2Client::get("/"));
  uint64_t next = monotonic_us();
  CHECK(node.settle_until([&] {
    if (monotonic_us() > next && !client.answers[first].closed) {
      next = monotonic_us() + 100'000;
      nghttp2_submit_window_update(client.session(), NGHTTP2_FLAG_NONE, 0, 50);
    }
    return client.answers[first].closed || client.answers[second].closed;
  }));
  CHECK(client.answers[first].ended);
  CHECK_FALSE(client.answers[second].closed);
  CHECK(node.counted(Counter::limit_write_time) == 0);
}

TEST_CASE("h2 limit: a body that drips is as slow as one that pauses") {
  H2Node node;
  node.limits.body_ms = 300;
  route_all(node);
  H2Client& client = node.open();
  const std::string some = "s";
  const int32_t id = client.request(H2Client::post("/"), &some, false);
  uint64_t next = monotonic_us();
  CHECK(node.settle_until([&] {
    if (monotonic_us() > next && !client.answers[id].closed) {
      next = monotonic_us() + 20'000;
      client.send_more(id, "x", false);
    }
    return client.answers[id].closed;
  }));
  CHECK(client.answers[id].status == 408);
}

}  // namespace fce
