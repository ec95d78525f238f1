// SPDX-License-Identifier: Apache-2.0
#include "cache/vary.h"

#include <doctest/doctest.h>

#include <string>

#include "cache/support.h"

namespace fce {
namespace {

using test::Asked;
using test::Headers;

std::string text(std::string_view names, const Headers& headers,
                 const PolicyOptions& options = {}) {
  Asked asked(headers, "GET", options);
  return std::string(variant_text(names, *asked, options, asked.arena));
}

struct NamesRow {
  Headers answer;
  Vary kind;
  std::string_view names;
};

struct MatchRow {
  std::string_view names;
  Headers first, second;
  bool match;
};

}  // namespace

TEST_CASE("the names of Vary") {
  const NamesRow rows[] = {
      {{}, Vary::none, ""},
      {{{"vary", ""}}, Vary::none, ""},
      {{{"vary", " , ,"}}, Vary::none, ""},
      {{{"vary", "Foo"}}, Vary::fields, "foo"},
      {{{"vary", "foo"}}, Vary::fields, "foo"},
      {{{"vary", " Foo , BAR "}}, Vary::fields, "bar,foo"},
      {{{"vary", "b,a"}, {"x", "c"}, {"vary", "c,B"}}, Vary::fields, "a,b,c"},
      {{{"vary", "foo,foo,FOO"}}, Vary::fields, "foo"},
      {{{"vary", ",foo,"}}, Vary::fields, "foo"},
      {{{"vary", "*"}}, Vary::any, ""},
      {{{"vary", " * "}}, Vary::any, ""},
      {{{"vary", "foo, *"}}, Vary::any, ""},
      {{{"vary", "*, foo"}}, Vary::any, ""},
      {{{"vary", "foo"}, {"vary", "*"}}, Vary::any, ""},
      {{{"vary", "*foo"}}, Vary::fields, "*foo"},
      // Not to be understood, so nothing matches.
      {{{"vary", "foo bar"}}, Vary::any, ""},
      {{{"vary", "\"foo\""}}, Vary::any, ""},
      {{{"vary", "foo;bar"}}, Vary::any, ""},
      {{{"vary", "1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g"}},
       Vary::fields,
       "1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g"},
      {{{"vary", "1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g,h"}}, Vary::any, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(test::value_of(row.answer, "vary"));
    Arena arena;
    std::string_view names = "x";
    CHECK(vary_names(row.answer, arena, &names) == row.kind);
    CHECK(names == row.names);
  }
}

TEST_CASE("the union of names") {
  Arena arena;
  CHECK(vary_union("", "", arena) == "");
  CHECK(vary_union("a,c", "", arena) == "a,c");
  CHECK(vary_union("a,c", "b,c", arena) == "a,b,c");
  CHECK(vary_union("1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g", "h", arena) == "");
}

TEST_CASE("which requests match") {
  const MatchRow rows[] = {
      {"foo", {{"foo", "1"}}, {{"foo", "1"}}, true},
      {"foo", {{"foo", "1"}}, {{"foo", "2"}}, false},
      {"foo", {{"foo", "1"}}, {{"foo", "1"}, {"bar", "2"}}, true},
      {"foo", {{"foo", "1"}}, {{"foo", "1 "}}, true},
      {"foo", {{"foo", "a"}}, {{"foo", "A"}}, false},
      // Absent and empty are two things.
      {"foo", {}, {}, true},
      {"foo", {}, {{"foo", ""}}, false},
      {"foo", {}, {{"foo", "1"}}, false},
      {"foo", {{"foo", ""}}, {{"foo", " "}}, true},
      // Lists, in one or several fields, with or without blanks.
      {"foo", {{"foo", "1,2"}}, {{"foo", "1, 2"}}, true},
      {"foo", {{"foo", "1 ,\t2"}}, {{"foo", "1"}, {"foo", "2"}}, true},
      {"foo", {{"foo", "1"}, {"bar", "x"}, {"foo", "2"}}, {{"foo", " 1 , 2 "}}, true},
      {"foo", {{"foo", "1,2"}}, {{"foo", "2,1"}}, false},
      {"foo", {{"foo", "1"}, {"foo", "2"}}, {{"foo", "2"}, {"foo", "1"}}, false},
      {"foo", {{"foo", "1, 2"}}, {{"foo", "1"}}, false},
      {"foo", {{"foo", "1  2"}}, {{"foo", "1 2"}}, false},
      {"foo", {{"foo", "12"}}, {{"foo", "1 2"}}, false},
      {"foo", {{"foo", "1,,2"}}, {{"foo", "1,2"}}, false},
      // Within quotes blanks mean something.
      {"foo", {{"foo", "\"1, 2\""}}, {{"foo", "\"1,2\""}}, false},
      {"foo", {{"foo", "\"1\" , \"2\""}}, {{"foo", "\"1\",\"2\""}}, true},
      {"foo", {{"foo", "\"1\\\" , 2\""}}, {{"foo", "\"1\\\",2\""}}, false},
      // Two and three names; the order of the fields does not matter.
      {"bar,foo", {{"foo", "1"}, {"bar", "2"}}, {{"bar", "2"}, {"foo", "1"}}, true},
      {"bar,foo", {{"foo", "1"}, {"bar", "2"}}, {{"foo", "1"}, {"bar", "3"}}, false},
      {"bar,foo", {{"foo", "1"}, {"bar", "2"}}, {{"foo", "2"}, {"bar", "1"}}, false},
      {"bar,foo", {{"foo", "1"}}, {{"bar", "1"}}, false},
      {"bar,baz,foo",
       {{"foo", "1"}, {"bar", "2"}, {"baz", "3"}},
       {{"baz", "3"}, {"bar", "2"}, {"foo", "1"}},
       true},
      {"bar,baz,foo",
       {{"foo", "1"}, {"bar", "2"}, {"baz", "3"}},
       {{"foo", "1"}, {"bar", "2"}, {"baz", "4"}},
       false},
      {"bar,baz,foo",
       {{"foo", "1"}, {"bar", "2"}, {"baz", "3"}},
       {{"foo", "1"}, {"bar", "2"}},
       false},
      // Without case where that is known.
      {"accept-language",
       {{"accept-language", "en-GB, de"}},
       {{"accept-language", "EN-gb,DE"}},
       true},
      {"accept-language", {{"accept-language", "en, de"}}, {{"accept-language", "de, en"}}, false},
      {"user-agent", {{"user-agent", "Foo/1"}}, {{"user-agent", "foo/1"}}, false},
      {"cookie", {{"cookie", "a=1"}}, {{"cookie", "A=1"}}, false},
      // Accept-Encoding by what it means to us.
      {"accept-encoding",
       {{"accept-encoding", "gzip, br"}},
       {{"accept-encoding", "br,gzip"}},
       true},
      {"accept-encoding",
       {{"accept-encoding", "gzip, deflate"}},
       {{"accept-encoding", "GZIP"}},
       true},
      {"accept-encoding", {{"accept-encoding", "deflate"}}, {{"accept-encoding", ""}}, true},
      {"accept-encoding", {{"accept-encoding", "gzip"}}, {{"accept-encoding", "gzip;q=0"}}, false},
      {"accept-encoding", {{"accept-encoding", "gzip"}}, {}, false},
      {"accept-encoding", {}, {{"accept-encoding", ""}}, false},
      {"accept-encoding",
       {{"accept-encoding", "gzip"}, {"accept-encoding", "br"}},
       {{"accept-encoding", "br, gzip"}},
       true},
  };
  for (const auto& row : rows) {
    const std::string first = text(row.names, row.first), second = text(row.names, row.second);
    CAPTURE(first);
    CAPTURE(second);
    CHECK((first == second) == row.match);
  }
}

TEST_CASE("what is written") {
  CHECK(text("", {{"foo", "1"}}) == "");
  CHECK(text("foo", {}) == "foo\n");
  CHECK(text("foo", {{"foo", ""}}) == "foo:\n");
  CHECK(text("bar,foo", {{"foo", " a , b "}, {"foo", "c"}}) == "bar\nfoo:a,b,c\n");
  // Another set of names never has the same text.
  CHECK(text("bar,foo", {{"foo", "1"}}) != text("foo", {{"foo", "1"}}));
  PolicyOptions exact;
  exact.normalise_accept_encoding = false;
  CHECK(text("accept-encoding", {{"accept-encoding", "gzip, Deflate"}}, exact) ==
        "accept-encoding:gzip,deflate\n");
}

}  // namespace fce
