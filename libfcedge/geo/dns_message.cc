// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_message.h"

#include <algorithm>

#include "geo/dns_edns.h"
#include "geo/dns_name.h"

namespace fce {
namespace {

constexpr size_t kQuestionFixed = 4, kRecordFixed = 10;

struct Record {
  bool root = false;  // owner
  DnsType type{};
  const uint8_t* fixed = nullptr;  // type, class, ttl, size
  Bytes data;
};

// The size of an owner's name, which may be compressed: it is passed over, and no pointer followed.
size_t skip_name(Bytes bytes) {
  size_t at = 0;
  while (at < bytes.size() && at < DnsName::kBytesMax) {
    const uint8_t length = bytes[at];
    if (length >= 0xc0) return at + 2 <= bytes.size() ? at + 2 : 0;
    if (length > DnsName::kLabelMax) return 0;
    at += size_t{length} + 1;
    if (length == 0) return at;
  }
  return 0;
}

bool take_record(Bytes* rest, Record* out) {
  const size_t name = skip_name(*rest);
  if (name == 0 || rest->size() - name < kRecordFixed) return false;
  out->root = name == 1;
  out->fixed = rest->data() + name;
  out->type = static_cast<DnsType>(read_u16(out->fixed));
  const size_t size = read_u16(out->fixed + 8), head = name + kRecordFixed;
  if (rest->size() - head < size) return false;
  out->data = rest->subspan(head, size);
  *rest = rest->subspan(head + size);
  return true;
}

// A question's name has nothing before it that a pointer could mean: one that has is malformed.
bool take_question(Bytes* rest, DnsQuery* out) {
  const size_t name = dns_name_size(*rest);
  if (name == 0 || rest->size() - name < kQuestionFixed) return false;
  out->name = rest->first(name);
  out->type = static_cast<DnsType>(read_u16(rest->data() + name));
  out->qclass = read_u16(rest->data() + name + 2);
  *rest = rest->subspan(name + kQuestionFixed);
  out->has_question = true;
  return true;
}

// Types that cannot be asked for (RFC 9824 section 3.5 says so of NXNAME).
bool is_no_type(const DnsQuery& query) {
  return query.has_question && (query.type == DnsType::opt || query.type == DnsType::nxname);
}

// All records behind the question. What a query has no use for is passed over, as TSIG of keys that
// we do not have; but where it ends has to be right.
DnsParse take_records(Bytes rest, size_t authority, size_t additional, DnsQuery* out) {
  DnsParse verdict = DnsParse::good;
  for (size_t i = 0; i < authority + additional; ++i) {
    Record record;
    if (!take_record(&rest, &record)) return DnsParse::format_error;
    if (record.type != DnsType::opt) continue;
    if (i < authority || !record.root || out->edns.present) return DnsParse::format_error;
    verdict = parse_dns_edns(record.fixed, record.data, &out->edns);
    if (verdict == DnsParse::format_error) return verdict;
  }
  return rest.empty() ? verdict : DnsParse::format_error;
}

}  // namespace

DnsParse parse_dns_query(Bytes message, DnsQuery* out) {
  if (message.size() < kDnsHeaderBytes) return DnsParse::silence;
  const uint8_t* header = message.data();
  const uint16_t flags = read_u16(header + 2);
  constexpr uint16_t kAnswer = 0x8000, kRecursion = 0x0100;
  if (flags & kAnswer) return DnsParse::silence;
  *out = {};
  out->id = read_u16(header);
  out->opcode = static_cast<uint8_t>(flags >> 11 & 15);
  out->recursion_desired = (flags & kRecursion) != 0;
  const uint16_t questions = read_u16(header + 4), answers = read_u16(header + 6);
  Bytes rest = message.subspan(kDnsHeaderBytes);
  if (out->opcode != 0) {
    // Whoever knows EDNS is to hear it in the refusal (RFC 6891 section 6.1.1), if it can be found.
    if (questions <= 1 && answers == 0 && (questions == 0 || take_question(&rest, out)))
      take_records(rest, read_u16(header + 8), read_u16(header + 10), out);
    return DnsParse::not_implemented;
  }
  if (questions > 1 || answers > 0) return DnsParse::format_error;  // RFC 9619
  if (questions == 1 && !take_question(&rest, out)) return DnsParse::format_error;
  const DnsParse verdict = take_records(rest, read_u16(header + 8), read_u16(header + 10), out);
  if (verdict != DnsParse::good) return verdict;
  if (is_no_type(*out) || (questions == 0 && !out->edns.has_cookie)) return DnsParse::format_error;
  return verdict;
}

}  // namespace fce
