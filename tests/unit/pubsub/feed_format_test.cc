// SPDX-License-Identifier: Apache-2.0
#include "pubsub/feed_format.h"

#include <doctest/doctest.h>

#include <vector>

using namespace fce;
using Kind = FeedChoice::Kind;

namespace {

FeedChoice choose(std::vector<Header> headers, std::string_view query = "",
                  const FeedForms& forms = {}) {
  Request request;
  request.headers = headers;
  request.query = query;
  return choose_feed(request, forms);
}

Kind kind_of(std::string_view accept, const FeedForms& forms = {}) {
  return choose({{"accept", accept}}, "", forms).kind;
}

}  // namespace

TEST_CASE("Accept decides between event stream and NDJSON") {
  CHECK(choose({}).kind == Kind::sse);
  for (const char* value :
       {"text/event-stream", "TEXT/Event-Stream", "*/*", "text/*", "text/html, */*;q=0.1",
        "text/event-stream;charset=utf-8", "text/html ,text/event-stream ; q=0.001",
        "*/*;q=0, text/event-stream", "text/*;q=0, text/event-stream;q=1", ", ,*/*",
        "text/event-stream, application/x-ndjson", "text/event-stream, */*",
        "application/x-ndjson;q=0.9, text/event-stream", "application/x-ndjson;q=0, */*",
        "application/x-ndjson;q=0.5, */*;q=0.6", "text/event-stream;q=junk"}) {
    CAPTURE(value);
    CHECK(kind_of(value) == Kind::sse);
  }
  for (const char* value :
       {"application/x-ndjson", "Application/X-NDJSON; charset=utf-8", "application/*",
        "application/x-ndjson, */*", "application/x-ndjson, text/*",
        "text/event-stream;q=0.5, application/x-ndjson;q=0.6", "text/event-stream;q=0, */*",
        "*/*, text/event-stream;Q=0", "text/*;q=0.0, */*", "application/x-ndjson;q=0.001"}) {
    CAPTURE(value);
    CHECK(kind_of(value) == Kind::stream);
  }
  for (const char* value :
       {"", "text/html", "application/json", "text/event-stream;q=0", "text/event-stream; q=0.000",
        "text/event-streams", "event-stream", "application/x-ndjson;q=0", "*/*;q=0"}) {
    CAPTURE(value);
    CHECK(kind_of(value) == Kind::refused);
  }
  CHECK(choose({{"accept", "text/html"}, {"accept", "text/event-stream"}}).kind == Kind::sse);
  CHECK(choose({{"accept", "text/html"}, {"accept", "application/*"}}).kind == Kind::stream);
}

TEST_CASE("a route that lacks a form gives the other one") {
  FeedForms no_sse;
  no_sse.sse = false;
  CHECK(choose({}, "", no_sse).kind == Kind::stream);
  CHECK(kind_of("text/event-stream, */*;q=0.1", no_sse) == Kind::stream);
  CHECK(kind_of("text/event-stream", no_sse) == Kind::refused);
  FeedForms no_stream;
  no_stream.stream = false;
  CHECK(kind_of("application/x-ndjson, */*;q=0.1", no_stream) == Kind::sse);
  CHECK(kind_of("application/x-ndjson", no_stream) == Kind::refused);
  const FeedForms none{false, false, false};
  CHECK(choose({}, "", none).kind == Kind::refused);
  CHECK(choose({}, "", none).status == 406);
}

TEST_CASE("the query's format decides without Accept") {
  CHECK(choose({{"accept", "text/event-stream"}}, "format=ndjson").kind == Kind::stream);
  CHECK(choose({{"accept", "application/x-ndjson"}}, "a=b&format=sse").kind == Kind::sse);
  CHECK(choose({{"accept", "text/html"}}, "format=ndjson").kind == Kind::stream);
  CHECK(choose({}, "format=").kind == Kind::sse);
  CHECK(choose({}, "format=xml").status == 400);
  CHECK(choose({}, "format=xml").kind == Kind::refused);
  FeedForms no_stream;
  no_stream.stream = false;
  CHECK(choose({}, "format=ndjson", no_stream).status == 406);
}

TEST_CASE("a poll is NDJSON for 1 to 60 seconds") {
  for (const char* query : {"poll=1", "poll=60", "after=0&poll=30", "poll=07"}) {
    CAPTURE(query);
    CHECK(choose({}, query).kind == Kind::poll);
  }
  CHECK(choose({{"accept", "*/*"}}, "poll=25").poll_s == 25);
  CHECK(choose({{"accept", "text/html"}}, "poll=25&format=ndjson").kind == Kind::poll);
  for (const char* query : {"poll=0", "poll=61", "poll=-1", "poll=x", "poll=1.5", "poll=1 ",
                            "poll=99999999999999999999"}) {
    CAPTURE(query);
    CHECK(choose({}, query).kind == Kind::refused);
    CHECK(choose({}, query).status == 400);
  }
  CHECK(choose({}, "poll=").kind == Kind::sse);
  CHECK(choose({{"accept", "text/event-stream"}}, "poll=9").status == 406);
  CHECK(choose({}, "poll=9&format=sse").status == 406);
  FeedForms forms;
  forms.poll = false;
  CHECK(choose({}, "poll=9", forms).status == 406);
  CHECK(choose({}, "poll=9", {false, false, true}).kind == Kind::poll);
}
