// SPDX-License-Identifier: Apache-2.0
// ZoneLexer: the entries of a master file (RFC 1035 section 5.1) as tokens. An entry is a line, or
// several that parentheses hold together; comments and empty lines are none.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace fce {

struct ZoneToken {
  std::string_view text;  // without quotes; what is escaped stays so
  bool quoted = false;
};

class ZoneLexer {
 public:
  enum class Next : uint8_t { entry, end, failed };
  static constexpr size_t kTokensMax = 4096;

  explicit ZoneLexer(std::string_view text) : rest_(text) {}  // it outlives the lexer

  Next next();

  // Of the entry; of `failed`, where it is.
  size_t line() const { return line_; }
  std::span<const ZoneToken> tokens() const { return tokens_; }
  // Whether a blank stands at its beginning: then it has no owner of its own.
  bool blank_owner() const { return blank_owner_; }
  const char* error() const { return error_; }

 private:
  enum class Step : uint8_t { more, done, failed };
  Step take_token();
  Step take_quoted();
  Step take_plain();
  Step take_line_end();
  Step failed(const char* why);

  std::string_view rest_;
  size_t next_line_ = 1;  // that `rest_` begins in
  size_t line_ = 1;
  size_t depth_ = 0;        // of parentheses
  size_t opened_line_ = 0;  // of the outermost one
  bool blank_owner_ = false;
  const char* error_ = "";
  std::vector<ZoneToken> tokens_;
};

}  // namespace fce
