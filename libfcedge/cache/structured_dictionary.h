// SPDX-License-Identifier: Apache-2.0
// A reader for Dictionaries of structured fields (RFC 8941 section 4.2.2), without allocation.
#pragma once

#include <cstdint>
#include <string_view>

namespace fce {

enum class ItemType : uint8_t { integer, decimal, string, token, bytes, boolean, inner_list };

struct DictionaryMember {
  std::string_view key;
  ItemType type = ItemType::boolean;  // without a value it is the Boolean true
  bool truth = true;                  // of a Boolean
  int64_t number = 0;                 // of an Integer
  std::string_view text;              // of a String (between its quotes, still escaped), of a Token
};

// Takes members off one field line, in turn. Parameters are read and passed over.
class DictionaryReader {
 public:
  explicit DictionaryReader(std::string_view line);

  // False at the end and at the first error, which `failed` tells apart.
  bool next(DictionaryMember* member);
  bool failed() const { return failed_; }

 private:
  bool read_key(std::string_view* key);
  bool read_value(DictionaryMember* member);
  bool read_item(DictionaryMember* member);
  bool read_number(DictionaryMember* member);
  bool read_string(DictionaryMember* member);
  bool read_token(DictionaryMember* member);
  bool read_bytes();
  bool read_boolean(DictionaryMember* member);
  bool read_inner_list();
  bool read_parameters();
  bool take(char c);
  bool at_end() const { return left_.empty(); }
  void skip_spaces();
  void skip_blanks();
  bool fail();

  std::string_view left_;
  bool first_ = true;
  bool failed_ = false;
};

}  // namespace fce
