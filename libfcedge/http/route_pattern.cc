// SPDX-License-Identifier: Apache-2.0
#include "http/route_pattern.h"

#include <algorithm>
#include <utility>

#include "base/arena.h"
#include "http/percent.h"

namespace fce {
namespace {

using Kind = PatternSegment::Kind;

Status refuse(std::string_view pattern, const char* why) {
  return fail(Status::invalid, "the route pattern \"" + std::string(pattern) + "\" " + why);
}

bool is_identifier(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (name.empty() || !is_letter(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

// Why a segment cannot be in a pattern; null when it can, and `out` is set.
const char* parse_segment(std::string_view text, PatternSegment* out) {
  if (text.find_first_of("{}") == std::string_view::npos) {
    for (const char c : text)
      if (static_cast<unsigned char>(c) <= ' ' || c == '?' || c == '#' || c == '\x7f')
        return "has a character that no path has";
    Arena arena;
    std::string_view decoded;
    if (!percent_decode_path(text, arena, &decoded)) return "has a bad percent escape";
    if (decoded == "." || decoded == "..") return "has a dot segment";
    out->text = std::string(decoded);
    return nullptr;
  }
  if (text.size() < 2 || text.front() != '{' || text.back() != '}')
    return "has a parameter that is not a whole segment";
  std::string_view name = text.substr(1, text.size() - 2);
  out->kind = Kind::parameter;
  if (name.size() > 3 && name.substr(name.size() - 3) == "...") {
    name.remove_suffix(3);
    out->kind = Kind::wildcard;
  }
  if (!is_identifier(name)) return "has a parameter whose name is no identifier";
  out->name = name;
  return nullptr;
}

// Why a segment cannot follow those before it.
const char* check_order(const std::vector<PatternSegment>& before, const PatternSegment& next,
                        bool last) {
  if (next.kind == Kind::text) return !last && next.text.empty() ? "has an empty segment" : nullptr;
  if (next.kind == Kind::wildcard && !last) return "has a wildcard that is not its last segment";
  size_t params = 0;
  for (const PatternSegment& segment : before) {
    if (segment.kind == Kind::text) continue;
    ++params;
    if (segment.name == next.name) return "has two parameters of one name";
  }
  return params == kPatternParamsMax ? "has too many parameters" : nullptr;
}

}  // namespace

Status parse_pattern(std::string_view pattern, std::vector<PatternSegment>* out) {
  out->clear();
  if (pattern.empty() || pattern.front() != '/')
    return refuse(pattern, "does not begin with \"/\"");
  for (size_t at = 1;;) {
    const size_t slash = pattern.find('/', at);
    const bool last = slash == std::string_view::npos;
    PatternSegment segment;
    const char* why = parse_segment(pattern.substr(at, last ? slash : slash - at), &segment);
    if (!why) why = check_order(*out, segment, last);
    if (!why && out->size() == kPatternSegmentsMax) why = "has too many segments";
    if (why) return refuse(pattern, why);
    out->push_back(std::move(segment));
    if (last) return Status::ok;
    at = slash + 1;
  }
}

}  // namespace fce
