// SPDX-License-Identifier: Apache-2.0
#include "pubsub/namespace.h"

#include <algorithm>
#include <utility>

namespace fce {

void Namespaces::add_checked(Namespace what) {
  what.history.messages_max = std::max(what.history.messages_max, 1u);
  what.history.conflate = what.overflow == Overflow::conflate;
  all_.push_back(std::make_unique<const Namespace>(std::move(what)));
}

Status Namespaces::add(Namespace what) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  const std::string& name = what.name;
  if (name.empty() && !std::exchange(common_given_, true)) {
    add_checked(std::move(what));
    std::swap(all_.front(), all_.back());
    all_.pop_back();
    return Status::ok;
  }
  if (name.empty()) return fail(Status::exists, "the default namespace is there twice");
  if (name.size() > Namespace::kNameBytesMax || !std::all_of(name.begin(), name.end(), allowed)) {
    return fail(Status::invalid,
                "the namespace \"" + name + "\" is not 1 to 63 of a-z, 0-9, _ and -");
  }
  for (const auto& other : all_)
    if (other->name == name)
      return fail(Status::exists, "the namespace " + name + " is there twice");
  add_checked(std::move(what));
  return Status::ok;
}

const Namespace* Namespaces::find(std::string_view channel) const {
  const size_t colon = channel.find(':');
  if (colon == std::string_view::npos) return all_.front().get();
  const std::string_view name = channel.substr(0, colon);
  // ":x" names the default namespace by nothing: refused, so that a name has one form.
  if (name.empty()) return nullptr;
  for (const auto& candidate : all_)
    if (candidate->name == name) return candidate.get();
  return nullptr;
}

}  // namespace fce
