// SPDX-License-Identifier: Apache-2.0
#include "cache/forward_fields.h"

#include <array>

#include "base/bytes.h"
#include "cache/arena_fields.h"
#include "cache/stored_fields.h"
#include "http/field_list.h"
#include "http/forwarded.h"
#include "http/hop_by_hop.h"
#include "http/via.h"

namespace fce {
namespace {

bool is_condition_or_range(std::string_view name) {
  return name == "if-none-match" || name == "if-modified-since" || name == "if-match" ||
         name == "if-unmodified-since" || name == "range" || name == "if-range";
}

// Tells the origin to take the request for another one than the key says.
bool overrides_request(std::string_view name) {
  return name == "x-original-url" || name == "x-rewrite-url" || name == "x-http-method" ||
         name == "x-http-method-override" || name == "x-method-override";
}

// What the client writes itself. Expect was answered by us.
bool is_framing(std::string_view name) {
  return name == "host" || name == "content-length" || name == "expect";
}

// By bits: 1 for br, 2 for gzip, 4 for zstd.
constexpr std::array<std::string_view, 8> kReduced = {
    "identity", "br", "gzip", "br, gzip", "zstd", "br, zstd", "gzip, zstd", "br, gzip, zstd"};

unsigned coding_bit(std::string_view coding) {
  if (equals_ignoring_case(coding, "br")) return 1;
  if (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip")) return 2;
  return equals_ignoring_case(coding, "zstd") ? 4 : 0;
}

// Splits "br;q=0.5". False when there is something else than a weight behind the semicolon.
bool split_weight(std::string_view member, std::string_view* coding, int* weight) {
  const size_t semicolon = member.find(';');
  *coding = trim_blanks(member.substr(0, semicolon));
  *weight = 1000;
  if (semicolon == std::string_view::npos) return true;
  const std::string_view parameter = trim_blanks(member.substr(semicolon + 1));
  if (parameter.size() < 2 || ascii_lower(parameter[0]) != 'q' || parameter[1] != '=') return false;
  *weight = parse_weight(parameter.substr(2));
  return *weight >= 0;
}

}  // namespace

std::string_view reduced_accept_encoding(std::string_view value) {
  unsigned accepted = 0;
  std::string_view list = value, member, coding;
  while (next_member(&list, &member)) {
    int weight;
    if (!split_weight(member, &coding, &weight)) return value;
    if (coding == "*" || equals_ignoring_case(coding, "identity")) return value;
    if (weight > 0) accepted |= coding_bit(coding);
  }
  return kReduced[accepted];
}

bool reaches_origin(const CacheRequest& request, std::string_view name) {
  if (is_hop_by_hop(name) || is_forwarding_field(name)) return false;
  if (request.reads() && overrides_request(name)) return false;
  return !is_named_by_connection(request.request->headers, name);
}

std::span<const Header> forward_fields(const CacheRequest& request, ForwardAs as,
                                       const StoredView* stored, const PolicyOptions& options,
                                       Arena& arena) {
  const std::span<const Header> headers = request.request->headers;
  // Of what is neither read from the store nor written to it nothing is changed.
  const bool reduce =
      options.normalise_accept_encoding && request.reads() && request.selection.accept_encoding;
  ArenaFields out(headers.size() + 4, arena);
  for (const Header& field : headers) {
    const std::string_view name = field.name;
    if (is_framing(name) || !reaches_origin(request, name)) continue;
    if (as != ForwardAs::as_is && is_condition_or_range(name)) continue;
    if ((reduce && name == "accept-encoding") || name == "via") continue;
    out.add(name, field.value);
  }
  if (reduce)
    out.add("accept-encoding", reduced_accept_encoding(request.selection.accept_encoding.value));
  out.add("via", via_value(headers, via_version(*request.request), options.via_name(), arena));
  if (as == ForwardAs::validate && stored) {
    if (!stored->etag.empty()) out.add("if-none-match", stored->etag);
    if (!stored->last_modified.empty()) out.add("if-modified-since", stored->last_modified);
  }
  return out.span();
}

}  // namespace fce
