// SPDX-License-Identifier: Apache-2.0
// Cache-Control (RFC 9111 section 5.2) and CDN-Cache-Control (RFC 9213), read without allocation.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/message.h"

namespace fce {

// Seconds of a directive. What is too large for it stands for "for ever" (section 1.2.2).
constexpr uint32_t kDeltaMax = 0x8000'0000;
constexpr uint32_t kNoDelta = UINT32_MAX;  // the directive is not there

// Reads 1*DIGIT. False for anything else.
bool parse_delta(std::string_view text, uint32_t* seconds);

// The directives of an answer. A number that cannot be read makes the answer stale: it reads as 0
// (section 4.2.1). Of a directive that comes twice the first one counts.
struct AnswerDirectives {
  uint32_t max_age = kNoDelta;
  uint32_t s_maxage = kNoDelta;
  uint32_t stale_while_revalidate = kNoDelta;
  uint32_t stale_if_error = kNoDelta;
  bool no_store = false;
  bool no_cache = false;  // without a list of fields
  bool private_ = false;  // the same
  bool public_ = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool targeted = false;  // they come from CDN-Cache-Control
  // The fields that `private` and `no-cache` name: lists of names, which are not to be stored. One
  // more list than fit counts as if it had no list.
  static constexpr size_t kListsMax = 8;
  std::array<std::string_view, kListsMax> field_lists;
  uint8_t field_list_count = 0;

  // Whether a field (its name in lower case) is named by one of the lists.
  bool names(std::string_view field) const;

  // Reads all Cache-Control fields of an answer; with `cdn`, CDN-Cache-Control instead if there is
  // one that is valid and not empty. Views point into `headers`.
  static AnswerDirectives from(std::span<const Header> headers, bool cdn);
};

// The directives of a request. What cannot be read is ignored, except for max-age and min-fresh,
// which then ask for the strictest.
struct RequestDirectives {
  uint32_t max_age = kNoDelta;
  uint32_t max_stale = kNoDelta;  // kDeltaMax: however stale
  uint32_t min_fresh = kNoDelta;
  uint32_t stale_if_error = kNoDelta;
  bool no_cache = false;
  bool no_store = false;
  bool only_if_cached = false;

  void add(std::string_view value);  // of one Cache-Control field
};

}  // namespace fce
