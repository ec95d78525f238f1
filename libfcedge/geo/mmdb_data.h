// SPDX-License-Identifier: Apache-2.0
// The values of a MaxMind database (MaxMind-DB-spec, "Data Section Output Format"). A file may be
// broken or made to do harm: nothing is read outside of the section, nesting has a limit, and each
// look at a value is paid from a budget, since pointers can make a small file endless.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace fce {

struct MmdbValue {
  // As the file numbers them.
  enum class Type : uint8_t {
    pointer = 1,
    text = 2,
    real64 = 3,
    bytes = 4,
    uint16 = 5,
    uint32 = 6,
    map = 7,
    int32 = 8,
    uint64 = 9,
    uint128 = 10,
    array = 11,
    container = 12,
    end = 13,
    boolean = 14,
    real32 = 15,
  };
  Type type = Type::end;
  uint32_t size = 0;  // bytes; of maps and arrays their elements; of booleans the value
  size_t at = 0;      // where its bytes or its elements begin
};

// How many values may still be looked at.
struct MmdbBudget {
  uint32_t values = 0;
  bool take() {
    if (values == 0) return false;
    --values;
    return true;
  }
};

class MmdbData {
 public:
  // Deeper than any database is.
  static constexpr int kDepthMax = 16;

  MmdbData() = default;
  explicit MmdbData(Bytes section) : section_(section) {}

  // Reads the value at `*at`, which is moved to what follows in the file: behind the pointer, if
  // one led to it, behind its bytes, or to its first element. False when it is malformed.
  bool read(size_t* at, MmdbValue* value, MmdbBudget* budget) const;
  // Passes a whole value.
  bool skip(size_t* at, MmdbBudget* budget) const { return skip(at, budget, 0); }

  // Calls `each(key, value)` for every pair of a map. False when it is malformed.
  template <class F>
  bool for_each(const MmdbValue& map, MmdbBudget* budget, F&& each) const {
    size_t at = map.at;
    for (uint32_t i = 0; i < map.size; ++i) {
      MmdbValue key, value;
      if (!read(&at, &key, budget) || key.type != MmdbValue::Type::text) return false;
      size_t inside = at;
      if (!read(&inside, &value, budget)) return false;
      each(text(key), value);
      if (!skip(&at, budget)) return false;
    }
    return true;
  }

  // Of a value of that kind; otherwise "", `otherwise`, false.
  std::string_view text(const MmdbValue& value) const;
  double number(const MmdbValue& value, double otherwise) const;
  static bool boolean(const MmdbValue& value) {
    return value.type == MmdbValue::Type::boolean && value.size != 0;
  }

  size_t size() const { return section_.size(); }

 private:
  bool read_head(size_t* at, MmdbValue* value) const;
  bool read_pointer(size_t* at, uint8_t control, size_t* target) const;
  bool read_big_endian(size_t* at, size_t size, uint64_t* number) const;
  bool skip(size_t* at, MmdbBudget* budget, int depth) const;

  Bytes section_;
};

}  // namespace fce
