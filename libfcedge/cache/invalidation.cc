// SPDX-License-Identifier: Apache-2.0
#include "cache/invalidation.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"

namespace fce {
namespace {

constexpr auto kNone = std::string_view::npos;

std::string_view without_default_port(std::string_view scheme, std::string_view authority) {
  const std::string_view port = equals_ignoring_case(scheme, "https") ? ":443" : ":80";
  if (authority.size() > port.size() && authority.ends_with(port))
    authority.remove_suffix(port.size());
  return authority;
}

bool same_authority(std::string_view scheme, std::string_view a, std::string_view b) {
  return equals_ignoring_case(without_default_port(scheme, a), without_default_port(scheme, b));
}

// The scheme that a reference begins with; "" for a relative one.
std::string_view scheme_of(std::string_view reference) {
  const size_t end = reference.find_first_of(":/?");
  return end != kNone && reference[end] == ':' ? reference.substr(0, end) : std::string_view();
}

// RFC 3986 section 5.2.4, in place: `path` begins with "/".
std::string_view remove_dot_segments(char* path, size_t size) {
  size_t out = 0;
  for (size_t in = 0; in < size;) {
    // A segment with the slash before it.
    size_t end = in + 1;
    while (end < size && path[end] != '/') ++end;
    const std::string_view segment(path + in + 1, end - in - 1);
    const bool last = end == size;
    if (segment == "..") {
      while (out > 0 && path[--out] != '/') continue;
      if (last) path[out++] = '/';
    } else if (segment == ".") {
      if (last) path[out++] = '/';
    } else {
      std::copy(path + in, path + end, path + out);
      out += end - in;
    }
    in = end;
  }
  return {path, out};
}

// Puts together a path, from which dot segments are taken, and a query with its "?".
std::string_view make_target(std::string_view directory, std::string_view path,
                             std::string_view query, Arena& arena) {
  const size_t size = directory.size() + path.size();
  char* out = arena.allocate_array<char>(size + query.size() + 1);
  std::copy(path.begin(), path.end(), std::copy(directory.begin(), directory.end(), out));
  const std::string_view clean = remove_dot_segments(out, size);
  std::copy(query.begin(), query.end(), out + clean.size());
  return {out, clean.size() + query.size()};
}

std::string_view resolve_relative(std::string_view reference, std::string_view target,
                                  Arena& arena) {
  const size_t question = std::min(reference.find('?'), reference.size());
  const std::string_view path = reference.substr(0, question);
  const std::string_view query = reference.substr(question);
  const std::string_view base = target.substr(0, target.find('?'));
  if (!path.empty() && path.front() == '/') return make_target("", path, query, arena);
  if (!path.empty()) return make_target(base.substr(0, base.rfind('/') + 1), path, query, arena);
  return query.empty() ? target : make_target(base, "", query, arena);
}

bool is_reference_char(char c) { return c > 0x20 && c != 0x7F && c != '\\'; }

void add_target(std::string_view target, Invalidation* out) {
  const auto end = out->targets.begin() + static_cast<std::ptrdiff_t>(out->count);
  if (target.empty() || std::find(out->targets.begin(), end, target) != end) return;
  out->targets[out->count++] = target;
}

}  // namespace

bool is_safe_method(std::string_view method) {
  for (const std::string_view safe :
       {"GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "SEARCH", "QUERY"})
    if (method == safe) return true;
  return false;
}

std::string_view same_origin_target(std::string_view reference, std::string_view scheme,
                                    std::string_view authority, std::string_view target,
                                    Arena& arena) {
  reference = reference.substr(0, reference.find('#'));
  if (!std::all_of(reference.begin(), reference.end(), is_reference_char)) return {};
  if (target.empty() || target.front() != '/') return {};
  if (const std::string_view given = scheme_of(reference); !given.empty()) {
    if (!equals_ignoring_case(given, scheme)) return {};
    reference.remove_prefix(given.size() + 1);
    if (reference.substr(0, 2) != "//") return {};
  }
  if (reference.substr(0, 2) != "//") return resolve_relative(reference, target, arena);
  reference.remove_prefix(2);
  const size_t end = std::min(reference.find_first_of("/?"), reference.size());
  if (!same_authority(scheme, reference.substr(0, end), authority)) return {};
  reference.remove_prefix(end);
  if (reference.empty()) return "/";
  if (reference.front() == '?') return make_target("/", "", reference, arena);
  return resolve_relative(reference, target, arena);
}

Invalidation invalidated_by(const Request& request, std::string_view scheme, uint16_t status,
                            std::span<const Header> answer, Arena& arena) {
  Invalidation out;
  if (is_safe_method(request.method_text) || status < 200 || status > 399) return out;
  std::string_view target = request.path;
  if (!request.query.empty()) target = arena.concat(arena.concat(request.path, "?"), request.query);
  add_target(target, &out);
  bool location = false, content_location = false;
  for (const auto& [name, value] : answer) {
    const bool first = (name == "location" && !std::exchange(location, true)) ||
                       (name == "content-location" && !std::exchange(content_location, true));
    if (first)
      add_target(same_origin_target(value, scheme, request.authority, target, arena), &out);
  }
  return out;
}

}  // namespace fce
