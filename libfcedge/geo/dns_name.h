// SPDX-License-Identifier: Apache-2.0
// Names of the DNS in the form of the wire (RFC 1035 section 3.1), without compression: labels with
// a byte of length each, the last one empty. Their case is kept, and ignored when they are
// compared.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

namespace fce {

class DnsName {
 public:
  static constexpr size_t kBytesMax = 255;
  static constexpr size_t kLabelMax = 63;
  static constexpr size_t kLabelsMax = 127;  // without the root's

  DnsName() = default;  // the root

  // False unless `wire` is one whole name.
  static bool from_wire(Bytes wire, DnsName* out);
  // Reads the text of a master file (RFC 1035 section 5.1): "\." and "\DDD" stand for bytes, "@"
  // for `origin`, and a name without a dot at its end is below it.
  static Status parse(std::string_view text, const DnsName& origin, DnsName* out);

  Bytes wire() const { return {bytes_.data(), size_}; }
  std::string text() const;  // with the dot at its end

 private:
  // Room for labels, ahead of the root's; false when there is none.
  bool append(Bytes label);
  bool append_all(Bytes labels);

  std::array<uint8_t, kBytesMax> bytes_{};
  uint8_t size_ = 1;
};

// The size of the name that `bytes` begins with; 0 if it has no end, is too long, or is compressed.
size_t dns_name_size(Bytes bytes);

// The rest take valid names.

size_t dns_label_count(Bytes name);
bool dns_names_equal(Bytes a, Bytes b);
// Whether `name` is `apex` or below it.
bool dns_name_within(Bytes name, Bytes apex);
// Without its first label; not of the root.
inline Bytes dns_parent(Bytes name) { return name.subspan(size_t{name[0]} + 1); }
inline bool is_dns_wildcard(Bytes name) {
  return name.size() > 2 && name[0] == 1 && name[1] == '*';
}

// A byte of length is at most 63 and so no letter: a whole name can be lowered byte by byte.
inline uint8_t dns_lower(uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<uint8_t>(byte + 32) : byte;
}

}  // namespace fce
