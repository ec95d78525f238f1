// SPDX-License-Identifier: Apache-2.0
#include "cache/answer.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cache/support.h"

namespace fce {
namespace {

using test::Asked;
using test::count_of;
using test::Headers;
using test::kDate;
using test::kThen;
using test::kThenMs;
using test::value_of;

constexpr std::string_view kBefore = "Sun, 06 Nov 1994 08:00:00 GMT";
constexpr std::string_view kLater = "Sun, 06 Nov 1994 09:00:00 GMT";
constexpr uint64_t kBodyBytes = 10;

const Headers kFields{{"date", kDate},
                      {"etag", "\"a\""},
                      {"last-modified", kBefore},
                      {"content-type", "a/b"},
                      {"content-encoding", "gzip"},
                      {"content-location", "/x"},
                      {"content-security-policy", "y"},
                      {"cache-control", "max-age=60"},
                      {"surrogate-key", "tag"},
                      {"vary", "foo"}};

class Answered {
 public:
  explicit Answered(const Headers& request, const Headers& fields = kFields,
                    std::string_view method = "GET", uint16_t status = 200)
      : asked_(request, method) {
    StoredParts parts;
    parts.info.status = status;
    parts.info.received_ms = kThenMs;
    parts.info.date_s = kThen;
    parts.info.initial_age_ms = 2000;
    int64_t modified_s;
    if (parse_http_date(value_of(fields, "last-modified"), &modified_s))
      parts.info.modified_s = modified_s;
    parts.fields = fields;
    REQUIRE(encode_stored(parts, &meta_) == Status::ok);
    REQUIRE(decode_stored(meta_, &view_));
    answer_ = answer_from_stored(*asked_, view_, kBodyBytes, kThenMs + 5500, {.ttl_s = 52}, {},
                                 asked_.arena);
  }
  Answered(const Answered&) = delete;

  const CacheAnswer* operator->() const { return &answer_; }
  std::string_view field(std::string_view name) const { return value_of(answer_.headers, name); }
  size_t count(std::string_view name) const { return count_of(answer_.headers, name); }
  // "206 2+3"
  std::string text() const {
    std::string out = std::to_string(answer_.status);
    if (answer_.parts)
      for (const ByteRange& part : *answer_.parts)
        out += " " + std::to_string(part.first) + "+" + std::to_string(part.length);
    else if (answer_.has_body)
      out += " " + std::to_string(answer_.part.first) + "+" + std::to_string(answer_.part.length);
    return out;
  }

