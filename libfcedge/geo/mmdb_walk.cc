// SPDX-License-Identifier: Apache-2.0
#include "geo/mmdb_walk.h"

#include <cstdint>
#include <unordered_map>

#include "geo/mmdb_place.h"

namespace fce {
namespace {

using Record = MmdbFile::Record;

// A tree leads to each node once. Twice is forgiven; more would be a net without an end.
constexpr uint64_t kVisitsPerNode = 2;

class Walk {
 public:
  Walk(const MmdbFile& file, CellMaker& cells, PrefixIndex& index)
      : file_(file), cells_(cells), index_(index) {
    if (!file.v6()) return;
    const Record root = file.ipv4_root();
    if (root.kind == Record::Kind::node) ipv4_node_ = root.value;
  }

  Status run() {
    const Record ipv4{Record::Kind::node, 0};
    if (const Status status = family(false, file_.v6() ? file_.ipv4_root() : ipv4);
        status != Status::ok || !file_.v6())
      return status;
    return family(true, {Record::Kind::node, 0});
  }

 private:
  static constexpr uint64_t kNone = UINT64_MAX;

  Status family(bool v6, Record root) {
    if (root.kind == Record::Kind::nothing || index_.has(v6)) return Status::ok;
    v6_ = v6;
    visits_left_ = uint64_t{file_.node_count()} * kVisitsPerNode;
    return visit(root, 0, 0);
  }

  // `depth` bits of the address are known. It is at most that many calls deep.
  Status visit(Record record, IpNumber first, uint8_t depth) {
    switch (record.kind) {
      case Record::Kind::nothing: index_.add(v6_, first, Cells::kUnknown); return Status::ok;
      case Record::Kind::broken: return fail(Status::invalid, "the database's tree leads nowhere");
      case Record::Kind::data: return enter(record.value, first);
      case Record::Kind::node: break;
    }
    if (v6_ && record.value == ipv4_node_) {
      index_.add(true, first, Cells::kUnknown);
      return Status::ok;
    }
    const uint8_t bits = address_bits(v6_);
    if (depth == bits)
      return fail(Status::invalid, "the database's tree is deeper than addresses are long");
    if (visits_left_-- == 0)
      return fail(Status::invalid, "the database's tree leads to its nodes again and again");
    const uint32_t node = static_cast<uint32_t>(record.value);
    const Status status = visit(file_.record(node, 0), first, depth + 1);
    if (status != Status::ok) return status;
    return visit(file_.record(node, 1), first | IpNumber{1} << (bits - depth - 1), depth + 1);
  }

  Status enter(uint64_t data_at, IpNumber first) {
    const auto [known, is_new] = cell_at_.try_emplace(data_at, Cells::kUnknown);
    if (is_new) {
      Place place;
      if (!read_place(file_.data(), data_at, &place))
        return fail(Status::invalid, "the database has a record that cannot be read");
      if (cells_.full()) return fail(Status::too_big, "the database has too many places");
      known->second = cells_.cell_of(place);
    }
    index_.add(v6_, first, known->second);
    return Status::ok;
  }

  const MmdbFile& file_;
  CellMaker& cells_;
  PrefixIndex& index_;
  uint64_t ipv4_node_ = kNone;
  uint64_t visits_left_ = 0;
  bool v6_ = false;
  std::unordered_map<uint64_t, uint32_t> cell_at_;  // by where the record lies: many share one
};

}  // namespace

Status walk_mmdb(const MmdbFile& file, CellMaker& cells, PrefixIndex& index) {
  return Walk(file, cells, index).run();
}

}  // namespace fce
