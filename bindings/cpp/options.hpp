// SPDX-License-Identifier: Apache-2.0
//
// Structs of options are made for designated initialisers: `NodeOptions{.shards = 2}`. Each has
// the members of one of the C ABI, in the same order and with the same bytes, and becomes it where
// one is asked for; a pointer and a count there are one List here.
#ifndef FCEDGE_CPP_OPTIONS_HPP_
#define FCEDGE_CPP_OPTIONS_HPP_

#include "handle.hpp"

FCEDGE_BEGIN

static_assert(sizeof(Field) == sizeof(const char*) && sizeof(View) == sizeof(fce_str));
static_assert(sizeof(List<int>) == sizeof(const int*) + sizeof(std::size_t));

namespace detail {

// A copy, since the types differ. When a struct of the C ABI grows, ours has to.
template <class C, class Options>
C to_c(const Options& options) noexcept {
  static_assert(sizeof(C) == sizeof(Options) && alignof(C) == alignof(Options));
  static_assert(std::is_trivially_copyable_v<Options> && std::is_standard_layout_v<Options>);
  C copy;
  std::memcpy(&copy, &options, sizeof copy);
  return copy;
}

}  // namespace detail

#define FCEDGE_OPTIONS_(c) \
  operator c() const noexcept { return detail::to_c<c>(*this); }

FCEDGE_END

#endif  // FCEDGE_CPP_OPTIONS_HPP_
