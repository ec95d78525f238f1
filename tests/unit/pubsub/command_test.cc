// SPDX-License-Identifier: Apache-2.0
#include "pubsub/command.h"

#include <doctest/doctest.h>

using namespace fce;

namespace {

// "CODE: MESSAGE" of an error, "" for none.
std::string error_of(std::string_view text, int64_t* ref = nullptr) {
  Command command;
  const Command::Error error = Command::parse(text, &command);
  if (ref) *ref = command.ref.number;
  return error ? std::string(command_refusal_text(error.refusal)) : "";
}

std::string names(size_t count) {
  std::string list = "[";
  for (size_t i = 0; i < count; ++i) list += (i ? ",\"u" : "\"u") + std::to_string(i) + "\"";
  return list + "]";
}

}  // namespace

TEST_CASE("each command is read with all that it may have") {
  Command subscribe;
  CHECK_FALSE(Command::parse(R"({"ref":1,"subscribe":{"channel":"C","after":"P","presence":true}})",
                             &subscribe));
  CHECK(subscribe.kind == Command::Kind::subscribe);
  CHECK(subscribe.ref.number == 1);
  CHECK(subscribe.channel == "C");
  CHECK(subscribe.after == "P");
  CHECK(subscribe.watch);
  Command unsubscribe;
  CHECK_FALSE(Command::parse(R"({"ref":2,"unsubscribe":{"channel":"a:b"}})", &unsubscribe));
  CHECK(unsubscribe.kind == Command::Kind::unsubscribe);
  CHECK(unsubscribe.channel == "a:b");
  Command publish;
  CHECK_FALSE(Command::parse(
      R"({"publish":{"users":["v"],"data":"x\"y","key":"K","groups":["g","h"],"exclude":["w"],)"
      R"("channel":"C"},"ref":9007199254740991})",
      &publish));
  CHECK(publish.kind == Command::Kind::publish);
  CHECK(publish.ref.number == CommandRef::kMax);
  CHECK(publish.data == "x\"y");
  CHECK(publish.more.key == "K");
  CHECK(publish.more.audience.groups == std::vector<std::string>{"g", "h"});
  CHECK(publish.more.audience.users == std::vector<std::string>{"v"});
  CHECK(publish.more.audience.exclude == std::vector<std::string>{"w"});
  CHECK(publish.more.author.empty());
  Command presence;
  CHECK_FALSE(Command::parse(R"({"ref":4,"presence":{"channel":"C"}})", &presence));
  CHECK(presence.kind == Command::Kind::presence);
  Command auth;
  CHECK_FALSE(Command::parse(R"({"ref":5,"auth":{"token":"T"}})", &auth));
  CHECK(auth.kind == Command::Kind::auth);
  CHECK(auth.token == "T");
  Command block;
  CHECK_FALSE(Command::parse(R"({"ref":6,"block":{"users":["u9"]}})", &block));
  CHECK(block.kind == Command::Kind::block);
  CHECK(block.users == std::vector<std::string>{"u9"});
  Command ping;
  CHECK_FALSE(Command::parse(R"({"ref":0,"ping":{}})", &ping));
  CHECK(ping.kind == Command::Kind::ping);
  CHECK(ping.ref.number == 0);
}

TEST_CASE("members that are not known are ignored") {
  CHECK(error_of(R"({"ref":1,"ping":{"x":[1,{"y":null}]},"more":7})") == "");
  CHECK(error_of(R"({"ref":1,"subscribe":{"channel":"C","since":1}})") == "");
}

