// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_writer.h"

#include <algorithm>

#include "geo/dns_name.h"

namespace fce {
namespace {

constexpr uint16_t kPointer = 0xc000;

// How the data of a type begins: so many bytes, then so many names. Only names of types that all
// know may be compressed, which are those of RFC 1035 (RFC 3597 section 4).
struct Layout {
  size_t bytes = 0;
  size_t names = 0;
};

Layout layout_of(DnsType type) {
  switch (type) {
    case DnsType::ns:
    case DnsType::cname:
    case DnsType::ptr: return {0, 1};
    case DnsType::soa: return {0, 2};
    case DnsType::mx: return {2, 1};
    default: return {};
  }
}

}  // namespace

DnsWriter::DnsWriter(MutableBytes out) : out_(out), limit_(out.size()) {}

void DnsWriter::question(const DnsQuery& query, const DnsKey& key) {
  question_name_ = query.name;
  size_t at = size_;
  for (size_t labels = key.labels(); labels > 0; --labels) {
    learn(key.hash(labels), at);
    at += size_t{query.name[at - size_]} + 1;
  }
  put(query.name);
  write_u16(out_.data() + size_, static_cast<uint16_t>(query.type));
  write_u16(out_.data() + size_ + 2, query.qclass);
  size_ += 4;
  question_end_ = size_;
  question_names_ = names_;
}

void DnsWriter::reserve(size_t bytes) { limit_ = std::max(size_, out_.size() - bytes); }

bool DnsWriter::add(Section section, Bytes owner, DnsType type, uint32_t ttl, Bytes data) {
  const Mark before = mark();
  if (!put_record(owner, type, ttl, data)) {
    rewind(before);
    return false;
  }
  ++counts_[static_cast<size_t>(section)];
  return true;
}

void DnsWriter::rewind(const Mark& mark) {
  size_ = mark.size;
  counts_ = mark.counts;
  names_ = mark.names;
}

void DnsWriter::truncate() {
  clear();
  truncated_ = true;
}

size_t DnsWriter::finish(const DnsQuery& query, DnsRcode rcode, bool authoritative,
                         const DnsEdnsAnswer* edns) {
  constexpr uint16_t kAnswer = 0x8000, kAuthoritative = 0x0400, kTruncated = 0x0200,
                     kRecursion = 0x0100;
  uint8_t* header = out_.data();
  write_u16(header, query.id);
  write_u16(header + 2, static_cast<uint16_t>(kAnswer | query.opcode << 11 |
                                              (authoritative ? kAuthoritative : 0) |
                                              (truncated_ ? kTruncated : 0) |
                                              (query.recursion_desired ? kRecursion : 0) |
                                              (static_cast<uint16_t>(rcode) & 15)));
  write_u16(header + 4, question_end_ > kDnsHeaderBytes ? 1 : 0);
  for (size_t i = 0; i < kSections; ++i) write_u16(header + 6 + 2 * i, counts_[i]);
  if (!edns) return size_;
  write_dns_edns(*edns, out_.data() + size_);
  size_ += dns_edns_size(*edns);
  write_u16(header + 10, static_cast<uint16_t>(counts_[kSections - 1] + 1));
  return size_;
}

bool DnsWriter::put(Bytes bytes) {
  if (!room(bytes.size())) return false;
  std::copy(bytes.begin(), bytes.end(), out_.data() + size_);
  size_ += bytes.size();
  return true;
}

void DnsWriter::learn(uint64_t hash, size_t at) {
  if (names_ < kNamesMax && at <= kPointerMax) known_[names_++] = {hash, static_cast<uint16_t>(at)};
}

// Who asks chooses a name, and with it a hash: so what stands there is compared.
bool DnsWriter::stands_at(size_t at, Bytes name) const {
  for (;;) {
    const uint8_t length = out_[at];
    if (length >= 0xc0) {
      at = read_u16(out_.data() + at) & kPointerMax;
      continue;
    }
    if (length != name[0]) return false;
    if (length == 0) return true;
    for (size_t i = 1; i <= length; ++i)
      if (dns_lower(out_[at + i]) != dns_lower(name[i])) return false;
    at += size_t{length} + 1;
    name = dns_parent(name);
  }
}

size_t DnsWriter::find(const DnsKey& key, size_t labels) const {
  for (size_t i = 0; i < names_; ++i)
    if (known_[i].hash == key.hash(labels) && stands_at(known_[i].at, key.suffix(labels)))
      return known_[i].at;
  return 0;
}

bool DnsWriter::put_name(Bytes name) {
  uint8_t pointer[2];
  if (name.size() > 1 && name.data() == question_name_.data()) {
    write_u16(pointer, kPointer | kDnsHeaderBytes);
    return put(pointer);
  }
  const DnsKey key(name);
  for (size_t labels = key.labels(); labels > 0; --labels) {
    if (const size_t at = find(key, labels)) {
      write_u16(pointer, static_cast<uint16_t>(kPointer | at));
      return put(pointer);
    }
    const size_t start = size_;
    if (!put(name.first(size_t{name[0]} + 1))) return false;
    learn(key.hash(labels), start);
    name = dns_parent(name);
  }
  return put(name);
}

bool DnsWriter::put_data(DnsType type, Bytes data) {
  const Layout layout = layout_of(type);
  if (!put(data.first(layout.bytes))) return false;
  data = data.subspan(layout.bytes);
  for (size_t i = 0; i < layout.names; ++i) {
    const Bytes name = data.first(dns_name_size(data));
    if (!put_name(name)) return false;
    data = data.subspan(name.size());
  }
  return put(data);
}

bool DnsWriter::put_record(Bytes owner, DnsType type, uint32_t ttl, Bytes data) {
  constexpr size_t kFixed = 10;
  if (!put_name(owner) || !room(kFixed)) return false;
  uint8_t* fixed = out_.data() + size_;
  write_u16(fixed, static_cast<uint16_t>(type));
  write_u16(fixed + 2, kDnsClassIn);
  write_u32(fixed + 4, ttl);
  size_ += kFixed;
  const size_t start = size_;
  if (!put_data(type, data)) return false;
  write_u16(fixed + 8, static_cast<uint16_t>(size_ - start));
  return true;
}

}  // namespace fce
