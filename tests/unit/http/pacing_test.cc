// SPDX-License-Identifier: Apache-2.0
#include "http/pacing.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "http/h2_node.h"
#include "http/ws_node.h"

using namespace fce;

namespace {

struct Range {
  uint32_t least = ~0u;
  uint32_t most = 0;
};

Range many_times(Pacing& pacing, uint32_t clients) {
  Range range;
  for (int i = 0; i < 10'000; ++i) {
    const uint32_t ms = pacing.delay_ms(clients);
    range.least = std::min(range.least, ms);
    range.most = std::max(range.most, ms);
  }
  return range;
}

// Makes the shard one that takes so long for a client.
void measure(Admission& admission, uint32_t cost_us) {
  for (int i = 0; i < 1000; ++i) {
    admission.accepted(0, 1);
    admission.admitted(cost_us);
  }
}

}  // namespace

TEST_CASE("pacing: the window is as wide as the clients need, and 70 % of the time are theirs") {
  WsTestNode node;
  measure(node.net.admission, 700);
  const Range range = many_times(node.http.pacing, 10'000);
  // 10,000 clients of 700 us take 7 s, so they are spread over 10 s.
  CHECK(range.least >= 100);
  CHECK(range.least <= 400);
  CHECK(range.most >= 9'700);
  CHECK(range.most <= 10'100);
}

TEST_CASE("pacing: few clients are spread too, and nobody waits for ever") {
  WsTestNode node;
  const Range few = many_times(node.http.pacing, 1);
  CHECK(few.least >= 100);
  CHECK(few.least <= 150);
  CHECK(few.most >= 950);
  CHECK(few.most <= 1000);
  measure(node.net.admission, 50'000);
  CHECK(many_times(node.http.pacing, 4'000'000'000).most <= 300'100);
}

TEST_CASE("pacing: all of a shard's clients count, also those who have left in a drain") {
  WsTestNode node;
  measure(node.net.admission, 700);
  node.net.stream_count = 10'000;
  const auto most = [&] {
    uint32_t ms = 0;
    for (int i = 0; i < 1000; ++i) ms = std::max(ms, node.http.pacing.retry_ms());
    return ms;
  };
  CHECK(most() >= 9'000);
  node.http.pacing.begin_drain();
  node.net.stream_count = 0;
  CHECK(most() >= 9'000);
  CHECK(most() <= 10'100);
  CHECK(node.counters.get(Counter::reconnects_paced) == 3000);
  CHECK(node.http.pacing.retry_text().starts_with("retry-after-ms="));
}

TEST_CASE("pacing: an overloaded shard sends clients away, until it is no more") {
  H2Node node;
  node.http.h2_websocket = true;
  node.limits.overload_ms = 1000;
  int served = 0;
  node.route("/", [&](Exchange& exchange) {
    if (refuse_overload(exchange)) return;
    ++served;
    h2_answer_text(exchange, "served");
  });
  H2Client& client = node.open();
  node.net.admission.accept_queue = 5000;  // of 2,000 a second
  const int32_t refused = client.request(H2Client::get("/"));
  node.settle();
  CHECK(client.answers[refused].status == 503);
  const int seconds = std::stoi(client.answers[refused].field("retry-after"));
  CHECK(seconds >= 1);
  CHECK(seconds <= 3);
  const std::string nothing;
  const int32_t socket = client.request({{":method", "CONNECT"},
                                         {":protocol", "websocket"},
                                         {":scheme", "https"},
                                         {":authority", "a.example"},
                                         {":path", "/"},
                                         {"sec-websocket-version", "13"}},
                                        &nothing, false);
  node.settle();
  CHECK(client.answers[socket].status == 200);
  const std::string told = client.answers[socket].body;
  REQUIRE(told.size() > 4);
  CHECK(told.substr(2, 2) == "\x03\xF5");  // 1013
  CHECK(told.substr(4).starts_with("retry-after-ms="));
  CHECK(served == 0);
  CHECK(node.counted(Counter::reconnects_paced) == 2);
  CHECK(node.counted(Counter::limit_overload) == 2);
  client.reset(socket);
  node.net.admission.accept_queue = 1500;
  const int32_t taken = client.request(H2Client::get("/"));
  node.settle();
  CHECK(client.answers[taken].body == "served");
  node.net.admission.accept_queue = 0;
}
