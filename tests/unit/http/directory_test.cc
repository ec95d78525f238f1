// SPDX-License-Identifier: Apache-2.0
#include "http/directory.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "fake_transport.h"
#include "temp_directory.h"

namespace fce {
namespace {

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

struct Setup : TestShard {
  explicit Setup(bool precompressed = false) {
    temp.write("index.html", "<p>root</p>");
    temp.write("a.txt", "0123456789");
    temp.set_modified("a.txt", 784111777);
    temp.write("d/index.html", "inner");
    temp.write("large.bin", std::string(FileCache::kContentBytesMax, 'x') + "end");
    DirectoryOptions options;
    options.root = temp.path();
    options.cache_control = "max-age=60";
    options.precompressed = precompressed;
    REQUIRE(DirectoryHandler::make(options, 1, nullptr, &handler) == Status::ok);
  }
  // Serves `path` below the route "/files/{path...}".
  void run(FakeExchange& exchange) {
    exchange.set_param("path", exchange->request.path.substr(7));
    handler->handle(*exchange);
    CHECK(exchange.transport.answers == 1);
  }

  TempDirectory temp;
  std::shared_ptr<const Handler> handler;
};

struct Answer {
  Answer(Setup& setup, std::string_view method, std::string_view target,
         std::initializer_list<Header> headers = {})
      : exchange(setup, method, target, headers) {
    setup.run(exchange);
    REQUIRE(exchange.transport.pull_all(setup, 65'536));
  }
  uint16_t status() { return exchange.transport.status; }
  std::string header(std::string_view name) { return exchange.transport.header(name); }
  const std::string& text() { return exchange.transport.text; }
  uint64_t length() { return exchange.transport.length.value_or(UINT64_MAX); }

  FakeExchange exchange;
};

}  // namespace

TEST_CASE("a file with all its fields") {
  Setup setup;
  Answer answer(setup, "GET", "/files/a.txt");
  CHECK(answer.status() == 200);
  CHECK(answer.text() == "0123456789");
  CHECK(answer.header("content-type") == "text/plain; charset=utf-8");
  CHECK(answer.header("etag") == "\"ae1b981bc490a00-a\"");
  CHECK(answer.header("last-modified") == kDate);
  CHECK(answer.header("accept-ranges") == "bytes");
  CHECK(answer.header("cache-control") == "max-age=60");
  CHECK(answer.header("x-content-type-options") == "nosniff");
  CHECK(answer.header("vary") == "-");
}

TEST_CASE("indexes and redirects") {
  Setup setup;
  CHECK(Answer(setup, "GET", "/files/").text() == "<p>root</p>");
  CHECK(Answer(setup, "GET", "/files/d/").text() == "inner");
  Answer redirect(setup, "GET", "/files/d?a=b&c");
  CHECK(redirect.status() == 308);
  CHECK(redirect.header("location") == "/files/d/?a=b&c");
  CHECK(Answer(setup, "HEAD", "/files/d").header("location") == "/files/d/");
}

TEST_CASE("what is not served") {
  Setup setup;
  setup.temp.write(".secret", "x");
  setup.temp.link("/etc/passwd", "passwd");
  for (const char* path : {"/files/none", "/files/.secret", "/files/d/none", "/files/a.txt/",
                           "/files/passwd", "/files//a.txt", "/files/d\\index.html"})
    CHECK(Answer(setup, "GET", path).status() == 404);
  Answer post(setup, "POST", "/files/a.txt");
  CHECK(post.status() == 405);
  CHECK(post.header("allow") == "GET, HEAD");
  chmod(setup.temp.at("d/index.html").c_str(), 0);
  const AsNobody nobody;
  CHECK(Answer(setup, "GET", "/files/d/index.html").status() == 403);
}

TEST_CASE("conditional requests") {
  Setup setup;
  const std::string etag = Answer(setup, "GET", "/files/a.txt").header("etag");
  Answer same(setup, "GET", "/files/a.txt", {{"if-none-match", etag}});
  CHECK(same.status() == 304);
  CHECK(same.length() == 0);
  CHECK(same.header("etag") == etag);
  CHECK(same.header("cache-control") == "max-age=60");
  CHECK(same.header("content-type") == "-");
  CHECK(Answer(setup, "GET", "/files/a.txt", {{"if-modified-since", kDate}}).status() == 304);
  CHECK(Answer(setup, "GET", "/files/a.txt", {{"if-none-match", "\"x\""}}).status() == 200);
  CHECK(Answer(setup, "GET", "/files/a.txt", {{"if-match", "\"x\""}}).status() == 412);
}

TEST_CASE("ranges") {
  Setup setup;
  Answer part(setup, "GET", "/files/a.txt", {{"range", "bytes=2-4"}});
  CHECK(part.status() == 206);
  CHECK(part.text() == "234");
  CHECK(part.length() == 3);
  CHECK(part.header("content-range") == "bytes 2-4/10");
  CHECK(part.header("etag") != "-");
  Answer beyond(setup, "GET", "/files/a.txt", {{"range", "bytes=10-"}});
  CHECK(beyond.status() == 416);
  CHECK(beyond.header("content-range") == "bytes */10");
  Answer joined(setup, "GET", "/files/a.txt", {{"range", "bytes=0-1,2-4"}});
  CHECK(joined.status() == 206);
  CHECK(joined.text() == "01234");
  CHECK(joined.header("content-range") == "bytes 0-4/10");
  CHECK(Answer(setup, "HEAD", "/files/a.txt", {{"range", "bytes=0-1"}}).status() == 200);
  const auto with = [&](std::string_view value) {
    return Answer(setup, "GET", "/files/a.txt", {{"range", "bytes=0-1"}, {"if-range", value}})
        .status();
  };
  CHECK(with(kDate) == 206);
  CHECK(with("\"other\"") == 200);
}

TEST_CASE("several ranges are parts of one answer") {
  Setup setup;
  for (const char* path : {"/files/a.txt", "/files/large.bin"}) {
    Answer two(setup, "GET", path, {{"range", "bytes=0-1,-3"}});
    CHECK(two.status() == 206);
    const std::string type = two.header("content-type");
    REQUIRE(type.starts_with("multipart/byteranges; boundary="));
    CHECK(two.header("content-range") == "-");
    CHECK(two.header("etag") != "-");
    CHECK(two.length() == two.text().size());
    const bool small = path[7] == 'a';
    const std::string line = "--" + type.substr(31);
    const std::string head =
        small ? "\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-range: bytes "
              : "\r\ncontent-type: application/octet-stream\r\ncontent-range: bytes ";
    CHECK(two.text() == line + head + (small ? "0-1/10" : "0-1/262147") + "\r\n\r\n" +
                            (small ? "01" : "xx") + "\r\n" + line + head +
                            (small ? "7-9/10" : "262144-262146/262147") + "\r\n\r\n" +
                            (small ? "789" : "end") + "\r\n" + line + "--\r\n");
  }
  CHECK(Answer(setup, "GET", "/files/a.txt", {{"range", "bytes=0-1,5-6"}, {"if-range", kDate}})
            .status() == 206);
  CHECK(Answer(setup, "GET", "/files/a.txt", {{"range", "bytes=0-1,5-6"}, {"if-range", "\"x\""}})
            .text() == "0123456789");
  CHECK(Answer(setup, "GET", "/files/a.txt", {{"range", "bytes=20-,10-11"}}).status() == 416);
  CHECK(Answer(setup, "GET", "/files/a.txt", {{"range", "bytes=0-1,5-6,x"}}).status() == 200);
  std::string many = "bytes=0-0";
  for (int i = 0; i < 32; ++i) many += ",5-5";
  CHECK(setup.count(Counter::limit_ranges) == 0);
  CHECK(Answer(setup, "GET", "/files/a.txt", {{"range", many}}).status() == 200);
  CHECK(setup.count(Counter::limit_ranges) == 1);
}

TEST_CASE("large files come from the disk") {
  Setup setup;
  const uint64_t size = FileCache::kContentBytesMax + 3;
  Answer whole(setup, "GET", "/files/large.bin");
  CHECK(whole.status() == 200);
  CHECK(whole.length() == size);
  CHECK(whole.text() == std::string(FileCache::kContentBytesMax, 'x') + "end");
  Answer part(setup, "GET", "/files/large.bin", {{"range", "bytes=-4"}});
  CHECK(part.status() == 206);
  CHECK(part.text() == "xend");
  FakeExchange head(setup, "HEAD", "/files/large.bin");
  setup.run(head);
  CHECK(head.transport.length == size);
  CHECK_FALSE(head.transport.has_source());
}

TEST_CASE("a large file that was replaced is served as it is now") {
  Setup setup;
  CHECK(Answer(setup, "GET", "/files/large.bin").status() == 200);
  setup.temp.write("large.bin", std::string(FileCache::kContentBytesMax + 1, 'y'));
  Answer now(setup, "GET", "/files/large.bin");
  CHECK(now.length() == FileCache::kContentBytesMax + 1);
  CHECK(now.text().front() == 'y');
  setup.temp.write("large.bin", "small");
  CHECK(Answer(setup, "GET", "/files/large.bin").text() == "small");
}

TEST_CASE("an empty file") {
  Setup setup;
  setup.temp.write("empty", "");
  Answer answer(setup, "GET", "/files/empty");
  CHECK(answer.status() == 200);
  CHECK(answer.length() == 0);
  CHECK(Answer(setup, "GET", "/files/empty", {{"range", "bytes=0-"}}).status() == 416);
}

TEST_CASE("variants that were compressed beforehand") {
  Setup setup(true);
  setup.temp.write("a.txt.gz", "GZ");
  setup.temp.write("a.txt.br", "BR!");
  Answer br(setup, "GET", "/files/a.txt", {{"accept-encoding", "gzip, br"}});
  CHECK(br.text() == "BR!");
  CHECK(br.header("content-encoding") == "br");
  CHECK(br.header("content-type") == "text/plain; charset=utf-8");
  CHECK(br.header("vary") == "Accept-Encoding");
  Answer gzip(setup, "GET", "/files/a.txt", {{"accept-encoding", "gzip"}});
  CHECK(gzip.text() == "GZ");
  CHECK(gzip.header("content-encoding") == "gzip");
  Answer plain(setup, "GET", "/files/a.txt");
  CHECK(plain.text() == "0123456789");
  CHECK(plain.header("vary") == "Accept-Encoding");
  CHECK(plain.header("content-encoding") == "-");
  CHECK(br.header("etag") != gzip.header("etag"));
  // A validator of one variant says nothing of another.
  CHECK(Answer(setup, "GET", "/files/a.txt",
               {{"accept-encoding", "br"}, {"if-none-match", gzip.header("etag")}})
            .status() == 200);
  Answer same(setup, "GET", "/files/a.txt",
              {{"accept-encoding", "br"}, {"if-none-match", br.header("etag")}});
  CHECK(same.status() == 304);
  CHECK(same.header("vary") == "Accept-Encoding");
  Answer part(setup, "GET", "/files/a.txt", {{"accept-encoding", "br"}, {"range", "bytes=1-"}});
  CHECK(part.text() == "R!");
  CHECK(part.header("content-range") == "bytes 1-2/3");
}

TEST_CASE("options that are mistakes") {
  TempDirectory temp;
  std::shared_ptr<const Handler> handler;
  DirectoryOptions options;
  CHECK(check_directory(options) == Status::invalid);
  options.root = temp.at("none");
  CHECK(check_directory(options) == Status::not_found);
  CHECK(DirectoryHandler::make(options, 1, nullptr, &handler) == Status::not_found);
  options.root = temp.path();
  CHECK(check_directory(options) == Status::ok);
  options.index = "a/b";
  CHECK(check_directory(options) == Status::invalid);
  options.index = ".index";
  CHECK(check_directory(options) == Status::invalid);
  options.index = "home.html";
  options.cache_control = "a\r\nb: c";
  CHECK(check_directory(options) == Status::invalid);
  CHECK_FALSE(handler);
}

}  // namespace fce
