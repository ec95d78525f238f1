// SPDX-License-Identifier: Apache-2.0
// Percent-decoding of request paths (RFC 3986 section 2.1) and of query fields.
#pragma once

#include <string>
#include <string_view>

#include "base/arena.h"

namespace fce {

// Decodes a path as a whole; `out` is `path` itself when nothing in it is encoded. False for an
// escape that is cut or not hexadecimal, and for an encoded slash or NUL: both would mean something
// else to whoever splits the path or opens a file by it.
bool percent_decode_path(std::string_view path, Arena& arena, std::string_view* out);

// Decodes a name or value of a query as WHATWG URL 5.1 (application/x-www-form-urlencoded) does:
// "+" is a blank. False for an escape that is cut or not hexadecimal.
bool percent_decode_field(std::string_view field, std::string* out);

}  // namespace fce
