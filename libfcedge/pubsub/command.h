// SPDX-License-Identifier: Apache-2.0
// Command: one JSON object by which a client of a live route asks for something. The protocol is
// described in pubsub.h. Pure code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "pubsub/publication.h"

namespace fce {

// Why a command was refused.
enum class CommandRefusal : uint8_t {
  none,
  invalid,
  unknown_namespace,
  forbidden,
  already,
  not_subscribed,
  limit,
  too_big,
  rate,
  busy,
  unauthorized,
  unsupported,
};
// As it stands in the answer's "code".
std::string_view command_refusal_text(CommandRefusal refusal);

// What a client chooses to know an answer by.
struct CommandRef {
  static constexpr int64_t kMax = (int64_t{1} << 53) - 1;  // what every JSON reader can hold

  int64_t number = -1;  // -1: it could not be read
};

// {"ref":N,"ok":OK}; `ok` is a JSON object.
std::string ok_answer(CommandRef ref, std::string_view ok);
// {"ref":N,"error":{"code":"CODE","message":"MESSAGE"}}
std::string error_answer(CommandRef ref, CommandRefusal refusal, std::string_view message);

class Command {
 public:
  enum class Kind : uint8_t { subscribe, unsubscribe, publish, presence, auth, block, ping };
  // The message of the outcome of `parse` is a literal; others last until the thread fails again.
  struct Error {
    CommandRefusal refusal = CommandRefusal::none;
    std::string_view message;
    explicit operator bool() const { return refusal != CommandRefusal::none; }
  };
  static constexpr size_t kBlockedMax = Audience::kNamesMax;

  Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  // Reads one command. Members that are not known are ignored, the wrong type of a known one is an
  // error. `out->ref` is set whenever it could be read. Whether names are valid is checked; whether
  // they are there, and what they may be used for, is not.
  static Error parse(std::string_view text, Command* out);

  CommandRef ref;
  Kind kind = Kind::ping;
  // Views live as long as the command.
  std::string_view channel;        // of subscribe, unsubscribe, publish, presence
  std::string_view after;          // of subscribe; "" none
  bool watch = false;              // of subscribe: wants to hear of presence
  std::string_view data;           // of publish
  Publication::More more;          // of publish: key and audience
  std::string_view token;          // of auth; how large it may be is for who verifies it to say
  std::vector<std::string> users;  // of block

 private:
  Error read(const Json& body);
  Error read_publish(const Json& body);

  Json json_;
};

}  // namespace fce
