// SPDX-License-Identifier: Apache-2.0
// ArenaFields: a list of fields in an arena, of which the most that it may hold is known before.
#pragma once

#include <new>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "http/message.h"

namespace fce {

class ArenaFields {
 public:
  ArenaFields(size_t most, Arena& arena) : fields_(arena.allocate_array<Header>(most)) {}

  void add(std::string_view name, std::string_view value) {
    new (fields_ + count_++) Header{name, value};
  }
  std::span<const Header> span() const { return {fields_, count_}; }

 private:
  Header* fields_;
  size_t count_ = 0;
};

}  // namespace fce
