// SPDX-License-Identifier: Apache-2.0
#include "pubsub/presence.h"

#include "pubsub/encode.h"

namespace fce {
namespace {

// ,"name":["a","b"]
template <class Names>
void add_names(std::string_view name, const Names& names, std::string* text) {
  text->append(",\"").append(name).append("\":[");
  bool first = true;
  for (const std::string& each : names) {
    text->append(first ? "\"" : ",\"").append(json_escaped(each)).append("\"");
    first = false;
  }
  text->append("]");
}

}  // namespace

std::string presence_json(uint32_t count, const std::vector<std::string>* members) {
  std::string text = "{\"count\":" + std::to_string(count);
  if (members) add_names("members", *members, &text);
  return text + "}";
}

void ChannelPresence::add(std::string_view user) {
  if (!with_members_ || user.empty()) return;
  auto found = users_.find(user);
  if (found == users_.end()) {
    found = users_.emplace(std::string(user), 0).first;
    deltas_.emplace_back(user, true);
  }
  ++found->second;
}

void ChannelPresence::remove(std::string_view user) {
  const auto found = with_members_ ? users_.find(user) : users_.end();
  if (found == users_.end() || --found->second > 0) return;
  users_.erase(found);
  deltas_.emplace_back(user, false);
}

void ChannelPresence::take_snapshot(uint32_t count, std::vector<std::string> members) {
  count_ = count;
  members_ = {members.begin(), members.end()};
  change_.clear();
  // Whoever has heard something older hears all of it anew.
  version_ += version_ == 0 ? 1 : 2;
  tell();
}

void ChannelPresence::take_change(const PresenceChange& change) {
  count_ = change.count;
  for (const std::string& user : change.join) members_.insert(user);
  for (const std::string& user : change.leave) members_.erase(user);
  change_ = "{\"count\":" + std::to_string(count_);
  if (with_members_) {
    add_names("join", change.join, &change_);
    add_names("leave", change.leave, &change_);
  }
  change_ += "}";
  ++version_;
  tell();
}

void ChannelPresence::tell() {
  snapshot_.clear();
  watchers_.for_each([](PresenceWatcher* watcher) { watcher->on_presence(); });
}

std::string_view ChannelPresence::text(uint32_t* seen) {
  if (*seen == version_) return {};
  const bool next = *seen != 0 && *seen + 1 == version_ && !change_.empty();
  *seen = version_;
  if (next) return change_;
  if (snapshot_.empty()) {
    const std::vector<std::string> members(members_.begin(), members_.end());
    snapshot_ = presence_json(count_, with_members_ ? &members : nullptr);
  }
  return snapshot_;
}

}  // namespace fce
