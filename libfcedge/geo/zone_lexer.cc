// SPDX-License-Identifier: Apache-2.0
#include "geo/zone_lexer.h"

#include <algorithm>

namespace fce {
namespace {

constexpr const char* kNul = "there is a NUL byte";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// "\n", or "\r\n" as some editors write it.
bool is_line_end(std::string_view text) {
  return text.substr(0, 1) == "\n" || text.substr(0, 2) == "\r\n";
}

}  // namespace

ZoneLexer::Step ZoneLexer::failed(const char* why) {
  line_ = next_line_;
  error_ = why;
  return Step::failed;
}

// A quoted string ends in its line: one that is left open would hide all that follows.
ZoneLexer::Step ZoneLexer::take_quoted() {
  size_t end = 1;
  bool escaped = false;
  for (; end < rest_.size() && rest_[end] != '\n'; ++end) {
    if (rest_[end] == '\0') return failed(kNul);
    if (!escaped && rest_[end] == '"') break;
    escaped = !escaped && rest_[end] == '\\';
  }
  if (end >= rest_.size() || rest_[end] != '"') return failed("a quoted string has no end");
  tokens_.push_back({rest_.substr(1, end - 1), true});
  rest_.remove_prefix(end + 1);
  return Step::more;
}

ZoneLexer::Step ZoneLexer::take_plain() {
  static constexpr std::string_view kEnds = " \t\r\n;()\"";
  size_t end = 0;
  while (end < rest_.size() && kEnds.find(rest_[end]) == std::string_view::npos) {
    const bool escaped = rest_[end] == '\\';
    if (rest_.substr(end, escaped ? 2 : 1).find('\0') != std::string_view::npos)
      return failed(kNul);
    if (escaped && (end + 1 == rest_.size() || is_line_end(rest_.substr(end + 1))))
      return failed("a backslash stands before nothing");
    end += escaped ? 2 : 1;
  }
  tokens_.push_back({rest_.substr(0, end), false});
  rest_.remove_prefix(end);
  return Step::more;
}

ZoneLexer::Step ZoneLexer::take_line_end() {
  rest_.remove_prefix(1);
  ++next_line_;
  if (depth_ > 0) return Step::more;
  if (!tokens_.empty()) return Step::done;
  line_ = next_line_;
  blank_owner_ = !rest_.empty() && is_space(rest_.front());
  return Step::more;
}

ZoneLexer::Step ZoneLexer::take_token() {
  if (tokens_.size() == kTokensMax) return failed("an entry has too many parts");
  const char c = rest_.front();
  if (c == '\n') return take_line_end();
  if (c == '"') return take_quoted();
  if (c == ';') {
    const std::string_view comment = rest_.substr(0, rest_.find('\n'));
    if (comment.find('\0') != std::string_view::npos) return failed(kNul);
    rest_.remove_prefix(comment.size());
    return Step::more;
  }
  if (c != '(' && c != ')' && !is_space(c)) return take_plain();
  if (c == ')' && depth_ == 0) return failed("a parenthesis is closed that was not opened");
  if (c == '(' && depth_++ == 0) opened_line_ = next_line_;
  if (c == ')') --depth_;
  rest_.remove_prefix(1);
  return Step::more;
}

ZoneLexer::Next ZoneLexer::next() {
  tokens_.clear();
  line_ = next_line_;
  blank_owner_ = !rest_.empty() && is_space(rest_.front());
  while (!rest_.empty()) {
    const Step step = take_token();
    if (step == Step::failed) return Next::failed;
    if (step == Step::done) return Next::entry;
  }
  if (depth_ > 0) {
    failed("a parenthesis is not closed");
    line_ = opened_line_;
    return Next::failed;
  }
  return tokens_.empty() ? Next::end : Next::entry;
}

}  // namespace fce
