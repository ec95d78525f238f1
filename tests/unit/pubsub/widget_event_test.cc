// SPDX-License-Identifier: Apache-2.0
#include "pubsub/widget_event.h"

#include <doctest/doctest.h>

#include "base/json.h"

using namespace fce;

namespace {

std::string text_of(std::string_view payload) {
  return widget_event(payload, "5ca1ab1e.7-42", 0).text;
}

}  // namespace

TEST_CASE("an event that is a JSON object gets the publication's id") {
  CHECK(text_of(R"({"type":"new-vote","timestamp":1})") ==
        R"({"id":"5ca1ab1e.7-42","type":"new-vote","timestamp":1})");
  CHECK(text_of("{}") == R"({"id":"5ca1ab1e.7-42"})");
  CHECK(text_of(" \n{ }") == R"({"id":"5ca1ab1e.7-42" })");
  CHECK(text_of("{\n\"a\": {\"id\": 1}}\n") == "{\"id\":\"5ca1ab1e.7-42\",\n\"a\": {\"id\": 1}}\n");
}

TEST_CASE("other events are sent as they were published") {
  for (const char* payload : {"", "text", "[1,2]", "\"{}\"", "42", "null", "{", "{\"a\":}", "{} x",
                              R"({"id":7})", R"({"a":1,"id":"own"})", R"({"a":1,"a":2})"}) {
    CAPTURE(payload);
    CHECK(text_of(payload) == payload);
  }
  const std::string deep = "{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}";
  CHECK(text_of(deep) == deep);
}

TEST_CASE("the log's entry holds the same text") {
  const WidgetEvent event =
      widget_event(R"({"broadcastId":"b\"1","x":"y"})", "5ca1ab1e.7-42", 1'767'323'045'678);
  CHECK(event.entry ==
        "\"_id\":\"5ca1ab1e.7-42\",\"createdAt\":\"2026-01-02T03:04:05.678Z\","
        "\"broadcastId\":\"b\\\"1\",\"data\":\"{\\\"id\\\":\\\"5ca1ab1e.7-42\\\","
        "\\\"broadcastId\\\":\\\"b\\\\\\\"1\\\",\\\"x\\\":\\\"y\\\"}\"");
  Json json;
  REQUIRE(Json::parse("{" + event.entry + "}", {}, &json) == Status::ok);
  std::string_view data;
  REQUIRE(json.find("data")->read(&data));
  CHECK(data == event.text);
  CHECK(widget_event("a\"b", "i", 0).entry ==
        "\"_id\":\"i\",\"createdAt\":\"1970-01-01T00:00:00.000Z\",\"broadcastId\":\"\","
        "\"data\":\"a\\\"b\"");
  // A broadcast id that is no string is none.
  CHECK(widget_event(R"({"broadcastId":5})", "i", 0).entry.find(R"("broadcastId":"",)") !=
        std::string::npos);
}

TEST_CASE("presence as p-u") {
  CHECK(widget_presence(R"({"count":3})") == R"({"type":"p-u","uj":[],"ul":[],"sc":3})");
  CHECK(widget_presence(R"({"count":2,"members":["widget:a","b\"c"]})") ==
        R"({"type":"p-u","uj":["a","b\"c"],"ul":[],"sc":2})");
  CHECK(widget_presence(R"({"count":1,"join":["widget:a"],"leave":["x","widget:y"]})") ==
        R"({"type":"p-u","uj":["a"],"ul":["x","y"],"sc":1})");
  CHECK(widget_presence("") == "");
  CHECK(widget_presence("{}") == "");
}
