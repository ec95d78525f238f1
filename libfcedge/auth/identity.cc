// SPDX-License-Identifier: Apache-2.0
#include "auth/identity.h"

#include <algorithm>

#include "http/name.h"

namespace fce {
namespace {

constexpr std::string_view kSeparators = ":/";

// Takes the segment that a text begins with, without the separator behind it.
std::string_view segment_of(std::string_view text) {
  return text.substr(0, text.find_first_of(kSeparators));
}

bool segment_matches(std::string_view pattern, std::string_view segment) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == segment;
  const std::string_view before = pattern.substr(0, star);
  const std::string_view after = pattern.substr(star + 1);
  return segment.size() >= before.size() + after.size() && segment.starts_with(before) &&
         segment.ends_with(after);
}

}  // namespace

bool parse_right(std::string_view word, Right* out) {
  if (word == "subscribe")
    *out = Right::subscribe;
  else if (word == "publish")
    *out = Right::publish;
  else if (word == "presence")
    *out = Right::presence;
  else if (word == "history")
    *out = Right::history;
  else
    return false;
  return true;
}

bool is_channel_pattern(std::string_view pattern) {
  if (!is_name(pattern)) return false;
  int stars = 0;
  for (const char c : pattern) {
    if (kSeparators.find(c) != std::string_view::npos) stars = 0;
    if (c == '*' && ++stars > 1) return false;
  }
  return true;
}

bool channel_matches(std::string_view pattern, std::string_view channel) {
  for (;;) {
    const std::string_view wanted = segment_of(pattern);
    if (wanted.size() == pattern.size() && wanted.ends_with('*'))
      return channel.starts_with(wanted.substr(0, wanted.size() - 1));
    const std::string_view segment = segment_of(channel);
    if (!segment_matches(wanted, segment)) return false;
    pattern.remove_prefix(wanted.size());
    channel.remove_prefix(segment.size());
    if (pattern.empty() || channel.empty()) return pattern.empty() && channel.empty();
    if (pattern.front() != channel.front()) return false;
    pattern.remove_prefix(1);
    channel.remove_prefix(1);
  }
}

bool Identity::allows(Right right, std::string_view channel) const {
  return std::any_of(rules.begin(), rules.end(), [&](const ChannelRule& rule) {
    return (rule.rights & static_cast<uint8_t>(right)) != 0 &&
           channel_matches(rule.pattern, channel);
  });
}

}  // namespace fce
