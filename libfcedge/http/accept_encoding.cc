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

std::string_view coding_name(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::identity: break;
    case ContentCoding::gzip: return "gzip";
    case ContentCoding::br: return "br";
    case ContentCoding::zstd: return "zstd";
  }
  return "identity";
}

AcceptEncoding AcceptEncoding::parse(std::string_view value) {
  constexpr ContentCoding kCodings[] = {ContentCoding::identity, ContentCoding::gzip,
                                        ContentCoding::br, ContentCoding::zstd};
  std::array<int, std::size(kCodings)> named;
  named.fill(-1);
  int any = -1;
  for (std::string_view member; next_member(&value, &member);) {
    std::string_view coding;
    const int quality = parse_member(member, &coding);
    if (quality < 0) continue;
    if (equals_ignoring_case(coding, "x-gzip")) coding = "gzip";
    if (coding == "*") any = quality;
    for (const ContentCoding known : kCodings)
      if (equals_ignoring_case(coding, coding_name(known)))
        named[static_cast<size_t>(known)] = quality;
  }
  AcceptEncoding accepted;
  const int others = any < 0 ? 0 : any;
  for (size_t i = 0; i < named.size(); ++i)
    accepted.quality_[i] = static_cast<uint16_t>(named[i] < 0 ? others : named[i]);
  if (named[0] < 0 && any < 0) accepted.quality_[0] = 1;
  return accepted;
}

ContentCoding AcceptEncoding::choose(std::span<const ContentCoding> have) const {
  ContentCoding best = ContentCoding::identity;
  for (const ContentCoding coding : have) {
    // Of equal ones a coding goes before identity, and an earlier one before a later one.
    const bool first = best == ContentCoding::identity;
    if (quality(coding) > 0 &&
        (first ? quality(coding) >= quality(best) : quality(coding) > quality(best)))
      best = coding;
  }
  return best;
}

ContentCoding AcceptEncoding::choose(bool have_gzip, bool have_br) const {
  ContentCoding have[2];
  size_t count = 0;
  if (have_br) have[count++] = ContentCoding::br;
  if (have_gzip) have[count++] = ContentCoding::gzip;
  return choose(std::span(have).first(count));
}

}  // namespace fce
