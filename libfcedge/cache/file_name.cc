// SPDX-License-Identifier: Apache-2.0
#include "cache/file_name.h"

#include <charconv>
#include <cstdio>

namespace fce {
namespace {

bool number(std::string_view text, uint32_t* out) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), *out, 16);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

}  // namespace

std::string FileName::text() const {
  char text[32];
  std::snprintf(text, sizeof text, "%c-%08x-%08x.%s", queue == SegmentQueue::small ? 's' : 'm',
                order, this->number, large ? "obj" : "seg");
  return text;
}

std::optional<FileName> FileName::parse(std::string_view text) {
  FileName name;
  if (text.size() != 23 || !fce::number(text.substr(2, 8), &name.order) ||
      !fce::number(text.substr(11, 8), &name.number))
    return std::nullopt;
  name.queue = text[0] == 's' ? SegmentQueue::small : SegmentQueue::main;
  name.large = text.ends_with(".obj");
  // Written again, it has to be the same: so every file has one name only.
  if (name.text() != text) return std::nullopt;
  return name;
}

}  // namespace fce
