// SPDX-License-Identifier: Apache-2.0
// Json: a parsed JSON text (RFC 8259) as a small tree, for what clients and operators send us. The
// one door to the parser behind it.
//
// Every string is valid UTF-8 and may hold NUL (written "\u0000"). An object in which a name comes
// twice is an error, since readers of it disagree about which one counts.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace fce {

// What one text may cost. The size of the text itself is its reader's limit.
struct JsonLimits {
  uint32_t depth_max = 16;     // objects and arrays inside each other
  uint32_t values_max = 1024;  // values of all kinds, the outermost one too
};

class Json {
 public:
  enum class Kind : uint8_t { null, boolean, integer, real, string, array, object };

  // Parses the whole text; nothing but white space may follow the value. FCE_EINVAL for what is not
  // JSON, FCE_ETOOBIG beyond a limit; `out` is null then. The sentence tells the place and quotes
  // nothing.
  static Status parse(std::string_view text, const JsonLimits& limits, Json* out);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool is_string() const { return kind_ == Kind::string; }
  bool is_array() const { return kind_ == Kind::array; }
  bool is_object() const { return kind_ == Kind::object; }

  // Each returns whether the value is of that type, and leaves `out` alone if it is not. An integer
  // is a number without fraction and exponent that fits; it can be read as a double too.
  bool read(bool* out) const;
  bool read(int64_t* out) const;
  bool read(double* out) const;
  bool read(std::string_view* out) const;  // lives as long as this value

  // The elements of an array or the members of an object, in their order; empty for other kinds.
  std::span<const Json> items() const { return items_; }
  // The name of a member.
  std::string_view key() const { return key_; }
  // The member of that name; null when there is none, or when this is no object.
  const Json* find(std::string_view key) const;

 private:
  class Builder;

  Kind kind_ = Kind::null;
  union {
    bool boolean_;
    int64_t integer_ = 0;
    double real_;
  };
  std::string key_;
  std::string text_;
  std::vector<Json> items_;
};

}  // namespace fce
