// SPDX-License-Identifier: Apache-2.0
// Commands of clients: parsing is total, what is read keeps to its limits, and every answer is JSON
// that bears the number of its command.
#include "pubsub/command.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "http/name.h"
#include "pubsub/key.h"

using namespace fce;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_answer(const std::string& text, CommandRef ref) {
  Json json;
  require(Json::parse(text, {}, &json) == Status::ok);
  int64_t number = -1;
  if (const Json* member = json.find("ref")) require(member->read(&number));
  require(number == ref.number);
}

void check_names(const std::vector<std::string>& names) {
  for (const std::string& name : names) require(is_name(name));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Command command;
  const Command::Error error = Command::parse(as_text({data, size}), &command);
  require(command.ref.number >= -1 && command.ref.number <= CommandRef::kMax);
  check_answer(error_answer(command.ref, error.refusal, error.message), command.ref);
  check_answer(ok_answer(command.ref, "{}"), command.ref);
  if (error) {
    require(!error.message.empty() && !command_refusal_text(error.refusal).empty());
    return 0;
  }
  require(command.ref.number >= 0);
  using Kind = Command::Kind;
  const bool has_channel = command.kind == Kind::subscribe || command.kind == Kind::unsubscribe ||
                           command.kind == Kind::publish || command.kind == Kind::presence;
  require(has_channel == is_name(command.channel));
  require(command.more.key.size() <= Publication::kKeyBytesMax && command.more.author.empty());
  const Audience& audience = command.more.audience;
  require(audience.names() <= Audience::kNamesMax);
  const std::vector<std::string>* lists[] = {&audience.groups, &audience.users, &audience.exclude,
                                             &command.users};
  for (const auto* names : lists) check_names(*names);
  require(command.users.size() <= Command::kBlockedMax);
  require((command.kind == Kind::auth) == !command.token.empty());
  return 0;
}
