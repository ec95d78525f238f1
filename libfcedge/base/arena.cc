// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "base/fatal.h"

namespace fce {

Arena::~Arena() {
  for (Block* block = blocks_; block;) {
    Block* next = block->next;
    std::free(block);
    block = next;
  }
}

void* Arena::allocate_block(size_t size) {
  constexpr size_t kHeader = (sizeof(Block) + 7) & ~size_t{7};
  const size_t room = std::max<size_t>(size, 4096);
  auto* block = static_cast<Block*>(std::malloc(kHeader + room));
  if (!block) fatal("out of memory: a request block of %zu bytes", room);
  block->next = blocks_;
  blocks_ = block;
  char* start = reinterpret_cast<char*>(block) + kHeader;
  // The block with more room left serves what comes next.
  if (room - size > static_cast<size_t>(end_ - at_)) {
    at_ = start + size;
    end_ = start + room;
  }
  return start;
}

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return {};
  char* to = allocate_array<char>(text.size());
  std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

std::string_view Arena::concat(std::string_view a, std::string_view b) {
  if (a.empty()) return copy(b);
  char* to = allocate_array<char>(a.size() + b.size());
  std::memcpy(to, a.data(), a.size());
  if (!b.empty()) std::memcpy(to + a.size(), b.data(), b.size());
  return {to, a.size() + b.size()};
}

std::string_view Arena::decimal(uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return copy({digits, static_cast<size_t>(end - digits)});
}

}  // namespace fce
