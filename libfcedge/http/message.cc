// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

namespace fce {

Method method_from(std::string_view text) {
  // Methods are compared with case (RFC 9110 section 9.1).
  switch (text.size()) {
    case 3:
      if (text == "GET") return Method::get;
      if (text == "PUT") return Method::put;
      break;
    case 4:
      if (text == "POST") return Method::post;
      if (text == "HEAD") return Method::head;
      break;
    case 5:
      if (text == "PATCH") return Method::patch;
      break;
    case 6:
      if (text == "DELETE") return Method::delete_;
      break;
    case 7:
      if (text == "OPTIONS") return Method::options;
      break;
    default: break;
  }
  return Method::other;
}

std::string_view Request::header(std::string_view name, bool* found) const {
  for (const Header& field : headers) {
    if (field.name != name) continue;
    if (found) *found = true;
    return field.value;
  }
  if (found) *found = false;
  return {};
}

}  // namespace fce
