// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_status.h"

#include <algorithm>
#include <charconv>

#include "http/field_list.h"

namespace fce {
namespace {

// Longest: "; fwd=vary-miss; fwd-status=200; ttl=-9223372036854775808; stored; collapsed=?0".
constexpr size_t kParametersMax = 128;

std::string_view forward_name(Forward forward) {
  switch (forward) {
    case Forward::none: return "";
    case Forward::bypass: return "bypass";
    case Forward::method: return "method";
    case Forward::uri_miss: return "uri-miss";
    case Forward::vary_miss: return "vary-miss";
    case Forward::miss: return "miss";
    case Forward::request: return "request";
    case Forward::stale: return "stale";
    case Forward::partial: return "partial";
  }
  return "";
}

class Writer {
 public:
  explicit Writer(char* at) : begin_(at), at_(at) {}

  void put(std::string_view text) { at_ = std::copy(text.begin(), text.end(), at_); }
  void put(int64_t number) { at_ = std::to_chars(at_, at_ + 20, number).ptr; }
  // As a token if it is one (RFC 8941 section 3.3.4), else as a string: at most 2 * size + 2.
  void put_bare(std::string_view text) {
    const char first = text.empty() ? '"' : text.front();
    const bool alpha = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
    if (is_token(text) && (alpha || first == '*')) return put(text);
    *at_++ = '"';
    for (const char c : text) {
      if (c < 0x20 || c > 0x7E) continue;  // has no place in a string
      if (c == '"' || c == '\\') *at_++ = '\\';
      *at_++ = c;
    }
    *at_++ = '"';
  }
  std::string_view text() const { return {begin_, static_cast<size_t>(at_ - begin_)}; }

 private:
  char* begin_;
  char* at_;
};

}  // namespace

std::string_view cache_status_value(const CacheStatus& status, std::string_view cache_name,
                                    std::string_view existing, Arena& arena) {
  Writer out(arena.allocate_array<char>(existing.size() + 2 * cache_name.size() +
                                        2 * status.detail.size() + 24 + kParametersMax));
  if (!existing.empty()) {
    out.put(existing);
    out.put(", ");
  }
  out.put_bare(cache_name);
  const bool forwarded = status.forward != Forward::none;
  if (forwarded) {
    out.put("; fwd=");
    out.put(forward_name(status.forward));
  } else if (!status.refused) {
    out.put("; hit");
  }
  if (forwarded && status.forward_status != 0) {
    out.put("; fwd-status=");
    out.put(int64_t{status.forward_status});
  }
  if (status.ttl_s) {
    out.put("; ttl=");
    out.put(*status.ttl_s);
  }
  if (forwarded && status.stored) out.put("; stored");
  if (forwarded && status.collapsed == Collapsed::yes) out.put("; collapsed");
  if (forwarded && status.collapsed == Collapsed::failed) out.put("; collapsed=?0");
  if (!status.detail.empty()) {
    out.put("; detail=");
    out.put_bare(status.detail);
  }
  return out.text();
}

}  // namespace fce
