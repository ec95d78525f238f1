// SPDX-License-Identifier: Apache-2.0
// LargeVector: a vector of megabytes that is read here and there. Its memory is asked for in huge
// pages, where the kernel has them: half of what such a look-up costs is else to find the page. And
// it begins with a line of the cache.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include "base/fatal.h"

namespace fce {

template <class T>
struct LargeAllocator {
  using value_type = T;
  static constexpr size_t kLine = 128, kHugePage = 2 << 20;

  LargeAllocator() = default;
  template <class U>
  explicit LargeAllocator(const LargeAllocator<U>&) {}

  T* allocate(size_t count) {
    const size_t align = count * sizeof(T) >= kHugePage ? kHugePage : kLine;
    const size_t bytes = (count * sizeof(T) + kLine - 1) / kLine * kLine;
    void* memory = nullptr;
    if (::posix_memalign(&memory, align, bytes) != 0) fatal("out of memory");
    if (align == kHugePage) ::madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, size_t) { std::free(memory); }
  bool operator==(const LargeAllocator&) const { return true; }
};

template <class T>
using LargeVector = std::vector<T, LargeAllocator<T>>;

// Gives back what it has beyond its elements; `shrink_to_fit` does nothing without exceptions.
template <class T>
void shrink(LargeVector<T>* vector) {
  LargeVector<T> exact;
  exact.reserve(vector->size());
  exact.insert(exact.end(), vector->begin(), vector->end());
  *vector = std::move(exact);
}

}  // namespace fce
