// SPDX-License-Identifier: Apache-2.0
// Identity: who a client is and what it may do, as its token or its session says. Made once and
// then const, so that all connections and subscriptions of a client share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fce {

enum class Right : uint8_t { subscribe = 1, publish = 2, presence = 4, history = 8 };

constexpr uint8_t kNoRights = 0;
// What a rule without a list of rights grants: everything but to publish.
constexpr uint8_t kReadRights = static_cast<uint8_t>(Right::subscribe) |
                                static_cast<uint8_t>(Right::presence) |
                                static_cast<uint8_t>(Right::history);

// "subscribe", "publish", "presence" or "history". False for other words.
bool parse_right(std::string_view word, Right* out);

constexpr size_t kIdentityGroupsMax = 64;
constexpr size_t kIdentityRulesMax = 64;

// A pattern of channels, itself a name (http/name.h). Names fall into segments at ':' and '/'. A
// '*' stands for any characters within its segment, also none; at the end of the pattern it stands
// for any rest, further segments too. One '*' a segment: matching is a comparison of beginnings and
// ends and never searches. All other characters stand for themselves.
bool is_channel_pattern(std::string_view pattern);
bool channel_matches(std::string_view pattern, std::string_view channel);

struct ChannelRule {
  std::string pattern;
  uint8_t rights = kNoRights;  // a mask of Right
};

struct Identity {
  enum class Kind : uint8_t { anonymous, token };

  // Whether a rule grants the right on the channel. What a token without a list grants is not for
  // this to say.
  bool allows(Right right, std::string_view channel) const;

  Kind kind = Kind::anonymous;
  bool lists_channels = false;  // the token had a list of channels, be it an empty one
  std::string tenant;
  std::string user;      // "" when the token names none
  std::string token_id;  // `jti` of a token, the id of a session
  std::vector<std::string> groups;
  std::vector<ChannelRule> rules;
  int64_t expires = 0;  // seconds since 1970, from which on it is not accepted any more; 0: never
};

}  // namespace fce
