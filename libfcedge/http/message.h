// SPDX-License-Identifier: Apache-2.0
// A request as handlers see it, whatever version carried it (RFC 9110). All views live as long as
// the exchange's arena.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace fce {

enum class Method : uint8_t { get, head, post, put, delete_, patch, options, other };

Method method_from(std::string_view text);

struct Header {
  std::string_view name;  // of a request: in lower case
  std::string_view value;
};

struct Request {
  Method method = Method::other;
  std::string_view method_text;
  std::string_view protocol;   // of an extended CONNECT of HTTP/2 (RFC 8441): it reads as a GET
  std::string_view host;       // of Host or :authority, without port, in lower case
  std::string_view authority;  // the same as it came, with port
  std::string_view path;       // as it came, without query: begins with "/" (or is "*")
  std::string_view query;      // without "?"
  std::span<const Header> headers;
  Bytes body;            // whole, once the handler runs
  uint8_t version = 11;  // 10, 11 or 20
  bool tls = false;

  // The value of the first field of that name (in lower case); `found` tells absent from empty.
  std::string_view header(std::string_view name, bool* found = nullptr) const;
};

}  // namespace fce
