// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <doctest/doctest.h>

namespace fce {

TEST_CASE("methods are compared with case") {
  CHECK(method_from("GET") == Method::get);
  CHECK(method_from("HEAD") == Method::head);
  CHECK(method_from("POST") == Method::post);
  CHECK(method_from("PUT") == Method::put);
  CHECK(method_from("DELETE") == Method::delete_);
  CHECK(method_from("PATCH") == Method::patch);
  CHECK(method_from("OPTIONS") == Method::options);
  CHECK(method_from("get") == Method::other);
  CHECK(method_from("GETS") == Method::other);
  CHECK(method_from("") == Method::other);
}

TEST_CASE("the first field of a name counts, and empty is not absent") {
  const Header fields[] = {{"accept", "a"}, {"accept", "b"}, {"empty", ""}};
  Request request;
  request.headers = fields;
  bool found = false;
  CHECK(request.header("accept", &found) == "a");
  CHECK(found);
  CHECK(request.header("empty", &found).empty());
  CHECK(found);
  CHECK(request.header("absent", &found).empty());
  CHECK_FALSE(found);
}

}  // namespace fce
