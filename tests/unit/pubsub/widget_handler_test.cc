// SPDX-License-Identifier: Apache-2.0
#include "pubsub/widget_handler.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "base/time.h"
#include "ws_support.h"

using namespace fce;
using namespace fce::test;

namespace {

struct Widget {
  explicit Widget(uint32_t shards = 1, const PubSubOptions& pubsub = {}) : node(shards, pubsub) {
    for (uint32_t shard = 0; shard < shards; ++shard)
      https.push_back(std::make_unique<TestHttp>(node, shard));
    fce_widget_options options{};
    options.size = sizeof options;
    make(options);
  }
  void make(const fce_widget_options& options) {
    std::shared_ptr<const WidgetProfile> profile;
    REQUIRE(WidgetProfile::make(node.pubsub(), options, &profile) == Status::ok);
    sub = std::make_unique<WidgetSubHandler>(node.pubsub(), profile);
    log = std::make_unique<WidgetLogHandler>(node.pubsub(), profile);
  }
  WsClient connect(std::string_view query, uint32_t shard = 0) {
    return WsClient(node, *https[shard], *sub, query);
  }
  // What the log tells of the last `ago_ms`, to a client whose clock is ahead.
  std::string read_log(int64_t ago_ms, std::string_view more = "", uint32_t shard = 0,
                       int64_t ahead_ms = 0) {
    const int64_t now = static_cast<int64_t>(wall_ms()) + ahead_ms;
    const std::string query = "urlId=page&startTime=" + std::to_string(now - ago_ms) +
                              "&endTime=" + std::to_string(now) + std::string(more);
    TestRequest request(*https[shard]);
    request.query(query).param("tenantId", "acme").run(*log);
    node.settle();
    status = request.status;
    CHECK((status != 200 || request.header("content-type") == "application/json"));
    return request.text;
  }

  TestNode node;
  std::vector<std::unique_ptr<TestHttp>> https;
  std::unique_ptr<Handler> sub;
  std::unique_ptr<Handler> log;
  uint16_t status = 0;
};

const ChannelKey kPage = key_of("acme", "page");
constexpr const char* kQuery = "urlId=page&userIdWS=u1&tenantIdWS=acme";

// The texts of a log, and whether there is a gap.
Got texts_of(const std::string& log, bool* gap = nullptr) {
  Json json;
  REQUIRE(Json::parse(log, {}, &json) == Status::ok);
  if (gap) *gap = json.find("gap") != nullptr;
  Got texts;
  for (const Json& event : json.find("events")->items()) {
    std::string_view data;
    REQUIRE(event.find("data")->read(&data));
    texts.emplace_back(data);
  }
  return texts;
}

}  // namespace

TEST_CASE("a widget's socket: events with their ids, ping, presence") {
  Widget widget;
  CHECK(widget.node.publish(kPage, "{\"old\":1}") == Status::ok);
  widget.node.settle();
  WsClient client = widget.connect(kQuery);
  CHECK(client.status == 101);
  client.read();
  CHECK(widget.node.publish(kPage, R"({"type":"new-comment"})") == Status::ok);
  CHECK(client.read() == Got{R"({"id":"00000000.1-2","type":"new-comment"})"});
  CHECK(widget.node.publish(kPage, "bare") == Status::ok);
  CHECK(client.read() == Got{"bare"});
  client.send("ping");
  CHECK(client.read() == Got{"pong"});
  client.send("pong");
  CHECK(client.read().empty());
  widget.node.pass_ms(0, 1500);
  CHECK(client.read() == Got{R"({"type":"p-u","uj":[],"ul":[],"sc":1})"});
  WsClient second = widget.connect(kQuery);
  second.read();
  widget.node.pass_ms(0, 1500);
  CHECK(client.read() == Got{R"({"type":"p-u","uj":[],"ul":[],"sc":2})"});
  CHECK(widget.node.count(Counter::widget_opened) == 2);
}

TEST_CASE("pings that come too often are not answered each time") {
  Widget widget;
  WsClient client = widget.connect(kQuery);
  for (int i = 0; i < 10; ++i) client.send("ping");
  const size_t answered = client.read().size();
  CHECK(answered >= 1);
  CHECK(answered <= 5);
}

TEST_CASE("a widget's socket closes with a gap, a revocation, a drain") {
  PubSubOptions options;
  options.common.history.messages_max = 2;
  Widget widget(1, options);
  WsClient banned = widget.connect(kQuery);
  WsClient stays = widget.connect("urlId=page&userIdWS=u2&tenantIdWS=acme");
  WsClient slow = widget.connect("urlId=other&tenantIdWS=acme");
  for (WsClient* client : {&banned, &stays, &slow}) client->read();
  widget.node.pubsub().revoke({"acme", "", "widget:u1", EndReason::banned});
  CHECK(banned.read() == Got{"close 4403 banned"});
  for (int i = 0; i < 3; ++i)
    CHECK(widget.node.publish(key_of("acme", "other"), "{}") == Status::ok);
  CHECK(slow.read() == Got{"close 4410 gap: overflow"});
  CHECK(stays.read().empty());
  drain_all(*widget.https[0]);
  CHECK(stays.read() == Got{"close 1012 retry-after-ms=1"});
}