TEST_CASE("what is no command is refused, with its number where there is one") {
  int64_t ref = 0;
  for (const char* text :
       {"", "x", "[]", "7", "{\"ref\":1", "{\"ping\":{}}", R"({"ref":"1","ping":{}})",
        R"({"ref":-1,"ping":{}})", R"({"ref":1.5,"ping":{}})",
        R"({"ref":9007199254740992,"ping":{}})", R"({"ref":1,"ref":2,"ping":{}})"}) {
    CAPTURE(text);
    CHECK(error_of(text, &ref) == "invalid");
    CHECK(ref == -1);
  }
  for (const char* text : {R"({"ref":1})",
                           R"({"ref":1,"fly":{}})",
                           R"({"ref":1,"ping":{},"auth":{"token":"T"}})",
                           R"({"ref":1,"ping":[]})",
                           R"({"ref":1,"ping":null})",
                           R"({"ref":1,"subscribe":{}})",
                           R"({"ref":1,"subscribe":{"channel":7}})",
                           R"({"ref":1,"subscribe":{"channel":""}})",
                           R"({"ref":1,"subscribe":{"channel":"a\u0000b"}})",
                           R"({"ref":1,"subscribe":{"channel":"C","after":7}})",
                           R"({"ref":1,"subscribe":{"channel":"C","presence":1}})",
                           R"({"ref":1,"publish":{"channel":"C"}})",
                           R"({"ref":1,"publish":{"data":"x"}})",
                           R"({"ref":1,"publish":{"channel":"C","data":{}}})",
                           R"({"ref":1,"publish":{"channel":"C","data":"x","key":null}})",
                           R"({"ref":1,"publish":{"channel":"C","data":"x","groups":"g"}})",
                           R"({"ref":1,"publish":{"channel":"C","data":"x","users":[1]}})",
                           R"({"ref":1,"publish":{"channel":"C","data":"x","users":[""]}})",
                           R"({"ref":1,"auth":{}})",
                           R"({"ref":1,"auth":{"token":""}})",
                           R"({"ref":1,"block":{}})",
                           R"({"ref":1,"block":{"users":"u"}})"}) {
    CAPTURE(text);
    CHECK(error_of(text, &ref) == "invalid");
    CHECK(ref == 1);
  }
}

TEST_CASE("names, lists, keys and tokens have limits") {
  const auto publish = [](const std::string& more) {
    return R"({"ref":1,"publish":{"channel":"C","data":"x",)" + more + "}}";
  };
  CHECK(error_of(publish("\"users\":" + names(256))) == "");
  CHECK(error_of(publish("\"users\":" + names(257))) == "invalid");
  CHECK(error_of(publish("\"users\":" + names(200) + ",\"groups\":" + names(57))) == "invalid");
  CHECK(error_of(publish("\"key\":\"" + std::string(255, 'k') + "\"")) == "");
  CHECK(error_of(publish("\"key\":\"" + std::string(256, 'k') + "\"")) == "invalid");
  const auto subscribe = [](size_t size) {
    return R"({"ref":1,"subscribe":{"channel":")" + std::string(size, 'c') + "\"}}";
  };
  CHECK(error_of(subscribe(255)) == "");
  CHECK(error_of(subscribe(256)) == "invalid");
  const auto auth = [](size_t size) {
    return R"({"ref":1,"auth":{"token":")" + std::string(size, 't') + "\"}}";
  };
  CHECK(error_of(auth(0)) == "invalid");
  CHECK(error_of(auth(60'000)) == "");  // the message and the verifier have limits
  CHECK(error_of(R"({"ref":1,"block":{"users":)" + names(256) + "}}") == "");
  CHECK(error_of(R"({"ref":1,"block":{"users":)" + names(257) + "}}") == "invalid");
  CHECK(error_of(R"({"ref":1,"ping":{"x":)" + names(1100) + "}}") == "invalid");
  CHECK(error_of(R"({"ref":1,"ping":{"x":)" + std::string(9, '[') + std::string(9, ']') + "}}") ==
        "invalid");
}

TEST_CASE("answers are JSON whatever they tell") {
  CHECK(ok_answer({3}, "{\"id\":\"x\"}") == R"({"ref":3,"ok":{"id":"x"}})");
  CHECK(error_answer({4}, CommandRefusal::forbidden, "say \"no\"\n") ==
        R"({"ref":4,"error":{"code":"forbidden","message":"say \"no\"\n"}})");
  CHECK(error_answer({}, CommandRefusal::invalid, "") ==
        R"({"error":{"code":"invalid","message":""}})");
}
