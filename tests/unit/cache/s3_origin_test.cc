// SPDX-License-Identifier: Apache-2.0
// S3Origin on a server that the test plays. Signatures are checked here against the signing code,
// and that against AWS's own examples (sigv4_test.cc) and a server that verifies them (e2e).
#include "cache/s3_origin.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "../http/fake_transport.h"
#include "../http/temp_directory.h"
#include "base/time.h"
#include "cache/s3_fetch.h"
#include "fetch_record.h"
#include "log_lines.h"

namespace fce {
namespace {

using From = S3CredentialOptions::From;

S3OriginOptions usual() {
  S3OriginOptions options;
  options.bucket = "bucket";
  options.region = "eu-west-1";
  options.endpoint = "https://s3.example";
  return options;
}

struct Setup : TestShard {
  explicit Setup(S3OriginOptions options = usual(), const char* token = "") {
    temp.write("credentials", std::string("[default]\naws_access_key_id=AKID\n") +
                                  "aws_secret_access_key=secret\naws_session_token=" + token +
                                  "\n");
    if (options.credentials.from == From::automatic) {
      options.credentials.from = From::shared_file;
      options.credentials.shared_file = temp.at("credentials");
      options.credentials.profile = "default";
    }
    REQUIRE(S3Origin::make(options, server, &origin) == Status::ok);
  }

  // Begins a fetch for which `sink` is.
  void start(std::string_view target, std::vector<Header> headers = {},
             std::string_view method = "GET") {
    fetch = origin->start(http, request_for(target, headers, method), sink);
    CHECK(!sink.over());
  }
  const AskedFor& asked(size_t index = 0) const {
    REQUIRE(server->requests.size() > index);
    return server->requests[index];
  }
  void run() {
    run_until([this] { return sink.over(); });
  }

