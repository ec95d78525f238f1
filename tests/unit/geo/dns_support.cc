// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_support.h"

#include <arpa/inet.h>

#include <stdexcept>

#include "base/crypto.h"
#include "net/address.h"

namespace fce::test {
namespace {

struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Reader {
 public:
  explicit Reader(Bytes message) : message_(message) {}

  Bytes take(size_t size) {
    if (message_.size() - at_ < size) throw Broken("it ends too early");
    at_ += size;
    return message_.subspan(at_ - size, size);
  }
  uint16_t u16() { return read_u16(take(2).data()); }
  uint32_t u32() { return read_u32(take(4).data()); }
  // A pointer means what stands before it, or there would be no end.
  DnsName name() {
    std::string wire;
    size_t at = at_, back = 0, before = at_;
    for (;;) {
      if (at >= message_.size()) throw Broken("a name ends too early");
      const uint8_t length = message_[at];
      if (length >= 0xc0) {
        if (at + 2 > message_.size()) throw Broken("a pointer ends too early");
        if (back == 0) back = at + 2;
        at = read_u16(message_.data() + at) & 0x3fff;
        if (at >= before) throw Broken("a pointer points forward");
        before = at;
        continue;
      }
      if (at + length + 1 > message_.size()) throw Broken("a label ends too early");
      wire += as_text(message_.subspan(at, size_t{length} + 1));
      at += size_t{length} + 1;
      if (length == 0) break;
    }
    at_ = back ? back : at;
    DnsName out;
    if (!DnsName::from_wire(as_bytes(wire), &out)) throw Broken("a name is not valid");
    return out;
  }
  size_t at() const { return at_; }
  bool done() const { return at_ == message_.size(); }

 private:
  const Bytes message_;
  size_t at_ = 0;
};

std::string wire_of(const DnsName& name) { return std::string(as_text(name.wire())); }

// The data of a record as text for those types that tests look at, else in hex.
std::string text_of(const AnswerRecord& record) {
  const Bytes data = as_bytes(record.data);
  char text[INET6_ADDRSTRLEN] = "";
  const auto name_at = [&](size_t at) {
    DnsName name;
    DnsName::from_wire(data.subspan(at, dns_name_size(data.subspan(at))), &name);
    return name.text();
  };
  switch (record.type) {
    case DnsType::a: return inet_ntop(AF_INET, data.data(), text, sizeof text);
    case DnsType::aaaa: return inet_ntop(AF_INET6, data.data(), text, sizeof text);
    case DnsType::ns:
    case DnsType::cname:
    case DnsType::ptr: return name_at(0);
    case DnsType::soa: return name_at(0);
    case DnsType::mx: return std::to_string(read_u16(data.data())) + " " + name_at(2);
    case DnsType::txt: return record.data.substr(1, static_cast<uint8_t>(record.data[0]));
    default: return hex(data);
  }
}

AnswerRecord read_record(Reader* reader) {
  AnswerRecord out;
  out.owner = reader->name().text();
  out.type = static_cast<DnsType>(reader->u16());
  if (out.type != DnsType::opt && reader->u16() != kDnsClassIn) throw Broken("not of class IN");
  out.ttl = reader->u32();
  const size_t size = reader->u16(), end = reader->at() + size;
  const auto bytes = [&](size_t count) { out.data += as_text(reader->take(count)); };
  if (out.type == DnsType::mx) bytes(2);
  const bool named = out.type == DnsType::mx || out.type == DnsType::ns ||
                     out.type == DnsType::cname || out.type == DnsType::ptr;
  if (named || out.type == DnsType::soa) out.data += wire_of(reader->name());
  if (out.type == DnsType::soa) out.data += wire_of(reader->name());
  if (reader->at() > end) throw Broken("data is longer than it says");
  bytes(end - reader->at());
  return out;
}

void read_options(Bytes options, Answer* out) {
  Reader reader(options);
  while (!reader.done()) {
    const uint16_t code = reader.u16();
    const uint16_t size = reader.u16();
    out->options.emplace_back(code, as_text(reader.take(size)));
  }
}

void read_opt(Reader* reader, Answer* out) {
  if (out->edns) throw Broken("two OPT records");
  out->edns = true;
  if (reader->take(1)[0] != 0) throw Broken("OPT has an owner");
  reader->u16();
  out->udp_bytes = reader->u16();
  const uint32_t ttl = reader->u32();
  out->rcode |= ttl >> 24 << 4;
  out->dnssec_ok = (ttl & 0x8000) != 0;
  out->compact_ok = (ttl & 0x4000) != 0;
  const uint16_t size = reader->u16();
  read_options(reader->take(size), out);
}

void read_section(Reader* reader, Bytes message, size_t count, std::vector<std::string>* texts,
                  Answer* out) {
  for (size_t i = 0; i < count; ++i) {
    const Bytes rest = message.subspan(reader->at());
    if (rest.size() > 3 && rest[0] == 0 && read_u16(rest.data() + 1) == 41) {
      read_opt(reader, out);
      continue;
    }
    const AnswerRecord record = read_record(reader);
    texts->push_back(record.owner + " " + std::to_string(record.ttl) + " " +
                     dns_type_text(record.type) + " " + text_of(record));
    out->records.push_back(record);
  }
}

void read_all(Bytes message, Answer* out) {
  Reader reader(message);
  out->id = reader.u16();
  out->flags = reader.u16();
  out->rcode = out->flags & 15u;
  const uint16_t questions = reader.u16(), answers = reader.u16(), authority = reader.u16(),
                 additional = reader.u16();
  if (questions > 1) throw Broken("several questions");
  if (questions == 1) {
    out->question = reader.name().text();
    out->type = static_cast<DnsType>(reader.u16());
    reader.u16();
  }
  read_section(&reader, message, answers, &out->answers, out);
  read_section(&reader, message, authority, &out->authority, out);
  read_section(&reader, message, additional, &out->additional, out);
  if (!reader.done()) throw Broken("something stands behind it");
}

void put_u16(Message* message, uint16_t value) {
  message->push_back(static_cast<uint8_t>(value >> 8));
  message->push_back(static_cast<uint8_t>(value));
}

}  // namespace

DnsName dns_name(std::string_view text) {
  DnsName out;
  if (DnsName::parse(text, DnsName(), &out) != Status::ok) throw Broken(last_error());
  return out;
}

std::string from_hex(std::string_view hex) {
  std::string out, digits;
  for (const char c : hex)
    if (c != ' ') digits += c;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    out += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return out;
}

Ask::Ask(std::string_view name, DnsType type, uint16_t qclass) {
  message_ = {0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  append(as_text(dns_name(name).wire()));
  put_u16(&message_, static_cast<uint16_t>(type));
  put_u16(&message_, qclass);
}

Ask& Ask::flags(uint16_t flags) {
  write_u16(message_.data() + 2, flags);
  return *this;
}

Ask& Ask::edns(uint16_t udp_bytes, uint16_t flags, uint8_t version) {
  message_.push_back(0);
  put_u16(&message_, 41);
  put_u16(&message_, udp_bytes);
  put_u16(&message_, version);
  put_u16(&message_, flags);
  options_at_ = message_.size();
  put_u16(&message_, 0);
  count(10);
  return *this;
}

Ask& Ask::option(uint16_t code, std::string_view data) {
  if (options_at_ == 0) edns();
  put_u16(&message_, code);
  put_u16(&message_, static_cast<uint16_t>(data.size()));
  append(data);
  write_u16(message_.data() + options_at_,
            static_cast<uint16_t>(message_.size() - options_at_ - 2));
  return *this;
}

Ask& Ask::subnet(std::string_view network) {
  Network of;
  if (Network::parse(network, &of) != Status::ok) throw Broken(last_error());
  const bool v6 = of.first.family == PeerAddress::Family::ipv6;
  std::string data = {0, static_cast<char>(v6 ? 2 : 1), static_cast<char>(of.bits), 0};
  data += as_text(Bytes(of.first.ip).first((of.bits + size_t{7}) / 8));
  return option(8, data);
}

Ask& Ask::record(std::string_view wire, size_t count_at) {
  count(count_at);
  return append(wire);
}

Ask& Ask::append(std::string_view bytes) {
  message_.insert(message_.end(), bytes.begin(), bytes.end());
  return *this;
}

void Ask::count(size_t at) { ++message_[at + 1]; }

const std::string* Answer::option(uint16_t code) const {
  for (const auto& [of, data] : options)
    if (of == code) return &data;
  return nullptr;
}

Answer read_answer(Bytes message) {
  Answer out;
  try {
    read_all(message, &out);
  } catch (const Broken& why) {
    out.broken = why.what();
  }
  return out;
}

}  // namespace fce::test
