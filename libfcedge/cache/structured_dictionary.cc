// SPDX-License-Identifier: Apache-2.0
#include "cache/structured_dictionary.h"

#include "http/field_list.h"

namespace fce {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_alpha(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_key_char(char c) {
  return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
}
bool is_base64_char(char c) {
  return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '=';
}

// Takes off what a predicate holds for, from the front.
template <class Predicate>
std::string_view take_while(std::string_view* text, Predicate holds) {
  size_t end = 0;
  while (end < text->size() && holds((*text)[end])) ++end;
  const std::string_view taken = text->substr(0, end);
  text->remove_prefix(end);
  return taken;
}

}  // namespace

DictionaryReader::DictionaryReader(std::string_view line) : left_(line) {
  skip_spaces();
  while (!left_.empty() && left_.back() == ' ') left_.remove_suffix(1);
}

bool DictionaryReader::fail() {
  failed_ = true;
  left_ = {};
  return false;
}

bool DictionaryReader::take(char c) {
  if (at_end() || left_.front() != c) return false;
  left_.remove_prefix(1);
  return true;
}

void DictionaryReader::skip_spaces() {
  take_while(&left_, [](char c) { return c == ' '; });
}

void DictionaryReader::skip_blanks() { take_while(&left_, is_blank); }

bool DictionaryReader::next(DictionaryMember* member) {
  if (failed_) return false;
  if (!first_) {
    skip_blanks();
    if (at_end()) return false;
    if (!take(',')) return fail();
    skip_blanks();
    if (at_end()) return fail();  // a comma at the end
  } else if (at_end()) {
    return false;
  }
  first_ = false;
  *member = {};
  if (!read_key(&member->key)) return fail();
  if (take('=') && !read_value(member)) return fail();
  return read_parameters() || fail();
}

bool DictionaryReader::read_key(std::string_view* key) {
  if (at_end() || (!is_lower(left_.front()) && left_.front() != '*')) return false;
  *key = take_while(&left_, is_key_char);
  return true;
}

bool DictionaryReader::read_value(DictionaryMember* member) {
  if (!take('(')) return read_item(member);
  member->type = ItemType::inner_list;
  return read_inner_list();
}

bool DictionaryReader::read_inner_list() {
  for (;;) {
    skip_spaces();
    if (take(')')) return true;
    DictionaryMember item;
    if (!read_item(&item) || !read_parameters()) return false;
    if (at_end() || (left_.front() != ' ' && left_.front() != ')')) return false;
  }
}

bool DictionaryReader::read_item(DictionaryMember* member) {
  if (at_end()) return false;
  const char c = left_.front();
  if (c == '-' || is_digit(c)) return read_number(member);
  if (c == '"') return read_string(member);
  if (c == '*' || is_alpha(c)) return read_token(member);
  if (c == ':') {
    member->type = ItemType::bytes;
    return read_bytes();
  }
  return c == '?' && read_boolean(member);
}

bool DictionaryReader::read_number(DictionaryMember* member) {
  const bool negative = take('-');
  const std::string_view digits = take_while(&left_, is_digit);
  if (digits.empty()) return false;
  if (take('.')) {
    const std::string_view fraction = take_while(&left_, is_digit);
    member->type = ItemType::decimal;
    return digits.size() <= 12 && !fraction.empty() && fraction.size() <= 3;
  }
  if (digits.size() > 15) return false;
  int64_t number = 0;
  for (const char digit : digits) number = number * 10 + (digit - '0');
  member->type = ItemType::integer;
  member->number = negative ? -number : number;
  return true;
}

bool DictionaryReader::read_string(DictionaryMember* member) {
  left_.remove_prefix(1);
  for (size_t i = 0; i < left_.size(); ++i) {
    const char c = left_[i];
    if (c == '"') {
      member->type = ItemType::string;
      member->text = left_.substr(0, i);
      left_.remove_prefix(i + 1);
      return true;
    }
    if (c < 0x20 || c > 0x7E) return false;
    if (c == '\\' && (++i == left_.size() || (left_[i] != '"' && left_[i] != '\\'))) return false;
  }
  return false;
}

bool DictionaryReader::read_token(DictionaryMember* member) {
  member->type = ItemType::token;
  member->text =
      take_while(&left_, [](char c) { return is_token_char(c) || c == ':' || c == '/'; });
  return true;
}

bool DictionaryReader::read_bytes() {
  left_.remove_prefix(1);
  take_while(&left_, is_base64_char);
  return take(':');
}

bool DictionaryReader::read_boolean(DictionaryMember* member) {
  left_.remove_prefix(1);
  member->type = ItemType::boolean;
  member->truth = take('1');
  return member->truth || take('0');
}

bool DictionaryReader::read_parameters() {
  while (take(';')) {
    skip_spaces();
    std::string_view key;
    DictionaryMember ignored;
    if (!read_key(&key)) return false;
    if (take('=') && !read_item(&ignored)) return false;
  }
  return true;
}

}  // namespace fce
