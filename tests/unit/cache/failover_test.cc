// SPDX-License-Identifier: Apache-2.0
#include "cache/failover.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "../http/fake_transport.h"
#include "fetch_record.h"

namespace fce {
namespace {

struct Setup : TestShard {
  explicit Setup(size_t count, const FailoverOptions& options = {}) {
    std::vector<std::shared_ptr<const Fetcher>> fetchers;
    for (size_t i = 0; i < count; ++i) {
      origins.push_back(std::make_shared<FakeFetcher>());
      fetchers.push_back(origins.back());
    }
    REQUIRE(Failover::make(options, fetchers, &all) == Status::ok);
  }

  void start(FetchRequest request = request_for("/a?b")) {
    sink = std::make_unique<RecordSink>();
    fetch = all->start(http, std::move(request), *sink);
    CHECK(!sink->over());
  }
  const AskedFor& last(size_t origin) const {
    REQUIRE(!origins[origin]->requests.empty());
    return origins[origin]->requests.back();
  }
  // How often each was asked.
  std::vector<size_t> asked() const {
    std::vector<size_t> counts;
    for (const auto& origin : origins) counts.push_back(origin->requests.size());
    return counts;
  }
  // A request for which the first origin, if it is asked, fails and the second answers.
  void fail_once() {
    const size_t before = origins[0]->requests.size();
    start();
    if (origins[0]->requests.size() > before) last(0).fail(FetchError::connect);
    last(1).answer(200, {}, "ok");
    CHECK(sink->status == 200);
  }

  std::vector<std::shared_ptr<FakeFetcher>> origins;
  std::shared_ptr<const Fetcher> all;
  std::unique_ptr<RecordSink> sink;
  std::unique_ptr<Fetch> fetch;
};

using Counts = std::vector<size_t>;

}  // namespace

TEST_CASE("the first origin is asked as long as it answers") {
  Setup setup(2);
  for (int i = 0; i < 3; ++i) {
    setup.start();
    setup.last(0).answer(200, {{"etag", "\"e\""}}, "text");
    CHECK(setup.sink->body == "text");
    CHECK(setup.sink->header("etag") == "\"e\"");
  }
  CHECK(setup.asked() == Counts{3, 0});
}

TEST_CASE("the next one is asked the same when one cannot be reached or says that it fails") {
  const Header headers[] = {{"range", "bytes=0-1"}};
  for (const FetchError why : {FetchError::resolve, FetchError::connect, FetchError::connect_time,
                               FetchError::tls, FetchError::first_byte, FetchError::closed,
                               FetchError::malformed, FetchError::no_peer, FetchError::full}) {
    Setup setup(3);
    setup.start(request_for("/a?b", headers));
    setup.last(0).fail(why);
    CHECK(!setup.last(0).sink);
    setup.last(1).answer(503);
    CHECK(!setup.last(1).sink);
    const AskedFor& third = setup.last(2);
    CHECK(third.method == "GET");
    CHECK(third.target == "/a?b");
    CHECK(third.authority == "client.example");
    CHECK(third.headers == Fields{{"range", "bytes=0-1"}});
    third.answer(206, {}, "te");
    CHECK(setup.sink->status == 206);
    CHECK(setup.sink->heads == 1);
    CHECK(setup.sink->body == "te");
  }
}

TEST_CASE("what the last one says is passed on") {
  Setup setup(2);
  setup.start();
  setup.last(0).fail(FetchError::connect);
  setup.last(1).answer(503, {{"retry-after", "1"}}, "busy");
  CHECK(setup.sink->status == 503);
  CHECK(setup.sink->body == "busy");

  setup.start();
  setup.last(0).answer(500);
  setup.last(1).fail(FetchError::tls);
  CHECK(setup.sink->failed == FetchError::tls);
}

TEST_CASE("nobody else is asked once an answer has begun") {
  Setup setup(2);
  setup.start();
  setup.last(0).head(200, {}, 5);
  setup.last(0).fail(FetchError::truncated);
  CHECK(setup.sink->failed == FetchError::truncated);
  CHECK(setup.asked() == Counts{1, 0});
}

TEST_CASE("the statuses that lead on are those of the options") {
  FailoverOptions options;
  options.statuses = {404, 503};
  Setup setup(2, options);
  setup.start();
  setup.last(0).answer(404);
  setup.last(1).answer(200, {}, "text");
  CHECK(setup.sink->body == "text");
  setup.start();
  setup.last(0).answer(500);
  CHECK(setup.sink->status == 500);
  // An origin that has not got it does not fail.
  for (int i = 0; i < 9; ++i) {
    setup.start();
    setup.last(0).answer(404);
    setup.last(1).answer(200, {}, "text");
  }
  CHECK(setup.asked() == Counts{11, 10});
}

TEST_CASE("a request that may change something, or that has a body, is made once") {
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH"}) {
    Setup setup(2);
    FetchRequest request = request_for("/a", {}, method);
    request.body = Body::copy_of("content");
    setup.start(std::move(request));
    CHECK(setup.last(0).body == "content");
    setup.last(0).fail(FetchError::connect);
    CHECK(setup.sink->failed == FetchError::connect);
    CHECK(setup.asked() == Counts{1, 0});
  }
  Setup setup(2);
  FetchRequest request = request_for("/a");
  request.body = Body::copy_of("content");
  setup.start(std::move(request));
  setup.last(0).answer(503);
  CHECK(setup.sink->status == 503);
  CHECK(setup.asked() == Counts{1, 0});
}