  const LogLines log;
  const TempDirectory temp;
  const std::shared_ptr<FakeFetcher> server = std::make_shared<FakeFetcher>();
  std::shared_ptr<const Fetcher> origin;
  RecordSink sink;
  std::unique_ptr<Fetch> fetch;
};

std::string error_xml(std::string_view code, std::string_view more = "") {
  return "<?xml version='1.0' encoding='UTF-8'?>\n<Error><Code>" + std::string(code) +
         "</Code><Message>words</Message>" + std::string(more) + "</Error>";
}

// Answers the first request with an error, and says what the sink heard.
std::string heard(uint16_t status, std::string_view xml, S3OriginOptions options = usual(),
                  const char* method = "GET") {
  Setup setup(std::move(options));
  setup.start("/a", {}, method);
  setup.asked().answer(status, {{"content-type", "application/xml"}}, xml);
  CHECK(setup.sink.over());
  CHECK(setup.sink.body == "");
  CHECK(setup.sink.header("content-type") == "-");
  if (setup.sink.failed) return "fail " + std::to_string(static_cast<int>(*setup.sink.failed));
  CHECK(setup.sink.length == 0);
  return std::to_string(setup.sink.status);
}

const std::string kMalformed = "fail " + std::to_string(static_cast<int>(FetchError::malformed));

std::string place_error(const S3OriginOptions& options) {
  S3Place place;
  return S3Place::from(options, &place) == Status::ok ? "" : last_error();
}

}  // namespace

TEST_CASE("the place of a bucket is its host, or a path of its endpoint's") {
  S3OriginOptions options = usual();
  S3Place place;
  REQUIRE(S3Place::from(options, &place) == Status::ok);
  CHECK(place.authority == "bucket.s3.example");
  CHECK(place.url.server.host == "bucket.s3.example");
  CHECK(place.path == "/");

  options.path_style = true;
  options.endpoint = "http://127.0.0.1:8080";
  REQUIRE(S3Place::from(options, &place) == Status::ok);
  CHECK(place.authority == "127.0.0.1:8080");
  CHECK(place.path == "/bucket/");

  options = {};
  options.bucket = "bucket";
  REQUIRE(S3Place::from(options, &place) == Status::ok);
  CHECK(place.authority == "bucket.s3.us-east-1.amazonaws.com");
  CHECK(place.url.tls());
  options.region = "eu-west-1";
  REQUIRE(S3Place::from(options, &place) == Status::ok);
  CHECK(place.authority == "bucket.s3.eu-west-1.amazonaws.com");
}

TEST_CASE("options that cannot work are refused with a sentence") {
  S3OriginOptions options = usual();
  CHECK(place_error(options) == "");
  for (const char* bucket : {"", "ab", "Bucket", "a.b.c", "a/b", "-ab", "ab-", "a b c"}) {
    CAPTURE(bucket);
    options.bucket = bucket;
    CHECK(place_error(options).find("use the path style") != std::string::npos);
  }
  options.path_style = true;
  for (const char* bucket : {"", "a/b", "a b", "...", "a?b", "a%b"}) {
    CAPTURE(bucket);
    options.bucket = bucket;
    CHECK(place_error(options).find("is not the name of a bucket") != std::string::npos);
  }
  for (const char* bucket : {"Bucket_1", "a.b.c"}) {
    options.bucket = bucket;
    CHECK(place_error(options) == "");
  }
  options = usual();
  options.region = "eu/west";
  CHECK(place_error(options) == "\"eu/west\" is not a region");
  options = usual();
  options.endpoint = "https://127.0.0.1";
  CHECK(place_error(options).find("use the path style") != std::string::npos);
  options.endpoint = "https://s3.example/path";
  CHECK(place_error(options).find("has no path") != std::string::npos);
  options.endpoint = "s3.example";
  CHECK(place_error(options).find("is none of http://") != std::string::npos);
  options = usual();
  options.path_style = true;
  options.endpoint = "http://10.0.0.1";
  CHECK(place_error(options).find("is not on this machine") != std::string::npos);
  options.clear_text = true;
  CHECK(place_error(options) == "");
  for (const char* prefix : {"../", "a/../b", "./", "a\nb"}) {
    CAPTURE(prefix);
    options = usual();
    options.prefix = prefix;
    CHECK(place_error(options).find("prefix") != std::string::npos);
  }
}

TEST_CASE("an object is asked for by its signed key, with what S3 knows of the request") {
  S3OriginOptions options = usual();
  options.prefix = "public/";
  Setup setup(options, "session");
  setup.start("/a%20b/%C3%A9+?acl&x=1", {{"range", "bytes=0-9"},
                                         {"cookie", "a=b"},
                                         {"authorization", "Bearer of-the-client"},
                                         {"accept-encoding", "gzip"},
                                         {"x-amz-date", "20000101T000000Z"},
                                         {"x-amz-acl", "public-read-write"},
                                         {"if-none-match", "\"e\""}});
  const AskedFor& asked = setup.asked();
  CHECK(asked.method == "GET");
  CHECK(asked.target == "/public/a%20b/%C3%A9%2B");
  CHECK(asked.authority == "bucket.s3.example");
  CHECK(asked.headers.size() == 6);
  CHECK(asked.header("range") == "bytes=0-9");
  CHECK(asked.header("if-none-match") == "\"e\"");
  CHECK(asked.header("x-amz-content-sha256") == kEmptyPayloadHash);
  CHECK(asked.header("x-amz-security-token") == "session");

  const std::string time = asked.header("x-amz-date");
  REQUIRE(time.size() == kSigV4TimeBytes);
  const std::vector<Header> headers = {
      {"host", "bucket.s3.example"}, {"if-none-match", "\"e\""},
      {"range", "bytes=0-9"},        {"x-amz-content-sha256", kEmptyPayloadHash},
      {"x-amz-date", time},          {"x-amz-security-token", "session"}};
  const SigV4Signer signer("eu-west-1", "s3");
  CHECK(asked.header("authorization") ==
        signer.sign({"GET", asked.target, "", headers, kEmptyPayloadHash}, time,
                    {"AKID", "secret", "session"}));
}

TEST_CASE("a public bucket is asked without a signature") {
  S3OriginOptions options = usual();
  options.credentials.from = From::anonymous;
  Setup setup(options);
  setup.start("/a", {{"range", "bytes=0-9"}});
  CHECK(setup.asked().headers == Fields{{"range", "bytes=0-9"}});
}

TEST_CASE("a range that depends on a validator is not asked for") {
  Setup setup;
  setup.start("/a", {{"range", "bytes=0-9"}, {"if-range", "\"e\""}});
  CHECK(setup.asked().header("range") == "-");
  CHECK(setup.asked().header("if-range") == "-");
}

TEST_CASE("what is no object is not asked for") {
  for (const char* target : {"/", "/?list-type=2", "/../other", "/a%2Fb", "/%ff"}) {
    CAPTURE(target);
    Setup setup;
    setup.start(target);
    setup.run();
    CHECK(setup.sink.status == 404);
    CHECK(setup.sink.length == 0);
    CHECK(setup.server->requests.empty());
  }
  for (const char* method : {"PUT", "DELETE", "POST", "OPTIONS", "get"}) {
    CAPTURE(method);
    Setup setup;
    setup.start("/a", {}, method);
    setup.run();
    CHECK(setup.sink.failed == FetchError::refused);
    CHECK(setup.server->requests.empty());
  }
}

TEST_CASE("an object comes with its own fields, and what S3 says of itself stays inside") {
  Setup setup;
  setup.start("/a");
  setup.asked().head(200,
                     {{"content-type", "image/png"},
                      {"etag", "\"e\""},
                      {"cache-control", "max-age=60"},
                      {"last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"},
                      {"x-amz-id-2", "1"},
                      {"x-amz-request-id", "2"},
                      {"x-amz-version-id", "3"},
                      {"x-amz-meta-owner", "somebody"},
                      {"x-amz-meta-cache-tag", "one,two"},
                      {"x-amz-meta-surrogate-key", "three"},
                      {"x-trans-id", "4"},
                      {"server", "AmazonS3"},
                      {"set-cookie", "a=b"},
                      {"access-control-allow-origin", "*"}},
                     5);
  CHECK(setup.sink.status == 200);
  CHECK(setup.sink.length == 5);
  CHECK(setup.sink.headers == Fields{{"content-type", "image/png"},
                                     {"etag", "\"e\""},
                                     {"cache-control", "max-age=60"},
                                     {"last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"},
                                     {"cache-tag", "one,two"},
                                     {"surrogate-key", "three"}});
  setup.asked().sink->on_body(as_bytes("he"));
  setup.fetch->pause();
  CHECK(setup.asked().pauses == 1);
  setup.fetch->resume();
  CHECK(setup.asked().resumes == 1);
  setup.asked().rest("llo");
  CHECK(setup.sink.body == "hello");
  CHECK(setup.sink.ended);
}

TEST_CASE("a fetch that was paused before its head is paused after it") {
  Setup setup;
  setup.start("/a");
  setup.fetch->pause();
  CHECK(setup.asked().pauses == 0);
  setup.asked().head(200, {}, 5);
  CHECK(setup.asked().pauses == 1);
}

TEST_CASE("answers to conditions and ranges are passed on, without the words of an error") {
  for (const uint16_t status : {304, 412, 416}) {
    Setup setup;
    setup.start("/a");
    setup.asked().answer(status,
                         {{"etag", "\"e\""},
                          {"content-range", "bytes */5"},
                          {"content-type", "application/xml"},
                          {"content-length", "99"}},
                         error_xml("InvalidRange"));
    CHECK(setup.sink.status == status);
    CHECK(setup.sink.headers == Fields{{"etag", "\"e\""}, {"content-range", "bytes */5"}});
    CHECK(setup.sink.length == 0);
    CHECK(setup.sink.body == "");
    CHECK(setup.sink.ended);
  }
}

TEST_CASE("an error is the object's, or ours") {
  S3OriginOptions lenient = usual();
  lenient.forbidden_is_absent = true;
  CHECK(heard(404, error_xml("NoSuchKey")) == "404");
  CHECK(heard(404, error_xml("NoSuchBucket")) == kMalformed);
  CHECK(heard(403, error_xml("AccessDenied")) == "403");
  CHECK(heard(403, error_xml("AccessDenied"), lenient) == "404");
  CHECK(heard(403, error_xml("InvalidObjectState"), lenient) == "403");
  for (const char* code :
       {"SignatureDoesNotMatch", "InvalidAccessKeyId", "RequestTimeTooSkewed", "ExpiredToken"}) {
    CAPTURE(code);
    CHECK(heard(403, error_xml(code)) == kMalformed);
    CHECK(heard(403, error_xml(code), lenient) == kMalformed);
  }
  CHECK(heard(400, error_xml("AuthorizationHeaderMalformed")) == kMalformed);
  CHECK(heard(400, error_xml("ExpiredToken")) == kMalformed);
  CHECK(heard(401, "") == kMalformed);
  CHECK(heard(500, error_xml("InternalError")) == "500");
  CHECK(heard(503, error_xml("SlowDown")) == "503");
  CHECK(heard(429, error_xml("TooManyRequests")) == "503");
  CHECK(heard(301, error_xml("PermanentRedirect")) == kMalformed);
  CHECK(heard(307, error_xml("TemporaryRedirect")) == kMalformed);
  CHECK(heard(204, "") == kMalformed);
  // Without a body there is no reason.
  CHECK(heard(404, "", usual(), "HEAD") == "404");
  CHECK(heard(403, "", usual(), "HEAD") == "403");
  CHECK(heard(403, "", lenient, "HEAD") == "404");
}

TEST_CASE("what is wrong with us stands in the log, with S3's words for it") {
  {
    Setup setup;
    setup.start("/a");
    setup.asked().answer(301, {{"x-amz-bucket-region", "ap-south-1"}},
                         error_xml("PermanentRedirect"));
    CHECK(
        setup.log.has("an S3 origin gives no answer bucket=bucket status=301 "
                      "code=PermanentRedirect region=ap-south-1"));
  }
  {
    Setup setup;
    setup.start("/a");
    setup.asked().answer(400, {},
                         error_xml("AuthorizationHeaderMalformed", "<Region>eu-north-1</Region>"));
    CHECK(setup.log.has("status=400 code=AuthorizationHeaderMalformed region=eu-north-1"));
  }
  {
    Setup setup;
    for (int i = 0; i < 3; ++i) {
      RecordSink sink;
      const auto fetch = setup.origin->start(setup.http, request_for("/a"), sink);
      setup.server->requests.back().answer(403, {}, error_xml("SignatureDoesNotMatch"));
    }
    CHECK(setup.log.has("code=SignatureDoesNotMatch"));
    CHECK(setup.count(Counter::s3_refusals) == 3);
    CHECK(setup.log.text.find("gives no answer") == setup.log.text.rfind("gives no answer"));
    CHECK(!setup.log.has("secret"));
  }
}

TEST_CASE("an origin that asks for patience is repeated") {
  Setup setup;
  setup.start("/a");
  setup.asked().answer(503, {{"retry-after", "7"}}, error_xml("SlowDown"));
  CHECK(setup.sink.headers == Fields{{"retry-after", "7"}});
}

TEST_CASE("of an error without end as much is read as is needed") {
  Setup setup;
  setup.start("/a");
  setup.asked().head(404);
  for (int i = 0; i < 100 && setup.asked().sink; ++i)
    setup.asked().sink->on_body(as_bytes(std::string(1000, 'x')));
  CHECK(!setup.asked().sink);
  CHECK(setup.sink.status == 404);
  CHECK(setup.sink.ended);

  Setup other;
  other.start("/a");
  other.asked().head(416);
  for (int i = 0; i < 100 && other.asked().sink; ++i)
    other.asked().sink->on_body(as_bytes(std::string(1000, 'x')));
  CHECK(!other.asked().sink);
  CHECK(other.sink.ended);
}

TEST_CASE("an error that breaks off is judged by what came of it") {
  Setup setup;
  setup.start("/a");
  setup.asked().head(403);
  setup.asked().sink->on_body(as_bytes("<Error><Code>AccessDenied</Code>"));
  setup.asked().fail(FetchError::truncated);
  CHECK(setup.sink.status == 403);
  CHECK(setup.sink.ended);
}

TEST_CASE("a failure is passed on") {
  Setup setup;
  setup.start("/a");
  setup.asked().fail(FetchError::connect);
  CHECK(setup.sink.failed == FetchError::connect);

  Setup later;
  later.start("/a");
  later.asked().head(200, {}, 5);
  later.asked().fail(FetchError::truncated);
  CHECK(later.sink.failed == FetchError::truncated);
}

TEST_CASE("a clock that differs is learned from S3's, and the request made once more") {
  Setup setup;
  const int64_t theirs = wall_seconds() + 3600;
  const std::string date = http_date(theirs);
  setup.start("/a", {{"range", "bytes=0-1"}});
  const std::string first = setup.asked().header("x-amz-date");
  setup.asked().head(403, {{"date", date}});
  REQUIRE(setup.server->requests.size() == 2);
  CHECK(!setup.asked(0).sink);
  const AskedFor& again = setup.asked(1);
  CHECK(again.target == "/a");
  CHECK(again.header("range") == "bytes=0-1");
  CHECK(again.header("x-amz-date") != first);
  // Within the second or two that the test may have taken.
  const auto near = [&](const std::string& stamp) {
    for (int64_t s = 0; s < 30; ++s) {
      const auto time = sigv4_time(theirs + s);
      if (stamp == std::string(time.data(), time.size())) return true;
    }
    return false;
  };
  CHECK(near(again.header("x-amz-date")));
  again.answer(206, {}, "he");
  CHECK(setup.sink.status == 206);
  CHECK(setup.sink.body == "he");
  CHECK(setup.log.has("the clock of an S3 origin differs bucket=bucket offset_s="));
  CHECK(setup.count(Counter::s3_clock_learned) == 1);

  RecordSink sink;
  const auto fetch = setup.origin->start(setup.http, request_for("/b"), sink);
  CHECK(near(setup.asked(2).header("x-amz-date")));
}

TEST_CASE("a clock is asked about once for each request") {
  Setup setup;
  setup.start("/a");
  const std::string early = http_date(wall_seconds() - 7200),
                    late = http_date(wall_seconds() + 7200);
  setup.asked(0).head(403, {{"date", late}});
  setup.asked(1).answer(403, {{"date", early}}, error_xml("RequestTimeTooSkewed"));
  CHECK(setup.server->requests.size() == 2);
  CHECK(setup.sink.failed == FetchError::malformed);

  Setup right;
  right.start("/a");
  right.asked().answer(403, {{"date", http_date(wall_seconds() - 100)}}, error_xml("AccessDenied"));
  CHECK(right.server->requests.size() == 1);
  CHECK(right.sink.status == 403);

  Setup unreadable;
  unreadable.start("/a");
  unreadable.asked().answer(403, {{"date", "yesterday"}}, error_xml("AccessDenied"));
  CHECK(unreadable.server->requests.size() == 1);
}

TEST_CASE("a sink may end its fetch whenever it is called") {
  for (const uint16_t status : {200, 304, 404, 503}) {
    CAPTURE(status);
    Setup setup;
    setup.sink.at_head = [&] { setup.fetch.reset(); };
    setup.start("/a");
    setup.asked().answer(status, {}, "text");
    CHECK(setup.sink.heads == 1);
    CHECK(!setup.sink.over());
    CHECK(!setup.asked().sink);
  }
  Setup setup;
  setup.sink.at_body = [&] { setup.fetch.reset(); };
  setup.start("/a");
  setup.asked().answer(200, {}, "text");
  CHECK(setup.sink.body == "text");
  CHECK(!setup.sink.over());

  Setup absent;
  absent.sink.at_head = [&] { absent.fetch.reset(); };
  absent.start("/");
  absent.run_until([&] { return absent.sink.heads == 1; });
  CHECK(!absent.sink.over());
}

TEST_CASE("an origin lives as long as its last fetch") {
  Setup setup;
  setup.start("/a");
  setup.origin.reset();
  setup.asked().head(403, {{"date", http_date(wall_seconds() + 3600)}});
  setup.asked(1).answer(200, {}, "text");
  CHECK(setup.sink.body == "text");
}

TEST_CASE("the words of an error are found by their element") {
  CHECK(s3_error_part(error_xml("SlowDown"), "Code") == "SlowDown");
  CHECK(s3_error_part(error_xml("SlowDown", "<Region>r</Region>"), "Region") == "r");
  CHECK(s3_error_part(error_xml("SlowDown"), "Region") == "");
  CHECK(s3_error_part("<Code>cut", "Code") == "");
  CHECK(s3_error_part("<Code></Code>", "Code") == "");
  CHECK(s3_error_part("", "Code") == "");
}

}  // namespace fce
