// SPDX-License-Identifier: Apache-2.0
// DnsWriter: an answer in the buffer that it leaves from, with names compressed (RFC 1035 section
// 4.1.4) and never more than there is room for.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "geo/dns_edns.h"
#include "geo/dns_key.h"
#include "geo/dns_message.h"
#include "geo/dns_types.h"

namespace fce {

class DnsWriter {
 public:
  enum class Section : uint8_t { answer, authority, additional };
  static constexpr size_t kSections = 3;

  // Where a message can be cut back to.
  struct Mark {
    size_t size = 0;
    std::array<uint16_t, kSections> counts{};
    size_t names = 0;
  };

  // `out` has room for a header and a question at least (`kLeast`).
  static constexpr size_t kLeast = kDnsHeaderBytes + DnsName::kBytesMax + 4;
  explicit DnsWriter(MutableBytes out);

  // The question as it came. `key` is of its name: names of records are compressed against it.
  void question(const DnsQuery& query, const DnsKey& key);
  // From now on records leave so many bytes at the end free, for what `finish` writes.
  void reserve(size_t bytes);

  // False when there is no room; then nothing of it is written. `data` has its names uncompressed.
  bool add(Section section, Bytes owner, DnsType type, uint32_t ttl, Bytes data);

  Mark mark() const { return {size_, counts_, names_}; }
  void rewind(const Mark& mark);
  // Takes all records away.
  void clear() { rewind({question_end_, {}, question_names_}); }
  // Takes all records away and says so (TC): the client is to come by TCP.
  void truncate();
  // Says so, and leaves what is there.
  void set_truncated() { truncated_ = true; }
  bool truncated() const { return truncated_; }

  // Writes the header, and the OPT record if there is one. The size of the message.
  size_t finish(const DnsQuery& query, DnsRcode rcode, bool authoritative,
                const DnsEdnsAnswer* edns);

 private:
  // Where a name stands that later ones may end in.
  struct Known {
    uint64_t hash;
    uint16_t at;
  };
  // More are not worth the search. Messages can be pointed into up to 16 KiB.
  static constexpr size_t kNamesMax = 48, kPointerMax = 0x3fff;

  bool room(size_t bytes) const { return limit_ - size_ >= bytes; }
  bool put(Bytes bytes);
  bool put_name(Bytes name);
  bool put_data(DnsType type, Bytes data);
  bool put_record(Bytes owner, DnsType type, uint32_t ttl, Bytes data);
  void learn(uint64_t hash, size_t at);
  // Where the name of the key's last `labels` labels stands; 0 if nowhere.
  size_t find(const DnsKey& key, size_t labels) const;
  bool stands_at(size_t at, Bytes name) const;

  const MutableBytes out_;
  size_t limit_;
  size_t size_ = kDnsHeaderBytes;
  size_t question_end_ = kDnsHeaderBytes;
  size_t question_names_ = 0;
  Bytes question_name_;
  bool truncated_ = false;
  std::array<uint16_t, kSections> counts_{};
  std::array<Known, kNamesMax> known_;  // the first `names_` of them
  size_t names_ = 0;
};

}  // namespace fce