TEST_CASE("an origin that failed several times is passed over for a while") {
  FailoverOptions options;
  options.failures_max = 3;
  options.pass_over_ms = 300;
  Setup setup(2, options);
  for (int i = 0; i < 3; ++i) setup.fail_once();
  CHECK(setup.asked() == Counts{3, 3});
  CHECK(setup.count(Counter::origin_failovers) == 3);
  CHECK(setup.count(Counter::origins_passed_over) == 1);
  setup.fail_once();
  CHECK(setup.asked() == Counts{3, 4});

  const uint64_t until = setup.loop.now_ms() + 301;
  setup.run_until([&] { return setup.loop.now_ms() >= until; });
  // It is tried again, and one failure more passes over it again.
  setup.fail_once();
  CHECK(setup.asked() == Counts{4, 5});
  setup.fail_once();
  CHECK(setup.asked() == Counts{4, 6});
}

TEST_CASE("an answer makes up for failures") {
  FailoverOptions options;
  options.failures_max = 2;
  Setup setup(2, options);
  for (int i = 0; i < 4; ++i) {
    setup.fail_once();
    setup.start();
    setup.last(0).answer(404);
    CHECK(setup.sink->status == 404);
  }
  CHECK(setup.asked() == Counts{8, 4});
}

TEST_CASE("when all fail all are asked, the one that failed first included") {
  FailoverOptions options;
  options.failures_max = 1;
  Setup setup(3, options);
  setup.start();
  for (size_t i = 0; i < 3; ++i) setup.last(i).fail(FetchError::connect);
  CHECK(setup.sink->failed == FetchError::connect);
  setup.start();
  CHECK(setup.asked() == Counts{2, 1, 1});
  setup.last(0).answer(200, {}, "back");
  CHECK(setup.sink->body == "back");
}

TEST_CASE("an origin that does not make a request, or a node that stops, is no failure") {
  FailoverOptions options;
  options.failures_max = 1;
  Setup setup(2, options);
  setup.start();
  setup.last(0).fail(FetchError::refused);
  setup.last(1).answer(200, {}, "text");
  CHECK(setup.sink->body == "text");
  setup.start();
  setup.last(0).fail(FetchError::stopped);
  CHECK(setup.sink->failed == FetchError::stopped);
  setup.start();
  CHECK(setup.asked() == Counts{3, 1});
}

TEST_CASE("a pause holds for whoever is asked") {
  Setup setup(2);
  setup.start();
  setup.fetch->pause();
  CHECK(setup.last(0).pauses == 1);
  setup.last(0).fail(FetchError::connect);
  CHECK(setup.last(1).pauses == 1);
  setup.fetch->resume();
  CHECK(setup.last(1).resumes == 1);
}

TEST_CASE("an upgrade goes to one origin, and its bytes both ways") {
  struct Source final : BodySource {
    Pull pull(Gather&, size_t) override { return Pull::end; }
  };
  Setup setup(2);
  FetchRequest request = request_for("/a");
  request.upgrade = true;
  setup.start(std::move(request));
  CHECK(setup.last(0).upgrade);
  setup.last(0).sink->on_upgraded({});
  CHECK(setup.sink->upgrades == 1);
  setup.fetch->send(std::make_unique<Source>());
  CHECK(setup.last(0).sends == 1);
  setup.last(0).sink->on_body(as_bytes("raw"));
  setup.last(0).fail(FetchError::truncated);
  CHECK(setup.sink->failed == FetchError::truncated);
  CHECK(setup.asked() == Counts{1, 0});
}

TEST_CASE("a sink may end its fetch whenever it is called, and it outlives its origins") {
  Setup setup(2);
  setup.start();
  setup.sink->at_head = [&] { setup.fetch.reset(); };
  setup.last(0).fail(FetchError::connect);
  setup.last(1).answer(200, {}, "text");
  CHECK(setup.sink->heads == 1);
  CHECK(!setup.last(1).sink);

  setup.start();
  setup.all.reset();
  setup.last(0).answer(503);
  setup.last(1).answer(200, {}, "text");
  CHECK(setup.sink->body == "text");
}

TEST_CASE("options that cannot work are refused with a sentence") {
  std::shared_ptr<const Fetcher> all;
  CHECK(Failover::make({}, {}, &all) == Status::invalid);
  const std::vector<std::shared_ptr<const Fetcher>> one = {std::make_shared<FakeFetcher>()};
  CHECK(Failover::make({}, one, &all) == Status::ok);
  FailoverOptions options;
  options.statuses = {200};
  CHECK(Failover::make(options, one, &all) == Status::invalid);
  CHECK(std::string(last_error()) == "200 is no status of an error");
  options = {};
  options.failures_max = 0;
  CHECK(Failover::make(options, one, &all) == Status::invalid);
}

}  // namespace fce
