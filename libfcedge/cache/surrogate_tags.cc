// SPDX-License-Identifier: Apache-2.0
#include "cache/surrogate_tags.h"

#include <algorithm>

#include "http/field_list.h"

namespace fce {
namespace {

bool next_word(std::string_view* list, std::string_view* word) {
  *list = trim_blanks(*list);
  if (list->empty()) return false;
  const size_t end = std::min(list->find_first_of(" \t"), list->size());
  *word = list->substr(0, end);
  list->remove_prefix(end);
  return true;
}

}  // namespace

bool surrogate_tags(std::span<const Header> answer, Arena& arena,
                    std::span<const std::string_view>* tags) {
  std::string_view* out = nullptr;
  size_t count = 0;
  *tags = {};
  for (const Header& header : answer) {
    const bool words = header.name == "surrogate-key";
    if (!words && header.name != "cache-tag") continue;
    std::string_view list = header.value, tag;
    while (words ? next_word(&list, &tag) : next_member(&list, &tag)) {
      if (!out) out = arena.allocate_array<std::string_view>(kTagsMax);
      if (std::find(out, out + count, tag) != out + count) continue;
      if (count == kTagsMax || tag.size() > kTagBytesMax) return false;
      new (out + count++) std::string_view(tag);
    }
  }
  *tags = {out, count};
  return true;
}

}  // namespace fce
