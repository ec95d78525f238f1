// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_request.h"

#include "base/bytes.h"
#include "http/field_list.h"

namespace fce {
namespace {

bool lists(std::string_view list, std::string_view wanted) {
  std::string_view member;
  while (next_member(&list, &member))
    if (equals_ignoring_case(member, wanted)) return true;
  return false;
}

}  // namespace

CacheRequest CacheRequest::from(const Request& request, const PolicyOptions& options,
                                Arena& arena) {
  CacheRequest out;
  out.request = &request;
  out.selection = SelectionFields::from(request.headers, arena);
  out.upgrade = !request.protocol.empty();
  out.has_body = !request.body.empty();
  bool controlled = false, pragma = false;
  for (const auto& [name, value] : request.headers) {
    switch (name.size()) {
      case 6:
        if (name == "cookie") out.cookie = true;
        if (name == "pragma" && lists(value, "no-cache")) pragma = true;
        break;
      case 7:
        // Other protocols (h2c) are offers that nobody has to take.
        if (name == "upgrade" && lists(value, "websocket")) out.upgrade = true;
        break;
      case 13:
        if (name == "authorization") out.authorization = true;
        if (name == "cache-control") {
          out.directives.add(value);
          controlled = true;
        }
        break;
      case 14:
        if (name == "content-length" && value != "0") out.has_body = true;
        break;
      case 17:
        if (name == "transfer-encoding") out.has_body = true;
        break;
      default: break;
    }
  }
  // For clients that know no Cache-Control (RFC 7234 section 5.4).
  if (pragma && !controlled) out.directives.no_cache = true;
  if (options.ignore_client_cache_control) {
    const bool no_store = out.directives.no_store;
    out.directives = {};
    out.directives.no_store = no_store;
  }
  out.conditional = out.selection.if_none_match || out.selection.if_modified_since;
  out.for_origin = out.selection.if_match || out.selection.if_unmodified_since;
  return out;
}

}  // namespace fce
