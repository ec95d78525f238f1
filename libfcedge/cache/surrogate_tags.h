// SPDX-License-Identifier: Apache-2.0
// The tags by which an answer may be purged: Surrogate-Key (separated by blanks) and Cache-Tag
// (separated by commas).
#pragma once

#include <span>
#include <string_view>

#include "base/arena.h"
#include "http/message.h"

namespace fce {

constexpr size_t kTagsMax = 256;
constexpr size_t kTagBytesMax = 1024;

// All tags of an answer, each once, in the order in which they came. False when there are more or
// longer ones than the limits allow: an answer that could not be purged by all its tags is better
// not stored.
bool surrogate_tags(std::span<const Header> answer, Arena& arena,
                    std::span<const std::string_view>* tags);

}  // namespace fce
