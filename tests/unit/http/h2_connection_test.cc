// SPDX-License-Identifier: Apache-2.0
#include "http/h2_connection.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "http/h2_node.h"

namespace fce {
namespace {

H2Fields with(H2Fields fields, std::string name, std::string value) {
  fields.emplace_back(std::move(name), std::move(value));
  return fields;
}

}  // namespace

TEST_CASE("h2: a request is answered") {
  H2Node node;
  std::string seen;
  node.route("/hello/{name}", [&](Exchange& exchange) {
    seen = std::string(exchange.param("name")) + " " + std::string(exchange.request.host) + " " +
           std::string(exchange.request.query) + " " + std::to_string(exchange.request.version);
    h2_answer_text(exchange, "hi\n");
  });
  H2Client& client = node.open();
  const int32_t id = client.request(H2Client::get("/hello/you?a=b"));
  node.settle();
  CHECK(seen == "you a.example a=b 20");
  const auto& answer = client.answers[id];
  CHECK(answer.status == 200);
  CHECK(answer.body == "hi\n");
  CHECK(answer.field("content-length") == "3");
  CHECK(answer.field("content-type") == "text/plain");
  CHECK(answer.field("date").size() == kHttpDateBytes);
  CHECK(answer.closed);
  CHECK(answer.error == 0);
  CHECK(node.counted(Counter::h2_requests) == 1);
  CHECK(node.counted(Counter::status_2xx) == 1);
}

TEST_CASE("h2: many requests on one connection") {
  H2Node node;
  node.route("/n/{n}", [](Exchange& exchange) { h2_answer_text(exchange, exchange.param("n")); });
  H2Client& client = node.open();
  for (int i = 0; i < 1000; ++i) {
    std::vector<int32_t> ids;
    for (int j = 0; j < 8; ++j)
      ids.push_back(client.request(H2Client::get("/n/" + std::to_string(i * 8 + j))));
    node.settle();
    for (int j = 0; j < 8; ++j) REQUIRE(client.answers[ids[j]].body == std::to_string(i * 8 + j));
  }
  CHECK(node.counted(Counter::h2_requests) == 8000);
}

TEST_CASE("h2: HEAD, 204 and 304 have no body") {
  H2Node node;
  int status = 200;
  node.route("/", [&](Exchange& exchange) {
    exchange.respond(static_cast<uint16_t>(status), {}, Body::copy_of("body"));
  });
  H2Client& client = node.open();
  H2Fields head = H2Client::get("/");
  head[0].second = "HEAD";
  const int32_t a = client.request(head);
  node.settle();
  status = 204;
  const int32_t b = client.request(H2Client::get("/"));
  node.settle();
  status = 304;
  const int32_t c = client.request(H2Client::get("/"));
  node.settle();
  CHECK(client.answers[a].status == 200);
  CHECK(client.answers[a].field("content-length") == "4");
  CHECK(client.answers[b].status == 204);
  CHECK(client.answers[b].field("content-length").empty());
  CHECK(client.answers[c].status == 304);
  for (const int32_t id : {a, b, c}) {
    CHECK(client.answers[id].body.empty());
    CHECK(client.answers[id].closed);
  }
}

TEST_CASE("h2: fields that speak of an HTTP/1.1 connection are left out of answers") {
  H2Node node;
  node.route("/", [](Exchange& exchange) {
    const Header fields[] = {{"Connection", "close"},  {"Transfer-Encoding", "chunked"},
                             {"Keep-Alive", "1"},      {"X-Mine", "yes"},
                             {"Content-Length", "99"}, {"Date", "never"}};
    exchange.extra_headers.push_back({"X-Extra", "too"});
    exchange.respond(200, fields, Body::copy_of("x"));
  });
  H2Client& client = node.open();
  const int32_t id = client.request(H2Client::get("/"));
  node.settle();
  const auto& answer = client.answers[id];
  CHECK(answer.status == 200);
  CHECK(answer.body == "x");
  CHECK(answer.field("x-mine") == "yes");
  CHECK(answer.field("x-extra") == "too");
  CHECK(answer.field("content-length") == "1");
  CHECK(answer.fields.size() == 4);
}

TEST_CASE("h2: an answer with more fields than usual") {
  H2Node node;
  node.route("/", [](Exchange& exchange) {
    std::vector<std::string> names;
    for (int i = 0; i < 80; ++i) names.push_back("x-" + std::to_string(i));
    std::vector<Header> fields;
    for (const std::string& name : names) fields.push_back({name, "v"});
    exchange.respond(200, fields, Body::none());
  });
  H2Client& client = node.open();
  const int32_t id = client.request(H2Client::get("/"));
  node.settle();
  CHECK(client.answers[id].fields.size() == 82);
}

TEST_CASE("h2: unrouted requests, wrong methods and refused heads") {
  H2Node node;
  node.route("/", [](Exchange& exchange) { h2_answer_text(exchange, "x"); });
  H2Client& client = node.open();
  H2Fields connect{{":method", "CONNECT"}, {":authority", "a.example:1"}};
  const int32_t missing = client.request(H2Client::get("/none"));
  const int32_t posted = client.request(H2Client::post("/"));
  const int32_t hosts = client.request(with(H2Client::get("/"), "host", "b.example"));
  const int32_t fragment = client.request(H2Client::get("/#f"));
  const int32_t tunnel = client.request(connect);
  node.settle();
  CHECK(client.answers[missing].status == 404);
  CHECK(client.answers[posted].status == 405);
  CHECK(client.answers[hosts].status == 400);
  CHECK(client.answers[fragment].status == 400);
  CHECK(client.answers[tunnel].status == 501);
  CHECK(node.counted(Counter::bad_requests) == 3);
  CHECK(node.counted(Counter::status_4xx) == 4);
}

TEST_CASE("h2: malformed requests are reset, and the connection goes on") {
  const H2Fields cases[] = {
      with(H2Client::get("/"), "x", "a\nb"),
      with(H2Client::get("/"), "connection", "close"),
      with(H2Client::get("/"), "transfer-encoding", "chunked"),
      with(H2Client::get("/"), "te", "gzip"),
      with(H2Client::get("/"), ":path", "/again"),
      with(H2Client::get("/"), "content-length", "5"),
      with(with(H2Client::get("/"), "host", "a.example"), "host", "a.example"),
      {{":method", "GET"}, {":scheme", "https"}, {":path", "/"}},
      {{":method", "GET"}, {":authority", "a.example"}, {":path", "/"}},
      H2Client::get("")};
  H2Node node;
  int runs = 0;
  node.route("/", [&](Exchange& exchange) {
    ++runs;
    h2_answer_text(exchange, "x");
  });
  H2Client::Options options;
  options.checked = false;
  H2Client& client = node.open(options);
  uint64_t bad = 0;
  for (const H2Fields& fields : cases) {
    const int32_t id = client.request(fields);
    node.settle();
    INFO(fields.back().first, " ", fields.back().second);
    CHECK(client.answers[id].closed);
    CHECK(client.answers[id].error == NGHTTP2_PROTOCOL_ERROR);
    CHECK(node.counted(Counter::bad_requests) == ++bad);
  }
  CHECK(runs == 0);
  const int32_t good = client.request(H2Client::get("/"));
  node.settle();
  CHECK(client.answers[good].status == 200);
}

TEST_CASE("h2: a field name in upper case is malformed") {
  H2Node node;
  node.route("/", [](Exchange& exchange) { h2_answer_text(exchange, "x"); });
  H2Client& client = node.open();
  client.step();
  node.turn();
  // nghttp2's client cannot be made to send one: GET, https, "/", :authority, then the name.
  const std::string head(
      "\x82\x87\x84\x41\x01"
      "a"
      "\x00\x01",
      8);
  client.raw(H2Client::frame(NGHTTP2_HEADERS, 5, 1, head + "X\x01y"));
  client.raw(H2Client::frame(NGHTTP2_HEADERS, 5, 3, head + "x\x01y"));
  node.turn();
  CHECK(node.counted(Counter::bad_requests) == 1);
  CHECK(node.counted(Counter::h2_requests) == 1);
  CHECK(node.counted(Counter::status_2xx) == 1);
}

TEST_CASE("h2: a handler answers later, aborts, or finds its client gone") {
  H2Node node;
  std::vector<Exchange*> waiting;
  node.route("/", [&](Exchange& exchange) {
    exchange.ref();
    waiting.push_back(&exchange);
  });
  H2Client& client = node.open();
  const int32_t later = client.request(H2Client::get("/"));
  const int32_t aborted = client.request(H2Client::get("/"));
  const int32_t left = client.request(H2Client::get("/"));
  node.settle();
  REQUIRE(waiting.size() == 3);
  client.reset(left);
  node.settle();
  CHECK(waiting[2]->client_gone());
  CHECK_FALSE(waiting[0]->client_gone());
  h2_answer_text(*waiting[0], "late");
  waiting[1]->abort();
  h2_answer_text(*waiting[2], "nobody");
  node.settle();
  CHECK(client.answers[later].body == "late");
  CHECK(client.answers[aborted].closed);
  CHECK(client.answers[aborted].error == NGHTTP2_INTERNAL_ERROR);
  CHECK(node.counted(Counter::status_2xx) == 1);
  for (Exchange* exchange : waiting) exchange->unref();
}

TEST_CASE("h2: a client that leaves takes its exchanges with it") {
  H2Node node;
  Exchange* waiting = nullptr;
  node.route("/", [&](Exchange& exchange) {
    exchange.ref();
    waiting = &exchange;
  });
  node.open().request(H2Client::get("/"));
  node.settle();
  REQUIRE(waiting != nullptr);
  node.client.reset();
  node.turn();
  CHECK(waiting->client_gone());
  h2_answer_text(*waiting, "nobody");
  waiting->unref();
}

TEST_CASE("h2: there is no upgrade") {
  H2Node node;
  Status status = Status::ok;
  node.route("/", [&](Exchange& exchange) {
    Upgraded upgraded;
    status = exchange.upgrade({}, &upgraded);
    exchange.respond_text(400, "no");
  });
  H2Client& client = node.open();
  const int32_t id = client.request(H2Client::get("/"));
  node.settle();
  CHECK(status == Status::unsupported);
  CHECK(client.answers[id].status == 400);
}

TEST_CASE("h2: the bytes of a client may come in any pieces") {
  H2Node node;
  std::string posted;
  node.route("/get", [](Exchange& exchange) { h2_answer_text(exchange, "got"); });
  node.route("/post",
             [&](Exchange& exchange) {
               posted = std::string(as_text(exchange.request.body));
               h2_answer_text(exchange, exchange.request.header("x-long").substr(0, 5));
             },
             {"POST"});
  H2Client& client = node.open();
  const std::string body = H2TestSource::whole(5000);
  // Long enough for a CONTINUATION.
  H2Fields fields = H2Client::post("/post");
  for (int i = 0; i < 4; ++i)
    fields.emplace_back("x-long", std::string(3900, static_cast<char>(1 + i)) + "\\");
  for (auto& [name, value] : fields)
    if (name == "x-long") std::fill(value.begin(), value.end(), '\\');
  const int32_t get = client.request(H2Client::get("/get"));
  const int32_t post = client.request(fields, &body);
  std::string bytes = client.output();
  REQUIRE(bytes.size() > 20'000);
  for (const char& byte : bytes) {
    client.raw({&byte, 1});
    uv_run(node.loop.uv(), UV_RUN_NOWAIT);
  }
  node.settle();
  CHECK(client.answers[get].body == "got");
  CHECK(client.answers[post].body == "\\\\\\\\\\");
  CHECK(posted == body);
  CHECK(node.counted(Counter::limit_h2_continuations) == 0);
}

TEST_CASE("h2: what is no preface closes the connection") {
  H2Node node;
  H2Client::Options options;
  options.send_preface = false;
  H2Client& client = node.open(options);
  client.output();
  client.raw("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  node.settle();
  CHECK(client.eof);
  CHECK(node.counted(Counter::bad_requests) == 1);
}

TEST_CASE("h2: a drain serves what is on its way, ends live bodies and then closes") {
  H2Node node;
  H2TestSource* source = nullptr;
  int destroyed = 0;
  node.route("/live", [&](Exchange& exchange) {
    auto live = std::make_unique<H2TestSource>(1'000'000);
    live->ready = 10;
    live->destroyed = &destroyed;
    source = live.get();
    exchange.respond(200, {}, Body::pulled(std::move(live), std::nullopt));
  });
  node.route("/", [](Exchange& exchange) { h2_answer_text(exchange, "x"); });
  H2Client& client = node.open();
  const int32_t live = client.request(H2Client::get("/live"));
  node.settle();
  CHECK(client.answers[live].body.size() == 10);
  node.http.connections.front()->drain();
  const int32_t crossing = client.request(H2Client::get("/"));
  node.settle();
  CHECK(destroyed == 1);
  CHECK(client.answers[live].ended);
  CHECK(client.answers[live].body.size() == 10);
  CHECK(client.answers[crossing].status == 200);
  REQUIRE(client.goaways.size() == 2);
  CHECK(client.goaways[0] == std::pair<int32_t, uint32_t>(0x7fffffff, NGHTTP2_NO_ERROR));
  CHECK(client.goaways[1] == std::pair<int32_t, uint32_t>(crossing, NGHTTP2_NO_ERROR));
  CHECK(client.eof);
}

TEST_CASE("h2: a drain waits for answers, and no longer than a second for a silent client") {
  H2Node node;
  Exchange* waiting = nullptr;
  node.route("/", [&](Exchange& exchange) {
    exchange.ref();
    waiting = &exchange;
  });
  H2Client& client = node.open();
  const int32_t id = client.request(H2Client::get("/"));
  node.settle();
  node.http.connections.front()->drain();
  node.settle();
  CHECK_FALSE(client.eof);
  h2_answer_text(*waiting, "done");
  waiting->unref();
  node.settle();
  CHECK(client.answers[id].body == "done");
  CHECK(client.eof);

  H2Client::Options silent;
  silent.send_preface = false;
  H2Client& other = node.open(silent);
  node.http.connections.front()->drain();
  CHECK(node.settle_until([&] { return other.eof || node.connections.load() == 0; }));
}

TEST_CASE("h2: a connection that begins while the node drains is told so at once") {
  H2Node node;
  node.http.draining = true;
  H2Client& client = node.open();
  node.settle();
  CHECK(client.goaways.size() == 2);
  CHECK(client.eof);
}

}  // namespace fce
