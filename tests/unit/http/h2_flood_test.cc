// SPDX-License-Identifier: Apache-2.0
// Floods over one HTTP/2 connection: each is warned, then cut off and counted; honest clients are
// not.
#include <doctest/doctest.h>

#include <string>

#include "http/h2_node.h"

namespace fce {
namespace {

void route_all(H2Node& node) {
  node.route("/", [](Exchange& exchange) { h2_answer_text(exchange, "x"); }, {"GET", "POST"});
}

bool cut_off(H2Node& node) { return node.connections.load() == 0; }

std::string repeated(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("h2 flood: rapid resets are warned at three quarters and then cut off") {
  H2Node node;
  node.limits.h2_resets_per_s = 10;  // a burst of 100
  int runs = 0;
  node.route("/", [&](Exchange&) { ++runs; });
  H2Client& client = node.open();
  node.settle();
  int sent = 0;
  const auto attack = [&](int count) {
    for (int i = 0; i < count; ++i, ++sent) {
      const int32_t id = client.request(H2Client::get("/"));
      client.step();
      client.reset(id);
      client.step();
    }
    node.settle();
  };
  attack(74);
  CHECK(client.goaways.empty());
  CHECK(runs == 74);
  attack(6);
  REQUIRE(client.goaways.size() == 1);
  CHECK(client.goaways[0].second == NGHTTP2_ENHANCE_YOUR_CALM);
  // No stream is left, so the connection ends; what still comes is dropped unread.
  CHECK(client.eof);
  std::string flood;
  for (uint32_t id = 301; id < 301 + 60; id += 2) {
    flood += H2Client::frame(NGHTTP2_HEADERS, 5, id,
                             "\x82\x87\x84\x41\x01"
                             "a");
    flood += H2Client::frame(NGHTTP2_RST_STREAM, 0, id, std::string(4, '\0'));
  }
  client.raw(flood);
  node.turn();
  CHECK(runs == 80);
  // It was ended for its flood, so it counts.
  CHECK(node.counted(Counter::limit_h2_resets) == 1);
}

TEST_CASE("h2 flood: a client that does not listen to the warning is cut off") {
  H2Node node;
  node.limits.h2_resets_per_s = 10;
  int runs = 0;
  node.route("/", [&](Exchange&) { ++runs; });
  H2Client& client = node.open();
  node.settle();
  // A stream that stays open; it begins with the table size that the server has asked for.
  client.raw(H2Client::frame(NGHTTP2_HEADERS, 5, 1,
                             "\x3f\xe1\x0f\x82\x87\x84\x41\x01"
                             "a"));
  node.turn();
  uint32_t id = 3;
  const auto attack = [&](int count) {
    for (int i = 0; i < count; ++i, id += 2) {
      client.raw(H2Client::frame(NGHTTP2_HEADERS, 5, id,
                                 "\x82\x87\x84\x41\x01"
                                 "a") +
                 H2Client::frame(NGHTTP2_RST_STREAM, 0, id, std::string(4, '\0')));
      node.turn();
    }
  };
  attack(80);
  CHECK_FALSE(cut_off(node));
  CHECK(runs >= 75);
  const int before = runs;
  attack(30);
  CHECK(cut_off(node));
  CHECK(runs == before);  // streams after the GOAWAY were not served
  CHECK(node.counted(Counter::limit_h2_resets) == 1);
}

TEST_CASE("h2 flood: a reset flood in one go is cut off") {
  H2Node node;
  node.limits.h2_resets_per_s = 10;
  route_all(node);
  H2Client& client = node.open();
  client.step();
  node.turn();
  std::string flood;
  for (uint32_t id = 1; id < 1 + 2 * 400; id += 2) {
    flood += H2Client::frame(NGHTTP2_HEADERS, 5, id,
                             "\x82\x87\x84\x41\x01"
                             "a");
    flood += H2Client::frame(NGHTTP2_RST_STREAM, 0, id, std::string(4, '\0'));
  }
  client.raw(flood);
  node.settle();
  CHECK(node.counted(Counter::limit_h2_resets) == 1);
  CHECK(cut_off(node));
  CHECK(node.counted(Counter::h2_requests) <= 101);
}

TEST_CASE("h2 flood: streams that the client makes us reset count as resets") {
  H2Node node;
  node.limits.h2_resets_per_s = 5;
  node.route("/", [](Exchange&) {});
  H2Client& client = node.open();
  client.step();
  node.turn();
  // A window beyond 2^31-1 is an error of its stream (CVE-2025-8671).
  std::string flood;
  for (uint32_t id = 1; id < 1 + 2 * 100; id += 2) {
    flood += H2Client::frame(NGHTTP2_HEADERS, 5, id,
                             "\x82\x87\x84\x41\x01"
                             "a");
    flood += H2Client::frame(NGHTTP2_WINDOW_UPDATE, 0, id, "\x7f\xff\xff\xff");
  }
  client.raw(flood);
  node.settle();
  CHECK(node.counted(Counter::limit_h2_resets) == 1);
  CHECK(cut_off(node));
}

TEST_CASE("h2 flood: CONTINUATION frames of one header block") {
  for (const int count : {8, 9}) {
    H2Node node;
    route_all(node);
    H2Client& client = node.open();
    client.step();
    node.turn();
    std::string bytes = H2Client::frame(NGHTTP2_HEADERS, 1, 1,
                                        "\x82\x87\x84\x41\x01"
                                        "a");
    for (int i = 1; i < count; ++i) bytes += H2Client::frame(NGHTTP2_CONTINUATION, 0, 1, "");
    bytes += H2Client::frame(NGHTTP2_CONTINUATION, 4, 1, "");
    client.raw(bytes);
    node.settle();
    CHECK(node.counted(Counter::limit_h2_continuations) == (count == 8 ? 0 : 1));
    CHECK(cut_off(node) == (count == 9));
    CHECK(node.counted(Counter::h2_requests) == (count == 8 ? 1 : 0));
  }
}

TEST_CASE("h2 flood: CONTINUATION frames are counted once, in whatever pieces they come") {
  H2Node node;
  route_all(node);
  H2Client& client = node.open();
  client.step();
  node.turn();
  std::string bytes = H2Client::frame(NGHTTP2_HEADERS, 1, 1,
                                      "\x82\x87\x84\x41\x01"
                                      "a");
  for (int i = 1; i < 8; ++i) bytes += H2Client::frame(NGHTTP2_CONTINUATION, 0, 1, "");
  bytes += H2Client::frame(NGHTTP2_CONTINUATION, 4, 1, "");
  for (const char& byte : bytes) {
    client.raw({&byte, 1});
    node.turn(1);
  }
  node.settle();
  CHECK(node.counted(Counter::limit_h2_continuations) == 0);
  CHECK(node.counted(Counter::h2_requests) == 1);
}

TEST_CASE("h2 flood: floods of control frames are cut off") {
  const std::string ping = H2Client::frame(NGHTTP2_PING, 0, 0, std::string(8, 'p'));
  const std::string settings = H2Client::frame(NGHTTP2_SETTINGS, 0, 0, "");
  const std::string priority = H2Client::frame(NGHTTP2_PRIORITY, 0, 1, std::string(5, '\1'));
  const std::string update =
      H2Client::frame(NGHTTP2_WINDOW_UPDATE, 0, 0, std::string("\0\0\0\1", 4));
  const std::string empty = H2Client::frame(NGHTTP2_DATA, 0, 1, "");
  const std::string padding = H2Client::frame(NGHTTP2_DATA, 8, 1, std::string("\2\0\0", 3));
  const std::string reprioritize =
      H2Client::frame(NGHTTP2_PRIORITY_UPDATE, 0, 0, std::string("\0\0\0\1u=1", 7));
  for (const std::string& frame :
       {ping, settings, priority, update, empty, padding, reprioritize}) {
    H2Node node;
    node.limits.h2_control_per_s = 20;  // a burst of 100
    route_all(node);
    H2Client& client = node.open();
    node.settle();
    client.raw(H2Client::frame(NGHTTP2_HEADERS, 4, 1,
                               "\x3f\xe1\x0f\x83\x87\x84\x41\x01"
                               "a"));
    node.settle();
    client.raw(repeated(frame, 40));
    node.settle();
    INFO(static_cast<int>(frame[3]));
    CHECK_FALSE(cut_off(node));
    CHECK(client.goaways.empty());
    for (int i = 0; i < 4 && !cut_off(node); ++i) {
      client.raw(repeated(frame, 40));
      node.turn();
    }
    node.settle();
    CHECK(cut_off(node));
    CHECK(node.counted(Counter::limit_h2_control) == 1);
  }
}

TEST_CASE("h2 flood: a client is asked to leave before it is cut off") {
  H2Node node;
  node.limits.h2_control_per_s = 20;
  Exchange* waiting = nullptr;
  node.route("/", [&](Exchange& exchange) {
    exchange.ref();
    waiting = &exchange;
  });
  H2Client& client = node.open();
  const int32_t id = client.request(H2Client::get("/"));
  node.settle();
  client.raw(repeated(H2Client::frame(NGHTTP2_PING, 0, 0, std::string(8, 'p')), 78));
  node.settle();
  REQUIRE(client.goaways.size() == 1);
  CHECK(client.goaways[0] == std::pair<int32_t, uint32_t>(id, NGHTTP2_ENHANCE_YOUR_CALM));
  // What is under way is served.
  REQUIRE(waiting != nullptr);
  h2_answer_text(*waiting, "x");
  waiting->unref();
  node.settle();
  CHECK(client.answers[id].status == 200);
  CHECK(client.eof);
  CHECK(node.counted(Counter::limit_h2_control) == 1);
}

TEST_CASE("h2 flood: acknowledgements that nobody reads") {
  H2Node node;
  node.limits.h2_control_per_s = 20;
  node.buffer_bytes = 4096;
  node.route("/", [](Exchange& exchange) {
    exchange.respond(200, {}, Body::copy_of(std::string(1'000'000, 'x')));
  });
  H2Client::Options options;
  options.window = 1 << 30;
  H2Client& client = node.open(options);
  nghttp2_session_set_local_window_size(client.session(), 0, 0, 1 << 30);
  node.settle();
  client.raw("");
  client.request(H2Client::get("/"));
  client.raw("");
  node.turn();
  // The socket is full; more PINGs than may wait, and fewer than the budget has.
  client.raw(repeated(H2Client::frame(NGHTTP2_PING, 0, 0, std::string(8, 'p')), 90));
  node.turn();
  CHECK(node.counted(Counter::limit_h2_control) == 1);
  CHECK(cut_off(node));
}

TEST_CASE("h2 flood: window updates for what was sent are free") {
  H2Node node;
  node.limits.h2_control_per_s = 1;
  node.route("/", [](Exchange& exchange) {
    auto source = std::make_unique<H2TestSource>(2'000'000);
    exchange.respond(200, {}, Body::pulled(std::move(source), 2'000'000));
  });
  H2Client::Options options;
  options.window = 100;
  options.auto_window = false;
  H2Client& client = node.open(options);
  const int32_t id = client.request(H2Client::get("/"));
  node.settle();
  size_t updates = 0;
  for (size_t had = 0; client.answers[id].body.size() < 60'000;) {
    REQUIRE(client.answers[id].body.size() > had);
    const auto more = static_cast<int32_t>(client.answers[id].body.size() - had);
    had = client.answers[id].body.size();
    nghttp2_submit_window_update(client.session(), 0, id, more);
    ++updates;
    node.settle();
  }
  CHECK(updates > 500);
  CHECK(client.goaways.empty());
}

}  // namespace fce