 private:
  Asked asked_;
  std::vector<uint8_t> meta_;
  StoredView view_;
  CacheAnswer answer_;
};

struct Row {
  Headers request;
  std::string_view expected;
};

void check_rows(std::span<const Row> rows, const Headers& fields) {
  for (const Row& row : rows) {
    for (const Header& header : row.request) CAPTURE(header.value);
    CHECK(Answered(row.request, fields).text() == row.expected);
  }
}

}  // namespace

TEST_CASE("the whole") {
  const Answered answered({});
  CHECK(answered.text() == "200 0+10");
  CHECK(answered.field("age") == "7");
  CHECK(answered.field("cache-status") == "fcedge; hit; ttl=52");
  CHECK(answered.field("date") == kDate);
  CHECK(answered.field("content-type") == "a/b");
  CHECK(answered.field("vary") == "foo");
  // That is between the origin and us.
  CHECK(answered.count("surrogate-key") == 0);
  CHECK(answered.count("content-length") == 0);
  CHECK(answered.count("content-range") == 0);
  CHECK(Answered({}, kFields, "HEAD").text() == "200 0+10");
}

TEST_CASE("what caches before said is kept") {
  const Answered one({}, {{"cache-status", "Origin; hit"}});
  CHECK(one.field("cache-status") == "Origin; hit, fcedge; hit; ttl=52");
  const Answered two({}, {{"cache-status", "A; hit"}, {"x", "y"}, {"cache-status", "B; fwd=miss"}});
  CHECK(two.count("cache-status") == 1);
  CHECK(two.field("cache-status") == "A; hit, B; fwd=miss, fcedge; hit; ttl=52");
}

TEST_CASE("conditions on what is stored") {
  const Row rows[] = {
      {{{"if-none-match", "\"a\""}}, "304"},
      {{{"if-none-match", "W/\"a\""}}, "304"},
      {{{"if-none-match", "*"}}, "304"},
      {{{"if-none-match", "\"b\", \"a\""}}, "304"},
      {{{"if-none-match", "\"a\", \"b\""}}, "304"},
      {{{"if-none-match", "\"b\", \"a\", \"c\""}}, "304"},
      {{{"if-none-match", "\"b\""}, {"if-none-match", "\"a\""}}, "304"},
      {{{"if-none-match", "\"b\""}}, "200 0+10"},
      {{{"if-none-match", "a"}}, "200 0+10"},
      {{{"if-none-match", "\"A\""}}, "200 0+10"},
      {{{"if-none-match", ""}}, "200 0+10"},
      {{{"if-modified-since", kBefore}}, "304"},
      {{{"if-modified-since", kLater}}, "304"},
      {{{"if-modified-since", "Sun, 06 Nov 1994 07:59:59 GMT"}}, "200 0+10"},
      {{{"if-modified-since", "x"}}, "200 0+10"},
      {{{"if-modified-since", ""}}, "200 0+10"},
      // The entity-tag goes first.
      {{{"if-none-match", "\"b\""}, {"if-modified-since", kLater}}, "200 0+10"},
      {{{"if-none-match", "\"a\""}, {"if-modified-since", "Thu, 01 Jan 1970 00:00:00 GMT"}}, "304"},
  };
  check_rows(rows, kFields);
  CHECK(Answered({{"if-none-match", "\"a\""}}, kFields, "HEAD").text() == "304");
}

TEST_CASE("weak and odd entity-tags") {
  const Headers weak{{"etag", "W/\"a\""}};
  const Row rows[] = {
      {{{"if-none-match", "W/\"a\""}}, "304"},        {{{"if-none-match", "\"a\""}}, "304"},
      {{{"if-none-match", "\"b\", W/\"a\""}}, "304"}, {{{"if-none-match", "w/\"a\""}}, "200 0+10"},
      {{{"if-none-match", "W/\"b\""}}, "200 0+10"},   {{{"if-none-match", "W\"a\""}}, "200 0+10"},
  };
  check_rows(rows, weak);
  const Row bare[] = {
      {{{"if-none-match", "a"}}, "304"},
      {{{"if-none-match", " a "}}, "304"},
      {{{"if-none-match", "\"a\""}}, "200 0+10"},
      {{{"if-none-match", "b"}}, "200 0+10"},
  };
  check_rows(bare, {{"etag", "a"}});
}

TEST_CASE("without validators the date of the answer has to do") {
  const Row rows[] = {
      {{{"if-modified-since", kDate}}, "304"},
      {{{"if-modified-since", kLater}}, "304"},
      {{{"if-modified-since", kBefore}}, "200 0+10"},
      {{{"if-modified-since", ""}}, "200 0+10"},
      {{{"if-none-match", "\"\""}}, "200 0+10"},
      {{{"if-none-match", ""}}, "200 0+10"},
      {{{"if-none-match", "*"}}, "304"},
      // But no range depends on it.
      {{{"range", "bytes=0-1"}, {"if-range", kDate}}, "200 0+10"},
  };
  check_rows(rows, {{"date", kDate}});
}

TEST_CASE("a 304 has no fields of the body") {
  const Answered answered(Headers{{"if-none-match", "\"a\""}});
  for (const std::string_view name :
       {"date", "etag", "last-modified", "content-location", "content-security-policy",
        "cache-control", "vary", "age", "cache-status"})
    CHECK(answered.count(name) == 1);
  CHECK(answered.count("content-type") == 0);
  CHECK(answered.count("content-encoding") == 0);
  CHECK_FALSE(answered->has_body);
}

TEST_CASE("ranges") {
  const Row rows[] = {
      {{{"range", "bytes=0-0"}}, "206 0+1"},
      {{{"range", "bytes=2-4"}}, "206 2+3"},
      {{{"range", "bytes=2-"}}, "206 2+8"},
      {{{"range", "bytes=-3"}}, "206 7+3"},
      {{{"range", "bytes=-30"}}, "206 0+10"},
      {{{"range", "bytes=2-99"}}, "206 2+8"},
      {{{"range", "bytes=10-"}}, "416"},
      {{{"range", "bytes=-0"}}, "416"},
      {{{"range", "lines=0-0"}}, "200 0+10"},
      {{{"range", "bytes=4-2"}}, "200 0+10"},
      {{{"range", "x"}}, "200 0+10"},
      {{{"range", "bytes=7-8,0-1, -1"}}, "206 7+3 0+2"},
      {{{"range", "bytes=0-1,2-3"}}, "206 0+4"},
      {{{"range", "bytes=0-1,99-"}}, "206 0+2"},
      {{{"range", "bytes=99-,98-"}}, "416"},
      {{{"range", "bytes=2-4"}, {"if-range", "\"a\""}}, "206 2+3"},
      {{{"range", "bytes=2-4"}, {"if-range", "\"b\""}}, "200 0+10"},
      {{{"range", "bytes=2-4"}, {"if-range", "W/\"a\""}}, "200 0+10"},
      {{{"range", "bytes=2-4"}, {"if-range", kBefore}}, "206 2+3"},
      {{{"range", "bytes=2-4"}, {"if-range", kLater}}, "200 0+10"},
      {{{"range", "bytes=99-"}, {"if-range", "\"b\""}}, "200 0+10"},
      // A condition goes before the range.
      {{{"range", "bytes=2-4"}, {"if-none-match", "\"a\""}}, "304"},
      {{{"range", "bytes=2-4"}, {"if-none-match", "\"b\""}}, "206 2+3"},
  };
  check_rows(rows, kFields);
  CHECK(Answered({{"range", "bytes=2-4"}}, kFields, "HEAD").text() == "200 0+10");
  CHECK(Answered({{"range", "bytes=2-4"}, {"if-range", "W/\"a\""}}, {{"etag", "W/\"a\""}}).text() ==
        "200 0+10");
}

TEST_CASE("several ranges: each part repeats the type, the answer has none") {
  const Answered parts(Headers{{"range", "bytes=0-0,5-5"}});
  CHECK(parts.text() == "206 0+1 5+1");
  CHECK(parts->content_type == "a/b");
  CHECK(parts.count("content-type") == 0);
  CHECK(parts.count("content-range") == 0);
  CHECK(parts.field("content-encoding") == "gzip");
  std::string many = "bytes=0-0";
  for (size_t i = 0; i < kRangesMax; ++i) many += ",0-0";
  const Answered whole(Headers{{"range", many}});
  CHECK(whole.text() == "200 0+10");
  CHECK(whole->too_many_parts);
}

TEST_CASE("Content-Range") {
  const Answered part(Headers{{"range", "bytes=2-4"}});
  CHECK(part.field("content-range") == "bytes 2-4/10");
  CHECK(part.field("content-type") == "a/b");
  CHECK(part.field("age") == "7");
  const Answered beyond(Headers{{"range", "bytes=10-"}});
  CHECK(beyond.field("content-range") == "bytes */10");
  CHECK(beyond.count("content-type") == 0);
  CHECK(beyond.count("etag") == 1);
}

TEST_CASE("other statuses are sent as they are stored") {
  for (const uint16_t status : {203, 204, 301, 404, 410, 503, 599}) {
    const Answered answered({{"if-none-match", "\"a\""}, {"range", "bytes=0-1"}}, kFields, "GET",
                            status);
    CHECK(answered.text() == std::to_string(status) + " 0+10");
  }
}

}  // namespace fce
