// SPDX-License-Identifier: Apache-2.0
#include "http/accept_encoding.h"

#include "base/bytes.h"
#include "http/field_list.h"

namespace fce {
namespace {

// Splits "gzip;q=0.5" and returns the quality, -1 when it is malformed.
int parse_member(std::string_view member, std::string_view* coding) {
  const size_t semicolon = member.find(';');
  *coding = trim_blanks(member.substr(0, semicolon));
  if (coding->empty()) return -1;
  if (semicolon == std::string_view::npos) return 1000;
  const std::string_view weight = trim_blanks(member.substr(semicolon + 1));
  if (weight.size() < 3 || ascii_lower(weight[0]) != 'q' || weight[1] != '=') return -1;
  return parse_weight(weight.substr(2));
}

}  // namespace

AcceptEncoding AcceptEncoding::parse(std::string_view value) {
  int br = -1, gzip = -1, identity = -1, any = -1;
  for (std::string_view member; next_member(&value, &member);) {
    std::string_view coding;
    const int quality = parse_member(member, &coding);
    if (quality < 0) continue;
    if (equals_ignoring_case(coding, "br"))
      br = quality;
    else if (equals_ignoring_case(coding, "gzip"))
      gzip = quality;
    else if (equals_ignoring_case(coding, "x-gzip"))
      gzip = quality;
    else if (equals_ignoring_case(coding, "identity"))
      identity = quality;
    else if (coding == "*")
      any = quality;
  }
  AcceptEncoding accepted;
  const int others = any < 0 ? 0 : any;
  accepted.br_ = static_cast<uint16_t>(br < 0 ? others : br);
  accepted.gzip_ = static_cast<uint16_t>(gzip < 0 ? others : gzip);
  accepted.identity_ = static_cast<uint16_t>(identity >= 0 ? identity : any >= 0 ? any : 1);
  return accepted;
}

ContentCoding AcceptEncoding::choose(bool have_gzip, bool have_br) const {
  const uint16_t br = have_br ? br_ : 0;
  const uint16_t gzip = have_gzip ? gzip_ : 0;
  if (br > 0 && br >= gzip && br >= identity_) return ContentCoding::br;
  if (gzip > 0 && gzip >= identity_) return ContentCoding::gzip;
  return ContentCoding::identity;
}

}  // namespace fce
