// SPDX-License-Identifier: Apache-2.0
#include "http/compress.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "decompress.h"
#include "fake_transport.h"
#include "http/compress_body.h"

namespace fce {
namespace {

constexpr Header kText{"content-type", "text/plain; charset=utf-8"};

// Says what it is told, and waits when it has nothing.
class Feed final : public BodySource {
 public:
  Pull pull(Gather& out, size_t max) override {
    const size_t size = std::min(max, text.size());
    out.copy(std::string_view(text).substr(0, size));
    text.erase(0, size);
    if (!text.empty()) return Pull::more;
    return failing ? Pull::failed : over ? Pull::end : Pull::wait;
  }
  void on_drain() override { over = true; }
  void say(std::string_view more) {
    text += more;
    wake(Lane::answer);
  }
  std::string text;
  bool over = false;
  bool failing = false;
};

struct Setup : TestShard {
  explicit Setup(uint32_t bytes_min = 0) {
    auto policy = std::make_shared<CompressPolicy>();
    REQUIRE(CompressPolicy::make(0, bytes_min, "", policy.get()) == Status::ok);
    route.compress = std::move(policy);
  }
  Route route;
};

struct Answer {
  Answer(Setup& setup, std::string_view accepted, std::vector<Header> headers, Body body,
         uint16_t status = 200, std::string_view method = "GET")
      : exchange(setup, method, "/", {{"accept-encoding", accepted}}) {
    exchange->route = &setup.route;
    exchange->respond(status, headers, std::move(body));
    REQUIRE(transport().answers == 1);
  }
  FakeTransport& transport() { return exchange.transport; }
  std::string header(std::string_view name) { return transport().header(name); }
  bool encoded() { return header("content-encoding") != "-"; }
  FakeExchange exchange;
};

}  // namespace

TEST_CASE("compress: an answer in memory, in each coding") {
  Setup setup;
  const std::string text = prose(5000);
  for (const ContentCoding coding : {ContentCoding::gzip, ContentCoding::br, ContentCoding::zstd}) {
    Answer answer(setup, coding_name(coding),
                  {kText, {"ETag", "\"x\""}, {"accept-ranges", "bytes"}}, Body::copy_of(text));
    CHECK(answer.header("content-encoding") == coding_name(coding));
    CHECK(answer.header("vary") == "Accept-Encoding");
    CHECK(answer.header("ETag") == "W/\"x\"");
    CHECK(answer.header("accept-ranges") == "-");
    CHECK(answer.transport().length == answer.transport().text.size());
    CHECK(answer.transport().text.size() < 2000);
    CHECK(decompress(coding, answer.transport().text) == text);
  }
  CHECK(setup.count(Counter::compressed) == 3);
  CHECK(setup.count(Counter::compress_bytes_in) == 15'000);
  CHECK(setup.count(Counter::compress_bytes_out) < 6000);
}

TEST_CASE("compress: a large answer, and one of unknown length") {
  Setup setup;
  const std::string text = prose(1'000'000);
  for (const bool known : {true, false}) {
    auto feed = std::make_unique<Feed>();
    feed->text = text;
    feed->over = true;
    Answer answer(setup, "zstd, br;q=0.5", {kText},
                  known ? Body::copy_of(text) : Body::pulled(std::move(feed), std::nullopt));
    CHECK(answer.header("content-encoding") == "zstd");
    CHECK(answer.transport().length == std::nullopt);
    REQUIRE(answer.transport().has_source());
    CHECK(answer.transport().pull_all(setup, 10'000));
    CHECK(decompress(ContentCoding::zstd, answer.transport().text) == text);
    // A portion a turn.
    CHECK(answer.transport().waits >= 15);
  }
}

TEST_CASE("compress: what is left as it is, and whether it varies") {
  Setup setup;
  const std::string text = prose(2000);
  const struct {
    std::vector<Header> headers;
    size_t size;
    uint16_t status;
    bool varies;
  } table[] = {
      {{kText}, 1023, 200, false},
      {{{"content-type", "image/png"}}, 2000, 200, false},
      {{{"content-type", "text/event-stream"}}, 2000, 200, false},
      {{{"content-type", "text"}}, 2000, 200, false},
      {{}, 2000, 200, false},
      {{kText, {"content-encoding", "br"}}, 2000, 200, false},
      {{kText, {"Cache-Control", "max-age=1, No-Transform"}}, 2000, 200, false},
      {{kText, {"content-range", "bytes 0-1999/3000"}}, 2000, 206, false},
      {{kText}, 2000, 206, false},
      {{kText}, 0, 204, false},
  };
  for (const auto& entry : table) {
    Answer answer(setup, "gzip", entry.headers, Body::copy_of(text.substr(0, entry.size)),
                  entry.status);
    CHECK(answer.header("content-encoding") ==
          (entry.headers.size() == 2 && entry.headers[1].value == "br" ? "br" : "-"));
    CHECK(answer.header("vary") == (entry.varies ? "Accept-Encoding" : "-"));
    CHECK(answer.transport().text == text.substr(0, entry.size));
  }
  // Clients that accept none: it might have been compressed for another.
  for (const char* accepted : {"", "identity", "gzip;q=0, deflate"}) {
    Answer answer(setup, accepted, {kText, {"etag", "\"x\""}, {"vary", "Origin"}},
                  Body::copy_of(text));
    CHECK_FALSE(answer.encoded());
    CHECK(answer.header("vary") == "Origin, Accept-Encoding");
    CHECK(answer.header("etag") == "\"x\"");
  }
  // What does not shrink.
  Answer answer(setup, "gzip, br", {kText, {"vary", "a, accept-encoding"}},
                Body::copy_of(noise(2000)));
  CHECK_FALSE(answer.encoded());
  CHECK(answer.header("vary") == "a, accept-encoding");
  CHECK(setup.count(Counter::compressed) == 0);
}

TEST_CASE("compress: errors are compressed as well, and weak tags stay") {
  Setup setup(1);
  Answer answer(setup, "gzip", {kText, {"etag", "W/\"x\""}}, Body::copy_of(prose(500)), 404);
  CHECK(answer.encoded());
  CHECK(answer.header("etag") == "W/\"x\"");
}

TEST_CASE("compress: HEAD and 304 say what GET would") {
  Setup setup;
  Body body;
  body.length = 5000;
  Answer head(setup, "br", {kText, {"etag", "\"x\""}}, std::move(body), 200, "HEAD");
  CHECK(head.header("content-encoding") == "br");
  CHECK(head.header("etag") == "W/\"x\"");
  CHECK(head.header("vary") == "Accept-Encoding");
  CHECK(head.transport().length == std::nullopt);
  Answer same(setup, "br", {{"etag", "\"x\""}}, Body::none(), 304);
  CHECK(same.header("etag") == "W/\"x\"");
  CHECK(same.header("vary") == "Accept-Encoding");
  CHECK_FALSE(same.encoded());
  Answer plain(setup, "identity", {{"etag", "\"x\""}}, Body::none(), 304);
  CHECK(plain.header("etag") == "\"x\"");
  CHECK(plain.header("vary") == "Accept-Encoding");
}

TEST_CASE("compress: a stream moves on whenever its source has nothing more") {
  for (const ContentCoding coding : {ContentCoding::gzip, ContentCoding::br, ContentCoding::zstd}) {
    TestShard shard;
    auto source = std::make_unique<Feed>();
    Feed& feed = *source;
    CompressBody body(std::move(source), CompressorLease::take(coding, 0), shard.loop,
                      shard.counters);
    Gather gather;
    std::string got, said;
    const auto pull = [&] {
      gather.begin(Gather::kBytesMax);
      const BodySource::Pull result = body.pull(gather, 100'000);
      for (size_t i = 0; i < gather.count(); ++i) got += as_text(gather[i].bytes);
      uv_run(shard.loop.uv(), UV_RUN_NOWAIT);
      return result;
    };
    for (int i = 0; i < 5; ++i) {
      said += "event " + std::to_string(i) + "\n";
      feed.say("event " + std::to_string(i) + "\n");
      CHECK(pull() == BodySource::Pull::wait);
      CHECK(decompress(coding, got) == said);
      const size_t before = got.size();
      feed.say("");  // woken for nothing: nothing is sent
      CHECK(pull() == BodySource::Pull::wait);
      CHECK(got.size() == before);
    }
    body.on_drain();
    feed.say("");
    CHECK(pull() == BodySource::Pull::end);
    bool whole = false;
    CHECK(decompress(coding, got, &whole) == said);
    CHECK(whole);
  }
}

TEST_CASE("compress: a source that fails fails the answer, and one that is dropped is forgotten") {
  TestShard shard;
  Gather gather;
  {
    auto source = std::make_unique<Feed>();
    source->text = prose(1000);
    source->failing = true;
    CompressBody body(std::move(source), CompressorLease::take(ContentCoding::gzip, 0), shard.loop,
                      shard.counters);
    CHECK(body.pull(gather, 1000) == BodySource::Pull::failed);
    CHECK(body.pull(gather, 1000) == BodySource::Pull::failed);
  }
  {
    auto source = std::make_unique<Feed>();
    source->text = noise(200'000);
    CompressBody body(std::move(source), CompressorLease::take(ContentCoding::gzip, 0), shard.loop,
                      shard.counters);
    gather.begin(Gather::kBytesMax);
    while (body.pull(gather, gather.room()) == BodySource::Pull::more) {
    }
  }
  uv_run(shard.loop.uv(), UV_RUN_NOWAIT);  // its turn comes, and it is not there
}

TEST_CASE("compress: too many at once go out as they are") {
  Setup setup;
  std::vector<CompressorLease> leases;
  for (size_t i = 0; i < CompressorLease::kLeasesMax; ++i)
    leases.push_back(CompressorLease::take(ContentCoding::gzip, 1));
  Answer answer(setup, "gzip", {kText}, Body::copy_of(prose(2000)));
  CHECK_FALSE(answer.encoded());
  CHECK(answer.transport().text == prose(2000));
  CHECK(setup.count(Counter::limit_compressors) == 1);
}

TEST_CASE("compress: policies") {
  CompressPolicy policy;
  REQUIRE(CompressPolicy::make(9, 5, " application/x-a  TEXT/* ", &policy) == Status::ok);
  CHECK(policy.level() == 9);
  CHECK(policy.bytes_min() == 5);
  for (const char* type : {"application/X-A", "application/x-a;b=c", "text/css", "Text/HTML ; q"})
    CHECK(policy.takes(type));
  for (const char* type :
       {"application/x-ab", "text/", "text", "", "text/event-stream", "a/text/b"})
    CHECK_FALSE(policy.takes(type));
  REQUIRE(CompressPolicy::make(0, 0, "text/event-stream", &policy) == Status::ok);
  CHECK(policy.takes("text/event-stream"));
  CHECK(policy.bytes_min() == 1024);
  REQUIRE(CompressPolicy::make(0, 0, "", &policy) == Status::ok);
  for (const char* type : {"text/html", "application/json", "image/svg+xml", "application/wasm",
                           "text/javascript", "application/xml"})
    CHECK(policy.takes(type));
  for (const char* type : {"image/png", "font/woff2", "application/octet-stream", "video/mp4"})
    CHECK_FALSE(policy.takes(type));
  CHECK(CompressPolicy::make(10, 0, "", &policy) == Status::invalid);
  for (const char* types : {"text", "text/a,text/b", "/a", "a/", "text/*/b"})
    CHECK(CompressPolicy::make(0, 0, types, &policy) == Status::invalid);
}

}  // namespace fce
