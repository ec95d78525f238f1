// SPDX-License-Identifier: Apache-2.0
#include "geo/mmdb_data.h"

#include <bit>

namespace fce {
namespace {

using Type = MmdbValue::Type;

bool has_elements(const MmdbValue& value) {
  return value.type == Type::map || value.type == Type::array;
}

}  // namespace

bool MmdbData::read_big_endian(size_t* at, size_t size, uint64_t* number) const {
  if (size > section_.size() - *at) return false;
  *number = 0;
  for (size_t i = 0; i < size; ++i) *number = *number << 8 | section_[(*at)++];
  return true;
}

// Sizes from 29 on are written in one, two or three bytes more.
bool MmdbData::read_head(size_t* at, MmdbValue* value) const {
  if (*at >= section_.size()) return false;
  const uint8_t control = section_[(*at)++];
  uint8_t type = control >> 5;
  if (type == static_cast<uint8_t>(Type::pointer)) {
    size_t target = 0;
    if (!read_pointer(at, control, &target)) return false;
    value->type = Type::pointer;
    value->at = target;
    return true;
  }
  if (type == 0) {
    if (*at >= section_.size()) return false;
    if (section_[*at] > 8) return false;
    type = static_cast<uint8_t>(7 + section_[(*at)++]);
    if (type < static_cast<uint8_t>(Type::int32)) return false;
  }
  value->type = static_cast<Type>(type);
  uint64_t size = control & 0x1f;
  if (size >= 29) {
    constexpr uint32_t kFirst[] = {29, 285, 65'821};
    const size_t more = size - 28;
    if (!read_big_endian(at, more, &size)) return false;
    size += kFirst[more - 1];
  }
  value->size = static_cast<uint32_t>(size);
  value->at = *at;
  return true;
}

bool MmdbData::read_pointer(size_t* at, uint8_t control, size_t* target) const {
  constexpr uint32_t kFirst[] = {0, 2048, 526'336, 0};
  const unsigned more = (control >> 3 & 3) + 1u;
  uint64_t low = 0;
  if (!read_big_endian(at, more, &low)) return false;
  const uint64_t high = more == 4 ? 0 : uint64_t{control & 7u} << (8 * more);
  *target = high + low + kFirst[more - 1];
  return true;
}

bool MmdbData::read(size_t* at, MmdbValue* value, MmdbBudget* budget) const {
  if (!budget->take() || !read_head(at, value)) return false;
  size_t behind_target = value->at;
  size_t* end = at;
  if (value->type == Type::pointer) {
    // A pointer leads to no other.
    if (!read_head(&behind_target, value) || value->type == Type::pointer) return false;
    end = &behind_target;
  }
  if (value->type == Type::container || value->type == Type::end) return false;
  if (has_elements(*value) || value->type == Type::boolean) return true;
  if (value->size > section_.size() - value->at) return false;
  *end += value->size;
  return true;
}

bool MmdbData::skip(size_t* at, MmdbBudget* budget, int depth) const {
  const size_t begin = *at;
  MmdbValue value;
  if (depth > kDepthMax || !read(at, &value, budget)) return false;
  // What a pointer leads to lies elsewhere.
  if (!has_elements(value) || (section_[begin] >> 5) == static_cast<uint8_t>(Type::pointer))
    return true;
  const uint64_t values = uint64_t{value.size} * (value.type == Type::map ? 2 : 1);
  for (uint64_t i = 0; i < values; ++i)
    if (!skip(at, budget, depth + 1)) return false;
  return true;
}

std::string_view MmdbData::text(const MmdbValue& value) const {
  if (value.type != Type::text) return {};
  return as_text(section_.subspan(value.at, value.size));
}

double MmdbData::number(const MmdbValue& value, double otherwise) const {
  size_t at = value.at;
  uint64_t bits = 0;
  if (value.size > 8) return otherwise;
  switch (value.type) {
    case Type::real64:
    case Type::real32:
    case Type::uint16:
    case Type::uint32:
    case Type::uint64:
      if (!read_big_endian(&at, value.size, &bits)) return otherwise;
      break;
    default: return otherwise;
  }
  if (value.type == Type::real64) return value.size == 8 ? std::bit_cast<double>(bits) : otherwise;
  if (value.type == Type::real32)
    return value.size == 4 ? std::bit_cast<float>(static_cast<uint32_t>(bits)) : otherwise;
  return static_cast<double>(bits);
}

}  // namespace fce
