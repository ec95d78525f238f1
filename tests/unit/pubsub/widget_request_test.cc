// SPDX-License-Identifier: Apache-2.0
#include "pubsub/widget_request.h"

#include <doctest/doctest.h>

using namespace fce;

namespace {

constexpr std::string_view kTimes = "&startTime=1&endTime=2";

Status parse_log(std::string_view query, WidgetRequest* out) {
  return WidgetRequest::parse_log("acme", query, out);
}

int64_t begin_of(int64_t start_ms, int64_t end_ms, int64_t arrival_ms) {
  WidgetRequest request;
  request.start_ms = start_ms;
  request.end_ms = end_ms;
  CHECK(widget_log_begin_ms(request, arrival_ms, 50) ==
        widget_log_begin_ms(request, arrival_ms, 0) - 50);
  return widget_log_begin_ms(request, arrival_ms, 0);
}

}  // namespace

TEST_CASE("what a widget asks for") {
  WidgetRequest request;
  REQUIRE(WidgetRequest::parse_sub("urlId=https%3A%2F%2Fa%2Fb%3Fc&userIdWS=u%201&tenantIdWS=acme",
                                   &request) == Status::ok);
  CHECK(request.tenant == "acme");
  CHECK(request.url_id == "https://a/b?c");
  CHECK(request.user == "u 1");
  WidgetRequest nobody;
  REQUIRE(WidgetRequest::parse_sub("tenantIdWS=acme&urlId=acme%3Apage", &nobody) == Status::ok);
  CHECK(nobody.user == "");
  CHECK(nobody.url_id == "page");
  WidgetRequest log;
  REQUIRE(parse_log("urlId=acme:&userIdWS=u&startTime=1700000000000&endTime=0", &log) ==
          Status::ok);
  CHECK(log.url_id == "acme:");
  CHECK(log.start_ms == 1'700'000'000'000);
  CHECK(log.end_ms == 0);
}

TEST_CASE("what a widget must not ask for") {
  WidgetRequest request;
  const std::string long_name(256, 'x');
  for (const std::string& query :
       {std::string("urlId=a"), std::string("tenantIdWS=acme"), "tenantIdWS=" + long_name,
        std::string("tenantIdWS=acme&urlId="), std::string("tenantIdWS=acme&urlId=%"),
        std::string("tenantIdWS=%zz&urlId=a"), std::string("tenantIdWS=a%01&urlId=a"),
        "tenantIdWS=acme&urlId=a&userIdWS=" + long_name,
        std::string("tenantIdWS=acme&urlId=a&userIdWS=%ff"),
        "tenantIdWS=acme&urlId=" + std::string(8193, 'x'),
        "tenantIdWS=acme&urlId=" + long_name + "%ff", std::string("tenantIdWS=acme&urlId=%c3")}) {
    CAPTURE(query);
    CHECK(WidgetRequest::parse_sub(query, &request) == Status::invalid);
  }
  for (const char* times :
       {"", "&startTime=1", "&endTime=1", "&startTime=&endTime=2", "&startTime=a&endTime=2",
        "&startTime=1&endTime=2x", "&startTime=-1&endTime=2", "&startTime=1.5&endTime=2",
        "&startTime=1&endTime=1000000000000001", "&startTime=99999999999999999999&endTime=2"}) {
    CAPTURE(times);
    CHECK(parse_log(std::string("urlId=a") + times, &request) == Status::invalid);
  }
  CHECK(WidgetRequest::parse_log("a\n", "urlId=a" + std::string(kTimes), &request) ==
        Status::invalid);
}

TEST_CASE("the channel of a page") {
  CHECK(widget_channel("votes", "page") == "votes:page");
  CHECK(widget_channel("votes", "https://a/b%c") == "votes:https://a/b%c");
  CHECK(widget_channel("", "page") == "page");
  CHECK(widget_channel("", "chat:room") == "chat%3Aroom");
  CHECK(widget_channel("", "chat%3Aroom") == "chat%253Aroom");
  CHECK(widget_channel("", std::string(255, 'x')) == std::string(255, 'x'));
  for (const std::string& name :
       {widget_channel("", std::string(256, 'x')), widget_channel("", std::string(100, ':'))}) {
    CHECK(name.size() == 7 + 64);
    CHECK(name.substr(0, 7) == "sha256-");
  }
  CHECK(widget_channel("votes", std::string(250, 'x')).substr(0, 13) == "votes:sha256-");
  CHECK(widget_channel("votes", std::string(249, 'x')).size() == 255);
  CHECK(widget_channel("", std::string(256, 'x')) != widget_channel("", std::string(257, 'x')));
}

TEST_CASE("the window of a log, whatever the clock of the client says") {
  constexpr int64_t now = 1'700'000'000'000;
  constexpr int64_t away = 30'000;  // so long ago the client lost its connection
  constexpr int64_t margin = 2000;
  CHECK(begin_of(now - away, now, now) == now - away - margin);
  constexpr int64_t off = 600'000;
  // The start by a clock that is ahead is corrected; the time of an event, which was not, is read
  // as earlier than it was.
  CHECK(begin_of(now + off - away, now + off, now) == now - away - margin);
  CHECK(begin_of(now - away, now + off, now) == now - off - away - margin);
  // The same for a clock that is behind: never later than what is meant.
  CHECK(begin_of(now - off - away, now - off, now) <= now - away);
  CHECK(begin_of(now - away, now - off, now) == now - away - margin);
  CHECK(begin_of(0, now, now) == -margin);
  CHECK(begin_of(0, 1'000'000'000'000'000, 0) < 0);
}
