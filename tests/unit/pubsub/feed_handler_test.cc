// SPDX-License-Identifier: Apache-2.0
#include "pubsub/feed_handler.h"

#include <doctest/doctest.h>

#include "live_support.h"

using namespace fce;
using namespace fce::test;

namespace {

fce_feed_options options_of() {
  fce_feed_options options{};
  options.size = sizeof options;
  options.tenant = "{tenant}";
  options.channel = "{channel}";
  return options;
}

std::shared_ptr<const Handler> handler_of(TestNode& node, const fce_feed_options& options,
                                          std::shared_ptr<const Doorkeeper> doorkeeper = nullptr) {
  std::shared_ptr<const Handler> handler;
  REQUIRE(FeedHandler::make(node.pubsub(), options, "/f/{tenant}/{channel}", &handler,
                            std::move(doorkeeper)) == Status::ok);
  return handler;
}

TestRequest& fill(TestRequest& request) {
  return request.param("tenant", "acme").param("channel", "news");
}

std::string pull_all(BodySource& source) {
  Gather gather;
  source.pull(gather, 100'000);
  std::string text;
  for (size_t i = 0; i < gather.count(); ++i) text += as_text(gather[i].bytes);
  return text;
}

}  // namespace

TEST_CASE("a feed needs a target and a transport") {
  TestNode node(1);
  std::shared_ptr<const Handler> handler;
  auto options = options_of();
  options.no_websocket = options.no_sse = options.no_stream = options.no_poll = 1;
  CHECK(FeedHandler::make(node.pubsub(), options, "/f/{tenant}/{channel}", &handler) ==
        Status::invalid);
  CHECK(FeedHandler::make(node.pubsub(), options_of(), "/f/{tenant}", &handler) == Status::invalid);
  options = options_of();
  options.channel = nullptr;
  CHECK(FeedHandler::make(node.pubsub(), options, "/f/{tenant}/{channel}", &handler) ==
        Status::invalid);
  options = options_of();
  for (const char* name : {"{channel", "x-{channel}", "channel}", "{tenant}{channel}"}) {
    options.channel = name;
    CHECK(FeedHandler::make(node.pubsub(), options, "/f/{tenant}/{channel}", &handler) ==
          Status::invalid);
  }
}

TEST_CASE("GET opens an event stream") {
  TestNode node(1);
  TestHttp http(node, 0);
  auto options = options_of();
  options.retry_ms = 77;
  const auto handler = handler_of(node, options);
  TestRequest request(http);
  fill(request).run(*handler);
  CHECK(request.status == 200);
  CHECK(request.header("Content-Type") == "text/event-stream");
  CHECK(request.header("Cache-Control") == "no-store");
  CHECK(request.header("X-Accel-Buffering") == "no");
  CHECK_FALSE(request.length.has_value());
  REQUIRE(request.source);
  CHECK(pull_all(*request.source).rfind("retry: 77\n\nevent: ready\n", 0) == 0);
}

TEST_CASE("the position comes from the field, else from the query") {
  TestNode node(1);
  TestHttp http(node, 0);
  const auto handler = handler_of(node, options_of());
  for (const char* text : {"1", "2", "3"})
    CHECK(node.publish(key_of("acme", "news"), text) == Status::ok);
  node.settle();
  const auto stream_of = [&](std::string_view query, std::string_view last) {
    TestRequest request(http);
    fill(request).query(query);
    if (!last.empty()) request.field("last-event-id", last);
    request.run(*handler);
    return pull_all(*request.source);
  };
  const auto begins = [](const std::string& text, std::string_view how) {
    return text.find("\n\n" + std::string(how)) == text.find("\n\n");
  };
  CHECK(begins(stream_of("", ""), "event: ready"));
  CHECK(begins(stream_of("after=0", ""), "id: 00000000.1-1\n"));
  CHECK(begins(stream_of("x=1&after=00000000.1-2&after=00000000.1-1", ""), "id: 00000000.1-3\n"));
  CHECK(begins(stream_of("after=00000000.1-2", "00000000.1-1"), "id: 00000000.1-2\n"));
  CHECK(begins(stream_of("", "00000000.1-3"), "event: ready"));
  CHECK(begins(stream_of("", "\xFF"), "event: gap"));
  CHECK(begins(stream_of("after", ""), "event: ready"));
  CHECK(begins(stream_of("AFTER=0&afterwards=0", ""), "event: ready"));
}

TEST_CASE("GET opens an NDJSON stream or a long poll") {
  TestNode node(1);
  TestHttp http(node, 0);
  const auto handler = handler_of(node, options_of());
  const std::string ready = "{\"channel\":\"news\",\"ready\":{\"id\":\"00000000.1-0\"}}\n";
  TestRequest stream(http);
  fill(stream).field("accept", "application/x-ndjson").run(*handler);
  CHECK(stream.status == 200);
  CHECK(stream.header("Content-Type") == "application/x-ndjson");
  CHECK(stream.header("Cache-Control") == "no-store");
  REQUIRE(stream.source);
  CHECK(pull_all(*stream.source) == ready);
  CHECK(node.count(Counter::stream_opened) == 1);
  TestRequest poll(http);
  fill(poll).query("poll=1").run(*handler);
  CHECK(poll.status == 200);
  CHECK(poll.header("Content-Type") == "application/x-ndjson");
  CHECK(poll.header("Cache-Control") == "no-store");
  REQUIRE(poll.source);
  CHECK(pull_all(*poll.source) == ready);
  CHECK(node.count(Counter::polls) == 1);
  TestRequest head(http);
  fill(head).method(Method::head).query("poll=1").run(*handler);
  CHECK(head.header("Content-Type") == "application/x-ndjson");
  CHECK_FALSE(head.source);
}

TEST_CASE("a channel that is full tells when to come back") {
  PubSubOptions options;
  options.common.subscribers_max = 1;
  TestNode node(1, options);
  TestHttp http(node, 0);
  const auto handler = handler_of(node, options_of());
  TestRequest first(http);
  fill(first).run(*handler);
  CHECK(first.status == 200);
  TestRequest second(http);
  fill(second).run(*handler);
  CHECK(second.status == 503);
  const int seconds = std::atoi(second.header("Retry-After").c_str());
  CHECK(seconds >= 1);
  CHECK(seconds <= 5);
}

TEST_CASE("HEAD tells the fields and subscribes nobody") {
  TestNode node(1);
  TestHttp http(node, 0);
  const auto handler = handler_of(node, options_of());
  TestRequest request(http);
  fill(request).method(Method::head).run(*handler);
  CHECK(request.status == 200);
  CHECK(request.header("Content-Type") == "text/event-stream");
  CHECK_FALSE(request.source);
  CHECK(node.count(Counter::sse_opened) == 0);
}

TEST_CASE("what a feed refuses") {
  TestNode node(1);
  TestHttp http(node, 0);
  auto options = options_of();
  TestRequest request(http);
  SUBCASE("a bad name") {
    request.param("tenant", "acme").param("channel", "a\tb").run(*handler_of(node, options));
    CHECK(request.status == 400);
  }
  SUBCASE("a name that is too long") {
    const std::string name(256, 'x');
    request.param("tenant", name).param("channel", "a").run(*handler_of(node, options));
    CHECK(request.status == 400);
  }
  SUBCASE("another type") {
    fill(request).field("accept", "text/html").run(*handler_of(node, options));
    CHECK(request.status == 406);
  }
  SUBCASE("event streams where there are none") {
    options.no_sse = 1;
    fill(request).field("accept", "text/event-stream").run(*handler_of(node, options));
    CHECK(request.status == 406);
  }
  SUBCASE("WebSocket where there is none") {
    options.no_websocket = 1;
    fill(request).field("connection", "Upgrade").field("upgrade", "websocket");
    request.run(*handler_of(node, options));
    CHECK(request.status == 406);
  }
  SUBCASE("all after the stop") {
    node.hub(0).stop();
    fill(request).run(*handler_of(node, options));
    CHECK(request.status == 503);
    CHECK(request.header("Retry-After") != "");
  }
  CHECK_FALSE(request.source);
}

TEST_CASE("a feed that is opened while the node drains sends its client on") {
  TestNode node(1);
  TestHttp http(node, 0);
  http.http.draining = true;
  TestRequest request(http);
  fill(request).run(*handler_of(node, options_of()));
  REQUIRE(request.source);
  Gather gather;
  CHECK(request.source->pull(gather, 100'000) == BodySource::Pull::end);
}

TEST_CASE("an overloaded shard tells event streams when to come back, in their own words") {
  TestNode node(1);
  TestHttp http(node, 0);
  const auto handler = handler_of(node, options_of());
  http.net.admission.accept_queue = 1'000'000;
  TestRequest stream(http);
  fill(stream).field("accept", "text/event-stream").run(*handler);
  CHECK(stream.status == 200);
  CHECK(stream.header("Content-Type") == "text/event-stream");
  CHECK_FALSE(stream.source);
  CHECK(stream.text.starts_with("retry: "));
  CHECK(stream.text.ends_with("\n\n"));
  TestRequest poll(http);
  fill(poll).query("poll=1").run(*handler);
  CHECK(poll.status == 503);
  CHECK(poll.header("Retry-After") != "");
  CHECK(http.counters.get(Counter::reconnects_paced) == 2);
  CHECK(http.counters.get(Counter::limit_overload) == 2);
  http.net.admission.accept_queue = 0;
  TestRequest later(http);
  fill(later).run(*handler);
  CHECK(later.source);
}

TEST_CASE("an overloaded shard sends nobody away who would come back for nothing") {
  TestNode node(1);
  TestHttp http(node, 0);
  http.net.admission.accept_queue = 1'000'000;
  auto options = options_of();
  TestRequest request(http);
  fill(request);
  SUBCASE("no token") {
    request.run(*handler_of(node, options, std::make_shared<TestDoorkeeper>()));
    CHECK(request.status == 401);
  }
  SUBCASE("a transport that the route does not have") {
    options.no_websocket = 1;
    request.field("connection", "Upgrade").field("upgrade", "websocket");
    request.run(*handler_of(node, options));
    CHECK(request.status == 406);
  }
  SUBCASE("a form that there is not") {
    request.field("accept", "text/html").run(*handler_of(node, options));
    CHECK(request.status == 406);
  }
  CHECK(http.counters.get(Counter::limit_overload) == 0);
  http.net.admission.accept_queue = 0;
}

TEST_CASE("an event stream is told when to come back as its route says, else by the shard's pace") {
  TestNode node(1);
  TestHttp http(node, 0);
  auto options = options_of();
  options.retry_ms = 0;
  TestRequest request(http);
  fill(request).run(*handler_of(node, options));
  REQUIRE(request.source);
  // Without a pace of its own this hub adds one millisecond to the least.
  CHECK(pull_all(*request.source).starts_with("retry: 1001\n\n"));
}

TEST_CASE("a feed replays nothing to a token without the right to history") {
  TestNode node(1);
  TestHttp http(node, 0);
  auto keeper = std::make_shared<TestDoorkeeper>();
  keeper->visitor = limited("ann", {{"news", mask(Right::subscribe)}});
  const auto handler = handler_of(node, options_of(), keeper);
  CHECK(node.publish(key_of("acme", "news"), "old") == Status::ok);
  node.settle();
  for (const char* query : {"after=0", "after=0&format=ndjson", "after=00000000.1-0&poll=1"}) {
    TestRequest request(http);
    fill(request).query(query).run(*handler);
    REQUIRE(request.source);
    const std::string text = pull_all(*request.source);
    CHECK(text.find("old") == std::string::npos);
    CHECK(text.find("invalid") != std::string::npos);
  }
}
