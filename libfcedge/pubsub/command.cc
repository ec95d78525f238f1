// SPDX-License-Identifier: Apache-2.0
#include "pubsub/command.h"

#include <algorithm>

#include "base/json_write.h"
#include "http/name.h"
#include "pubsub/key.h"

namespace fce {
namespace {

constexpr JsonLimits kLimits = {.depth_max = 8, .values_max = 1024};

constexpr Command::Error kNames = {CommandRefusal::invalid,
                                   "users and groups are lists of at most 256 names"};
constexpr Command::Error kChannel = {
    CommandRefusal::invalid, "channel is a name of 1 to 255 bytes without control characters"};

struct Verb {
  std::string_view name;
  Command::Kind kind;
};
constexpr Verb kVerbs[] = {
    {"subscribe", Command::Kind::subscribe}, {"unsubscribe", Command::Kind::unsubscribe},
    {"publish", Command::Kind::publish},     {"presence", Command::Kind::presence},
    {"auth", Command::Kind::auth},           {"block", Command::Kind::block},
    {"ping", Command::Kind::ping},
};

// The member that says what the command is; null when there is none, or more than one.
const Json* find_body(const Json& json, Command::Kind* kind) {
  const Json* body = nullptr;
  for (const Verb& verb : kVerbs) {
    const Json* found = json.find(verb.name);
    if (!found) continue;
    if (body) return nullptr;
    body = found;
    *kind = verb.kind;
  }
  return body;
}

// False when the member is there and of another type.
template <class T>
bool read_optional(const Json& body, std::string_view name, T* out) {
  const Json* member = body.find(name);
  return !member || member->read(out);
}

// Adds the names of a list, which may be absent, to `out`.
bool read_names(const Json& body, std::string_view name, std::vector<std::string>* out) {
  const Json* list = body.find(name);
  if (!list) return true;
  if (!list->is_array() || list->items().size() > Audience::kNamesMax) return false;
  for (const Json& item : list->items()) {
    std::string_view text;
    if (!item.read(&text) || !is_name(text)) return false;
    out->emplace_back(text);
  }
  return true;
}

std::string answer_head(CommandRef ref) {
  return ref.number < 0 ? "{" : "{\"ref\":" + std::to_string(ref.number) + ",";
}

}  // namespace

std::string_view command_refusal_text(CommandRefusal refusal) {
  switch (refusal) {
    case CommandRefusal::none: break;
    case CommandRefusal::invalid: return "invalid";
    case CommandRefusal::unknown_namespace: return "unknown_namespace";
    case CommandRefusal::forbidden: return "forbidden";
    case CommandRefusal::already: return "already";
    case CommandRefusal::not_subscribed: return "not_subscribed";
    case CommandRefusal::limit: return "limit";
    case CommandRefusal::too_big: return "too_big";
    case CommandRefusal::rate: return "rate";
    case CommandRefusal::busy: return "busy";
    case CommandRefusal::unauthorized: return "unauthorized";
    case CommandRefusal::unsupported: return "unsupported";
  }
  return "";
}

std::string ok_answer(CommandRef ref, std::string_view ok) {
  return answer_head(ref).append("\"ok\":").append(ok).append("}");
}

std::string error_answer(CommandRef ref, CommandRefusal refusal, std::string_view message) {
  std::string text = answer_head(ref).append("\"error\":{\"code\":\"");
  text.append(command_refusal_text(refusal)).append("\",\"message\":");
  return text.append(json_quote(message)).append("}}");
}

Command::Error Command::parse(std::string_view text, Command* out) {
  switch (Json::parse(text, kLimits, &out->json_)) {
    case Status::ok: break;
    case Status::too_big: return {CommandRefusal::invalid, "the command has too many values"};
    default: return {CommandRefusal::invalid, "a command is a JSON object"};
  }
  const Json& json = out->json_;
  if (!json.is_object()) return {CommandRefusal::invalid, "a command is a JSON object"};
  const Json* ref = json.find("ref");
  int64_t number = -1;
  if (!ref || !ref->read(&number) || number < 0 || number > CommandRef::kMax)
    return {CommandRefusal::invalid, "ref is an integer from 0 to 9007199254740991"};
  out->ref.number = number;
  const Json* body = find_body(json, &out->kind);
  if (!body) {
    return {CommandRefusal::invalid,
            "a command is one of subscribe, unsubscribe, publish, presence, auth, block, ping"};
  }
  if (!body->is_object()) return {CommandRefusal::invalid, "what a command says is a JSON object"};
  return out->read(*body);
}

Command::Error Command::read(const Json& body) {
  const Json* member = nullptr;
  switch (kind) {
    case Kind::ping: return {};
    case Kind::auth:
      member = body.find("token");
      if (!member || !member->read(&token) || token.empty())
        return {CommandRefusal::invalid, "token is a text"};
      return {};
    case Kind::block:
      if (!body.find("users") || !read_names(body, "users", &users)) return kNames;
      return {};
    default: break;
  }
  member = body.find("channel");
  if (!member || !member->read(&channel) || !is_name(channel)) return kChannel;
  if (kind == Kind::publish) return read_publish(body);
  if (kind != Kind::subscribe) return {};
  if (!read_optional(body, "after", &after)) return {CommandRefusal::invalid, "after is a text"};
  if (!read_optional(body, "presence", &watch))
    return {CommandRefusal::invalid, "presence is true or false"};
  return {};
}

Command::Error Command::read_publish(const Json& body) {
  const Json* text = body.find("data");
  if (!text || !text->read(&data)) return {CommandRefusal::invalid, "data is a text"};
  std::string_view key;
  if (!read_optional(body, "key", &key) || key.size() > Publication::kKeyBytesMax)
    return {CommandRefusal::invalid, "key is a text of at most 255 bytes"};
  more.key = key;
  Audience& audience = more.audience;
  const bool good = read_names(body, "groups", &audience.groups) &&
                    read_names(body, "users", &audience.users) &&
                    read_names(body, "exclude", &audience.exclude);
  return good && audience.names() <= Audience::kNamesMax ? Error() : kNames;
}

}  // namespace fce
