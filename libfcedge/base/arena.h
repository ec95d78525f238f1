// SPDX-License-Identifier: Apache-2.0
// Arena: bump allocation for what lives exactly as long as one request. Nothing is freed singly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fce {

class Arena {
 public:
  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Aligned to 8 bytes. Aborts when memory is exhausted; callers bound `size` by their limits.
  void* allocate(size_t size) {
    size = (size + 7) & ~size_t{7};
    if (size > static_cast<size_t>(end_ - at_)) return allocate_block(size);
    void* result = at_;
    at_ += size;
    return result;
  }
  template <class T>
  T* allocate_array(size_t count) {
    static_assert(alignof(T) <= 8);
    return static_cast<T*>(allocate(count * sizeof(T)));
  }
  std::string_view copy(std::string_view text);
  std::string_view concat(std::string_view a, std::string_view b);
  // Decimal digits of a number.
  std::string_view decimal(uint64_t value);

 private:
  struct Block {
    Block* next;
  };
  void* allocate_block(size_t size);

  static constexpr size_t kInlineBytes = 768;  // holds a usual request without a second block
  alignas(8) char inline_[kInlineBytes];
  char* at_ = inline_;
  char* end_ = inline_ + kInlineBytes;
  Block* blocks_ = nullptr;
};

}  // namespace fce
