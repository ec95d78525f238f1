// SPDX-License-Identifier: Apache-2.0
// Writes small MaxMind databases for tests (MaxMind-DB-spec), good ones and such as nobody would.
#pragma once

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "geo/ip_number.h"
#include "net/address.h"

namespace fce {

// "192.0.2.0/24", or a single address.
inline IpPrefix prefix_of(std::string_view text) {
  Network network;
  REQUIRE(Network::parse(text, &network) == Status::ok);
  IpPrefix prefix;
  prefix.v6 = network.first.family == PeerAddress::Family::ipv6;
  prefix.bits = network.bits;
  prefix.ip = network.first.ip;
  return prefix;
}

namespace mmdb {

inline std::string big_endian(uint64_t number, size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = size; i-- > 0; number >>= 8) bytes[i] = static_cast<char>(number);
  return bytes;
}

// Sizes up to 284, which is enough for tests.
inline std::string head(int type, size_t size) {
  std::string more;
  if (size >= 29) more = big_endian(size - 29, 1);
  const int low = static_cast<int>(size < 29 ? size : 29);
  if (type <= 7) return std::string(1, static_cast<char>(type << 5 | low)) + more;
  return std::string(1, static_cast<char>(low)) + static_cast<char>(type - 7) + more;
}

inline std::string text(std::string_view value) {
  return head(2, value.size()) + std::string(value);
}
inline std::string real64(double value) {
  return head(3, 8) + big_endian(std::bit_cast<uint64_t>(value), 8);
}
inline std::string real32(float value) {
  return head(15, 4) + big_endian(std::bit_cast<uint32_t>(value), 4);
}
inline std::string uint16(uint16_t value) { return head(5, 2) + big_endian(value, 2); }
inline std::string uint32(uint32_t value) { return head(6, 4) + big_endian(value, 4); }
inline std::string boolean(bool value) { return head(14, value ? 1 : 0); }
inline std::string pointer(uint16_t at) { return std::string("\x38", 1) + big_endian(at, 4); }

inline std::string map(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string bytes = head(7, pairs.size());
  for (const auto& pair : pairs) bytes += text(pair.first) + pair.second;
  return bytes;
}

// As MaxMind's City databases have it.
inline std::string city(std::string_view country, double latitude, double longitude) {
  return map({{"city", map({{"names", map({{"en", text("somewhere")}})}})},
              {"country", map({{"iso_code", text(country)}})},
              {"location", map({{"accuracy_radius", uint16(100)},
                                {"latitude", real64(latitude)},
                                {"longitude", real64(longitude)}})}});
}

// As the flat databases have it.
inline std::string flat(std::string_view country, float latitude, float longitude) {
  return map({{"city", text("")},
              {"country_code", text(country)},
              {"latitude", real32(latitude)},
              {"longitude", real32(longitude)}});
}

}  // namespace mmdb

class MmdbWriter {
 public:
  explicit MmdbWriter(bool v6, uint32_t record_bits = 24) : v6_(v6), record_bits_(record_bits) {}

  void add(std::string_view prefix, const std::string& record) {
    lead(prefix, {Link::data, data_.size()});
    data_ += record;
  }
  // Leads to the node that `root` leads to.
  void alias(std::string_view prefix, std::string_view root) {
    lead(prefix, {Link::node, follow(root)});
  }
  // A record of the tree as it stands there: what follows the last node, and so on.
  void lead_beyond(std::string_view prefix, uint32_t beyond) {
    lead(prefix, {Link::beyond, beyond});
  }

  std::string finish() const {
    std::string file;
    for (const Node& node : nodes_) file += encode(number(node.links[0]), number(node.links[1]));
    file += std::string(16, '\0') + data_ + "\xab\xcd\xefMaxMind.com";
    return file + mmdb::map({{"node_count", mmdb::uint32(static_cast<uint32_t>(nodes_.size()))},
                             {"record_size", mmdb::uint16(static_cast<uint16_t>(record_bits_))},
                             {"ip_version", mmdb::uint16(v6_ ? 6 : 4)},
                             {"database_type", mmdb::text("Test-City")},
                             {"binary_format_major_version", mmdb::uint16(2)},
                             {"build_epoch", mmdb::uint32(1'700'000'000)}});
  }

 private:
  struct Link {
    enum Kind { nothing, node, data, beyond } kind = nothing;
    size_t value = 0;
  };
  struct Node {
    Link links[2];
  };

  // IPv4 addresses lie behind 96 zeros in a tree for IPv6.
  std::vector<unsigned> bits_of(std::string_view text) const {
    const IpPrefix prefix = prefix_of(text);
    std::vector<unsigned> bits(v6_ && !prefix.v6 ? 96 : 0);
    for (unsigned i = 0; i < prefix.bits; ++i) bits.push_back(prefix.ip[i / 8] >> (7 - i % 8) & 1);
    return bits;
  }

  void lead(std::string_view prefix, Link link) {
    const std::vector<unsigned> bits = bits_of(prefix);
    size_t node = 0;
    for (size_t i = 0; i + 1 < bits.size(); ++i) node = child(node, bits[i]);
    nodes_[node].links[bits.back()] = link;
  }
  size_t follow(std::string_view prefix) {
    size_t node = 0;
    for (const unsigned bit : bits_of(prefix)) node = child(node, bit);
    return node;
  }
  // What was there becomes both halves of a new node.
  size_t child(size_t node, unsigned bit) {
    const Link link = nodes_[node].links[bit];
    if (link.kind == Link::node) return link.value;
    nodes_.push_back({{link, link}});
    nodes_[node].links[bit] = {Link::node, nodes_.size() - 1};
    return nodes_.size() - 1;
  }

  uint64_t number(const Link& link) const {
    switch (link.kind) {
      case Link::nothing: return nodes_.size();
      case Link::node: return link.value;
      case Link::data: return nodes_.size() + 16 + link.value;
      case Link::beyond: return nodes_.size() + link.value;
    }
    return 0;
  }
  std::string encode(uint64_t left, uint64_t right) const {
    if (record_bits_ != 28)
      return mmdb::big_endian(left, record_bits_ / 8) + mmdb::big_endian(right, record_bits_ / 8);
    const auto middle = static_cast<char>((left >> 24) << 4 | right >> 24);
    return mmdb::big_endian(left & 0xffffff, 3) + middle + mmdb::big_endian(right & 0xffffff, 3);
  }

  const bool v6_;
  const uint32_t record_bits_;
  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::string data_;
};

}  // namespace fce
