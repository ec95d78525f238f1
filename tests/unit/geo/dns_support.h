// SPDX-License-Identifier: Apache-2.0
// Queries as clients send them, and answers as they read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "geo/dns_name.h"
#include "geo/dns_types.h"

namespace fce::test {

using Message = std::vector<uint8_t>;

DnsName dns_name(std::string_view text);  // absolute, with or without its dot
std::string from_hex(std::string_view hex);

class Ask {
 public:
  explicit Ask(std::string_view name, DnsType type = DnsType::a, uint16_t qclass = 1);

  Ask& flags(uint16_t flags);
  // Puts an OPT record behind it, to which options are added.
  Ask& edns(uint16_t udp_bytes = 1232, uint16_t flags = 0, uint8_t version = 0);
  Ask& option(uint16_t code, std::string_view data);
  // "192.0.2.0/24" as client subnet.
  Ask& subnet(std::string_view network);
  // A record as it stands on the wire, and which count of the header it adds to.
  Ask& record(std::string_view wire, size_t count_at = 10);
  Ask& append(std::string_view bytes);

  const Message& message() const { return message_; }
  operator Bytes() const { return message_; }

 private:
  void count(size_t at);

  Message message_;
  size_t options_at_ = 0;  // where the OPT record's size stands; 0: there is none
};

struct AnswerRecord {
  std::string owner;
  DnsType type{};
  uint32_t ttl = 0;
  std::string data;  // of the wire, names uncompressed
};

struct Answer {
  uint16_t id = 0, flags = 0;
  unsigned rcode = 0;  // with what the OPT record has of it
  std::string question;
  DnsType type{};
  std::vector<std::string> answers, authority, additional;  // "www.example. 300 A 192.0.2.1"
  std::vector<AnswerRecord> records;                        // all of them
  bool edns = false, dnssec_ok = false, compact_ok = false;
  uint16_t udp_bytes = 0;
  std::vector<std::pair<uint16_t, std::string>> options;
  std::string broken;  // why it is no message; empty: it is one

  bool authoritative() const { return (flags & 0x0400) != 0; }
  bool truncated() const { return (flags & 0x0200) != 0; }
  const std::string* option(uint16_t code) const;
};

Answer read_answer(Bytes message);

}  // namespace fce::test
