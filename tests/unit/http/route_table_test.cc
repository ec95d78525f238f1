// SPDX-License-Identifier: Apache-2.0
#include "http/route_table.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace fce {
namespace {

struct NoHandler : Handler {
  void handle(Exchange&) const override {}
};

Status add(RouteTable& table, std::string pattern, std::vector<std::string> methods = {},
           std::string host = {}) {
  Route route;
  route.pattern = std::move(pattern);
  route.methods = std::move(methods);
  route.host = std::move(host);
  route.handler = std::make_shared<NoHandler>();
  return table.add(std::move(route));
}

// "/a/{id} id=7", "405 GET, HEAD, OPTIONS" or "404".
std::string find(const RouteTable& table, std::string_view path, std::string_view method = "GET",
                 std::string_view host = "example.com") {
  Arena arena;
  const RouteMatch match = table.match(host, method, path, arena);
  if (!match.route) return match.allow.empty() ? "404" : "405 " + std::string(match.allow);
  std::string text = match.route->host + match.route->pattern;
  for (const PathParam& param : match.params)
    text += " " + std::string(param.name) + "=" + std::string(param.value);
  return text;
}

}  // namespace

TEST_CASE("static, parameter and wildcard segments") {
  RouteTable table;
  for (const char* pattern : {"/", "/a", "/a/", "/a/{id}", "/a/{id}/edit", "/files/{path...}"})
    REQUIRE(add(table, pattern) == Status::ok);
  CHECK(find(table, "/") == "/");
  CHECK(find(table, "/a") == "/a");
  CHECK(find(table, "/a/") == "/a/");
  CHECK(find(table, "/a/7") == "/a/{id} id=7");
  CHECK(find(table, "/a/7/edit") == "/a/{id}/edit id=7");
  CHECK(find(table, "/files/") == "/files/{path...} path=");
  CHECK(find(table, "/files/x/y/") == "/files/{path...} path=x/y/");
  CHECK(find(table, "/files//x") == "/files/{path...} path=/x");
  for (const std::string_view path :
       {"/b", "/A", "/a/7/", "/a//edit", "/files", "//", "", "*", "a"})
    CHECK(find(table, path) == "404");
}

TEST_CASE("static before parameter before wildcard, with backtracking") {
  RouteTable table;
  for (const char* pattern :
       {"/{path...}", "/{x}/b/c", "/a/{y}/d", "/a/b/e", "/a/b/{z...}", "/a/{y}/{w...}"})
    REQUIRE(add(table, pattern) == Status::ok);
  CHECK(find(table, "/a/b/e") == "/a/b/e");
  CHECK(find(table, "/a/b/c") == "/a/b/{z...} z=c");
  CHECK(find(table, "/a/q/d") == "/a/{y}/d y=q");
  CHECK(find(table, "/a/q/f") == "/a/{y}/{w...} y=q w=f");
  CHECK(find(table, "/q/b/c") == "/{x}/b/c x=q");
  CHECK(find(table, "/q/b/x") == "/{path...} path=q/b/x");
  CHECK(find(table, "/") == "/{path...} path=");
}

TEST_CASE("methods") {
  RouteTable table;
  REQUIRE(add(table, "/a", {"GET"}) == Status::ok);
  REQUIRE(add(table, "/a", {"POST", "PURGE"}) == Status::ok);
  REQUIRE(add(table, "/{x}", {"DELETE"}) == Status::ok);
  REQUIRE(add(table, "/h", {"HEAD"}) == Status::ok);
  REQUIRE(add(table, "/h", {"GET", "OPTIONS"}) == Status::ok);
  CHECK(find(table, "/a", "HEAD") == "/a");
  CHECK(find(table, "/a", "PURGE") == "/a");
  CHECK(find(table, "/a", "DELETE") == "/{x} x=a");
  CHECK(find(table, "/a", "PUT") == "405 GET, HEAD, POST, PURGE, DELETE, OPTIONS");
  CHECK(find(table, "/b", "get") == "405 DELETE, OPTIONS");
  CHECK(find(table, "/h", "PUT") == "405 HEAD, GET, OPTIONS, DELETE");
  CHECK(find(table, "/a/b", "PUT") == "404");
}

TEST_CASE("two routes of one pattern may name their parameters differently") {
  RouteTable table;
  REQUIRE(add(table, "/{id}/x", {"GET"}) == Status::ok);
  REQUIRE(add(table, "/{name}/x", {"PUT"}) == Status::ok);
  CHECK(find(table, "/7/x") == "/{id}/x id=7");
  CHECK(find(table, "/7/x", "PUT") == "/{name}/x name=7");
}

