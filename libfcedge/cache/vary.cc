// SPDX-License-Identifier: Apache-2.0
#include "cache/vary.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "cache/forward_fields.h"
#include "http/field_list.h"

namespace fce {
namespace {

// A set of names, sorted, in place.
class Names {
 public:
  // False when there is no room for another one.
  bool add(std::string_view name) {
    const auto end = names_.begin() + static_cast<std::ptrdiff_t>(count_);
    const auto place = std::lower_bound(names_.begin(), end, name);
    if (place != end && *place == name) return true;
    if (count_ == names_.size()) return false;
    std::move_backward(place, end, end + 1);
    *place = name;
    ++count_;
    return true;
  }
  bool add_list(std::string_view list) {
    std::string_view name;
    while (next_member(&list, &name))
      if (!add(name)) return false;
    return true;
  }
  std::string_view joined(Arena& arena) const {
    size_t size = 0;
    for (size_t i = 0; i < count_; ++i) size += names_[i].size() + 1;
    if (size == 0) return {};
    char* out = arena.allocate_array<char>(size);
    char* at = out;
    for (size_t i = 0; i < count_; ++i) {
      if (i > 0) *at++ = ',';
      at = std::copy(names_[i].begin(), names_[i].end(), at);
    }
    return {out, size - 1};
  }

 private:
  std::array<std::string_view, kVaryNamesMax> names_;
  size_t count_ = 0;
};

std::string_view lower(std::string_view text, Arena& arena) {
  char* out = arena.allocate_array<char>(text.size());
  std::transform(text.begin(), text.end(), out, ascii_lower);
  return {out, text.size()};
}

// Fields whose values are told to be without case.
bool without_case(std::string_view name) {
  return name == "accept-encoding" || name == "accept-language" || name == "accept-charset";
}

// Writes a value without the blanks around its commas, except within quotes.
char* write_value(std::string_view value, bool lower_case, char* at) {
  bool quoted = false;
  const char* const begin = at;
  value = trim_blanks(value);
  for (size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\' && i + 1 < value.size()) {
      *at++ = c;
      *at++ = value[++i];
      continue;
    }
    if (!quoted && c == ',')
      while (at > begin && is_blank(at[-1])) --at;
    if (!quoted && is_blank(c) && at > begin && at[-1] == ',') continue;
    *at++ = lower_case ? ascii_lower(c) : c;
  }
  return at;
}

// The fields of a request that a name stands for.
class Values {
 public:
  Values(std::string_view name, const CacheRequest& request, const PolicyOptions& options)
      : name_(name), headers_(request.request->headers) {
    // Two requests that are the same to the origin have the same variant.
    if (!reaches_origin(request, name)) headers_ = {};
    const OptionalField& coding = request.selection.accept_encoding;
    if (!options.normalise_accept_encoding || name != "accept-encoding" || !coding) return;
    reduced_ = {name, reduced_accept_encoding(coding.value)};
    headers_ = {&reduced_, 1};
  }
  Values(const Values&) = delete;
  Values& operator=(const Values&) = delete;

  // All that it needs at most, with the name.
  size_t size() const {
    size_t size = name_.size() + 2;
    for (const Header& header : headers_)
      if (header.name == name_) size += header.value.size() + 1;
    return size;
  }
  char* write(char* at) const {
    at = std::copy(name_.begin(), name_.end(), at);
    char separator = ':';
    for (const Header& header : headers_) {
      if (header.name != name_) continue;
      *at++ = separator;
      separator = ',';
      at = write_value(header.value, without_case(name_), at);
    }
    *at++ = '\n';
    return at;
  }

 private:
  std::string_view name_;
  std::span<const Header> headers_;
  Header reduced_;
};

}  // namespace

Vary vary_names(std::span<const Header> answer, Arena& arena, std::string_view* names) {
  Names set;
  *names = {};
  for (const Header& header : answer) {
    if (header.name != "vary") continue;
    std::string_view list = header.value, name;
    while (next_member(&list, &name))
      if (name == "*" || !is_token(name) || !set.add(lower(name, arena))) return Vary::any;
  }
  *names = set.joined(arena);
  return names->empty() ? Vary::none : Vary::fields;
}

std::string_view vary_union(std::string_view older, std::string_view newer, Arena& arena) {
  Names set;
  if (!set.add_list(older) || !set.add_list(newer)) return {};
  return set.joined(arena);
}

std::string_view variant_text(std::string_view names, const CacheRequest& request,
                              const PolicyOptions& options, Arena& arena) {
  size_t size = 0;
  std::string_view list = names, name;
  while (next_member(&list, &name)) size += Values(name, request, options).size();
  if (size == 0) return {};
  char* const out = arena.allocate_array<char>(size);
  char* at = out;
  for (list = names; next_member(&list, &name);) at = Values(name, request, options).write(at);
  return {out, static_cast<size_t>(at - out)};
}

}  // namespace fce