TEST_CASE("what a widget's socket refuses") {
  PubSubOptions options;
  options.common.subscribers_max = 1;
  Widget widget(1, options);
  fce_widget_options given{};
  given.size = sizeof given;
  given.tenant = "acme";
  widget.make(given);
  const auto status_of = [&](std::string_view query) {
    TestRequest request(*widget.https[0]);
    request.query(query).field("connection", "Upgrade").field("upgrade", "websocket");
    return request.run(*widget.sub).status;
  };
  CHECK(status_of("urlId=page&tenantIdWS=evil") == 404);
  CHECK(status_of("urlId=page") == 400);
  CHECK(status_of("urlId=a%0Ab&tenantIdWS=acme") == 400);
  WsClient first = widget.connect(kQuery);
  CHECK(first.status == 101);
  CHECK(status_of(kQuery) == 503);
  TestRequest plain(*widget.https[0]);
  plain.query("urlId=other&tenantIdWS=acme").run(*widget.sub);
  CHECK((plain.status == 400 || plain.status == 426));
}

TEST_CASE("a widget's options") {
  TestNode node(1);
  std::shared_ptr<const WidgetProfile> profile;
  fce_widget_options options{};
  options.size = sizeof options;
  CHECK(WidgetProfile::make(node.pubsub(), options, &profile) == Status::ok);
  options.name_space = "votes";
  CHECK(WidgetProfile::make(node.pubsub(), options, &profile) == Status::invalid);
  options.name_space = nullptr;
  options.tenant = "";
  CHECK(WidgetProfile::make(node.pubsub(), options, &profile) == Status::invalid);
  options.tenant = nullptr;
  options.ping_text = "";
  CHECK(WidgetProfile::make(node.pubsub(), options, &profile) == Status::invalid);
  const std::string text(126, 'x');
  options.ping_text = nullptr;
  options.pong_text = text.c_str();
  CHECK(WidgetProfile::make(node.pubsub(), options, &profile) == Status::invalid);
}

TEST_CASE("the event log holds the very texts of the socket") {
  Widget widget;
  WsClient client = widget.connect(kQuery);
  client.read();
  for (const char* text : {R"({"broadcastId":"b","n":1})", "bare \"two\""})
    CHECK(widget.node.publish(kPage, text) == Status::ok);
  const Got live = client.read();
  CHECK(live.size() == 2);
  CHECK(texts_of(widget.read_log(1000)) == live);
  CHECK(widget.status == 200);
  CHECK(widget.node.count(Counter::widget_logs) == 1);
  Json json;
  REQUIRE(Json::parse(widget.read_log(1000), {}, &json) == Status::ok);
  const Json& event = json.find("events")->items()[0];
  for (const auto& [name, value] : {std::pair("_id", "00000000.1-1"), std::pair("broadcastId", "b"),
                                    std::pair("tenantId", "acme"), std::pair("urlId", "page")}) {
    std::string_view text;
    CHECK(event.find(name)->read(&text));
    CHECK(text == value);
  }
  for (const int64_t ahead : {600'000, -600'000})
    CHECK(texts_of(widget.read_log(1000, "", 0, ahead)) == live);
}

TEST_CASE("the event log of another shard") {
  Widget widget(2);
  const uint32_t other = 1 - kPage.home(2);
  CHECK(widget.node.publish(kPage, "{}") == Status::ok);
  widget.node.settle();
  CHECK(texts_of(widget.read_log(1000, "", other)) == Got{R"({"id":"00000000.1-1"})"});
  CHECK(texts_of(widget.read_log(1000, "", 1 - other)) == Got{R"({"id":"00000000.1-1"})"});
  // The client has left before the answer comes.
  TestRequest request(*widget.https[other]);
  request.query("urlId=page&startTime=1&endTime=1").param("tenantId", "acme").run(*widget.log);
  request.leave();
  widget.node.settle();
}

TEST_CASE("the event log is for those whom its messages are for") {
  Widget widget;
  Publication::More more;
  more.audience.users = {"widget:u1"};
  CHECK(widget.node.pubsub().publish(kPage, {as_bytes("mine"), &more}, nullptr, nullptr) ==
        Status::ok);
  widget.node.settle();
  CHECK(texts_of(widget.read_log(1000)).empty());
  CHECK(texts_of(widget.read_log(1000, "&userIdWS=u2")).empty());
  CHECK(texts_of(widget.read_log(1000, "&userIdWS=u1")) == Got{"mine"});
}

TEST_CASE("the event log says when it may have lost something") {
  PubSubOptions options;
  options.common.history.messages_max = 2;
  Widget widget(1, options);
  bool gap = false;
  // Before the node was.
  CHECK(texts_of(widget.read_log(3'600'000), &gap).empty());
  CHECK(gap);
  CHECK(widget.read_log(3'600'000).rfind("{\"status\":\"success\",\"gap\":true,\"events\":[]}",
                                         0) == 0);
}

TEST_CASE("an overloaded shard sends widgets' sockets away, and answers with the log") {
  Widget widget;
  REQUIRE(widget.node.publish(kPage, "{}") == Status::ok);
  widget.node.settle();
  TestHttp& http = *widget.https[0];
  http.net.admission.accept_queue = 1'000'000;
  widget.read_log(1000);
  CHECK(widget.status == 200);
  CHECK(http.counters.get(Counter::limit_overload) == 0);
  TestRequest socket(http);
  socket.query(kQuery).run(*widget.sub);
  CHECK(socket.status == 503);
  CHECK(socket.header("Retry-After") != "");
  CHECK(http.counters.get(Counter::limit_overload) == 1);
  http.net.admission.accept_queue = 0;
}

TEST_CASE("what the event log refuses") {
  Widget widget;
  for (const char* query : {"", "urlId=page", "urlId=page&startTime=1", "startTime=1&endTime=1",
                            "urlId=page&startTime=x&endTime=1", "urlId=%&startTime=1&endTime=1"}) {
    TestRequest request(*widget.https[0]);
    request.query(query).param("tenantId", "acme").run(*widget.log);
    CHECK(request.status == 400);
  }
  widget.node.hub(0).stop();
  widget.read_log(1000);
  CHECK(widget.status == 503);
}
