// SPDX-License-Identifier: Apache-2.0
#include "engine/fields_in.h"

#include <algorithm>
#include <string_view>

#include "base/bytes.h"
#include "http/field_list.h"

namespace fce {
namespace {

bool is_field_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool is_reserved(std::string_view name) {
  static constexpr std::string_view kReserved[] = {"connection", "content-length",    "date",
                                                   "keep-alive", "proxy-connection",  "te",
                                                   "trailer",    "transfer-encoding", "upgrade"};
  return std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved);
}

}  // namespace

Status read_fields(const fce_header* headers, size_t count,
                   std::vector<std::pair<std::string, std::string>>* out) {
  for (size_t i = 0; i < count; ++i) {
    const std::string_view value(headers[i].value.data, headers[i].value.len);
    std::string name(headers[i].name.data, headers[i].name.len);
    for (char& c : name) c = ascii_lower(c);
    if (!is_token(name) || !is_field_value(value) || is_reserved(name))
      return fail(Status::invalid, "the header field \"" + name.substr(0, 64) +
                                       "\" is not allowed or its value is malformed");
    out->emplace_back(std::move(name), value);
  }
  return Status::ok;
}

}  // namespace fce