TEST_CASE("a more exact host wins") {
  RouteTable table;
  REQUIRE(add(table, "/a") == Status::ok);
  REQUIRE(add(table, "/any") == Status::ok);
  REQUIRE(add(table, "/a", {}, "Example.com") == Status::ok);
  REQUIRE(add(table, "/a", {}, "*.example.com") == Status::ok);
  REQUIRE(add(table, "/a", {}, "*.b.example.com") == Status::ok);
  REQUIRE(add(table, "/a", {"POST"}, "[::1]") == Status::ok);
  CHECK(find(table, "/a", "GET", "example.com") == "example.com/a");
  CHECK(find(table, "/a", "GET", "example.com.") == "example.com/a");
  CHECK(find(table, "/a", "GET", "x.example.com") == "*.example.com/a");
  CHECK(find(table, "/a", "GET", "x.b.example.com") == "*.b.example.com/a");
  CHECK(find(table, "/a", "GET", "b.example.com") == "*.example.com/a");
  CHECK(find(table, "/a", "GET", "badexample.com") == "/a");
  CHECK(find(table, "/a", "GET", "") == "/a");
  CHECK(find(table, "/any", "GET", "x.example.com") == "/any");
  CHECK(find(table, "/a", "POST", "[::1]") == "[::1]/a");
  CHECK(find(table, "/a", "PUT", "[::1]") == "405 POST, GET, HEAD, OPTIONS");
}

TEST_CASE("paths are decoded; what would be read differently elsewhere matches nothing") {
  RouteTable table;
  REQUIRE(add(table, "/caf%C3%A9/{x}") == Status::ok);
  REQUIRE(add(table, "/f/{path...}") == Status::ok);
  CHECK(find(table, "/caf%c3%a9/a%20b") == "/caf%C3%A9/{x} x=a b");
  CHECK(find(table, "/f/a%25b/c") == "/f/{path...} path=a%b/c");
  CHECK(find(table, "/f/.a/..b/c./...") == "/f/{path...} path=.a/..b/c./...");
  for (const std::string_view path :
       {"/f/a%2fb", "/f/%00", "/f/%", "/f/%z1", "/f/..", "/f/../g", "/f/.", "/f/./a", "/f/a/..",
        "/f/%2e%2e/x", "/f/.%2e", "/./f/x", "/../f/x"})
    CHECK(find(table, path) == "404");
  CHECK(find(table, std::string_view("/f/a\0b", 6)) == "404");
}

TEST_CASE("what cannot be added") {
  RouteTable table;
  REQUIRE(add(table, "/a/{id}", {"GET", "PUT"}) == Status::ok);
  CHECK(add(table, "/a/{other}", {"POST", "PUT"}) == Status::exists);
  CHECK(add(table, "/b", {"GET", "GET"}) == Status::exists);
  CHECK(add(table, "b") == Status::invalid);
  for (const char* method : {"get", "", "G T", "GET,PUT", "Get"})
    CHECK(add(table, "/c", {method}) == Status::invalid);
  for (const char* host :
       {"*", "*.", "a*.b", "a..b", ".a", "a.", "a/b", "a:80", "[::1", "[x]", "a b"})
    CHECK(add(table, "/c", {}, host) == Status::invalid);
  CHECK(table.add({"/c", "", {"GET"}, {}, 0, nullptr}) == Status::invalid);
  // Nothing of what was refused is there.
  CHECK(find(table, "/a/1", "POST") == "405 GET, HEAD, PUT, OPTIONS");
  CHECK(find(table, "/b") == "404");
  CHECK(find(table, "/c") == "404");
}

TEST_CASE("a match costs no more than there are nodes, however the path backtracks") {
  RouteTable table;
  std::string pattern, path;
  // Every segment matches the static and the parameter way; only the last one decides.
  for (int i = 0; i < 16; ++i) {
    path += "/a";
    REQUIRE(add(table, pattern + "/a/x") == Status::ok);
    pattern += "/{p" + std::to_string(i) + "}";
    REQUIRE(add(table, pattern) == Status::ok);
  }
  CHECK(find(table, path).substr(0, 5) == "/{p0}");
  CHECK(find(table, path + "/a/a/a") == "404");
  std::string deep;
  for (int i = 0; i < 4000; ++i) deep += "/a";
  CHECK(find(table, deep) == "404");
}

TEST_CASE("questions about patterns") {
  CHECK(RouteTable::pattern_has_param("/a/{id}/{rest...}", "id"));
  CHECK(RouteTable::pattern_has_param("/a/{id}/{rest...}", "rest"));
  CHECK_FALSE(RouteTable::pattern_has_param("/a/{id}", "a"));
  CHECK_FALSE(RouteTable::pattern_has_param("/a/{id", "id"));
  CHECK(RouteTable::pattern_ends_in_wildcard("/a/{rest...}"));
  CHECK_FALSE(RouteTable::pattern_ends_in_wildcard("/a/{rest}"));
  CHECK_FALSE(RouteTable::pattern_ends_in_wildcard("bad"));
}

}  // namespace fce
