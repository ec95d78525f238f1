// SPDX-License-Identifier: Apache-2.0
// Index: where on disk each object of the cache is. One for all shards: it is striped by key, and
// each call holds one stripe's mutex for the time of a look into one small table.
//
// Any thread may call anything. What is returned is a copy, and the entry may have changed since:
// whoever acts on it later says which location it has seen (`erase_if`, `move`, `mark`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "cache/key.h"

namespace fce {

// All offsets and sizes on disk count units of 16 bytes: records are padded to it.
constexpr uint64_t kStoreUnitBytes = 16;

constexpr uint64_t bytes_of_units(uint32_t units) { return uint64_t{units} * kStoreUnitBytes; }
// Rounds up.
constexpr uint32_t units_of_bytes(uint64_t bytes) {
  return static_cast<uint32_t>((bytes + kStoreUnitBytes - 1) / kStoreUnitBytes);
}

struct Location {
  uint32_t segment = 0;  // number of the file; those of large files are of the same sequence
  uint32_t offset_units = 0;

  bool operator==(const Location&) const = default;
};

struct IndexEntry {
  static constexpr uint32_t kTenantsMax = 1 << 24;
  static constexpr uint32_t kFrequencyMax = 3;

  ObjectKey key;
  Location at;
  uint32_t size_units = 0;       // of the whole record on disk: up to 64 GiB
  uint32_t tenant : 24 = 0;      // number in `Tenants`
  uint32_t frequency : 2 = 0;    // hits since it was written, up to 3
  uint32_t verified : 1 = 0;     // the body's checksum was found right in this run
  uint32_t in_memory : 1 = 0;    // the memory tier has it as well
  uint32_t large : 1 = 0;        // a file of its own
  uint32_t soft_purged : 1 = 0;  // stale, whatever its freshness says

  uint64_t bytes() const { return bytes_of_units(size_units); }
};
static_assert(sizeof(IndexEntry) == 32);

// Bits of an entry that `mark` changes.
enum class IndexMark : uint8_t { verified, in_memory, soft_purged };

class IndexStripe;

class Index {
 public:
  static constexpr size_t kStripes = 256;

  Index();
  ~Index();

  // Looks an object up for somebody who wants it, which counts as a hit.
  std::optional<IndexEntry> find(const ObjectKey& key);
  // The same for housekeeping: counts nothing.
  std::optional<IndexEntry> peek(const ObjectKey& key) const;

  // Enters an object as it is, in place of the one before it, which is returned: its bytes are
  // dead.
  std::optional<IndexEntry> insert(const IndexEntry& entry);
  // Enters it unless there is one already, which then stays and is returned: for the recovery,
  // which must not undo what is stored meanwhile.
  std::optional<IndexEntry> insert_new(const IndexEntry& entry);
  // Enters it only in place of the one at `seen`. False if that is not there any more.
  bool insert_over(const IndexEntry& entry, const Location& seen);

  // Takes an object out and returns what it was.
  std::optional<IndexEntry> erase(const ObjectKey& key);
  std::optional<IndexEntry> erase_if(const ObjectKey& key, const Location& seen);

  // A survivor was rewritten from `seen` to `to`: `frequency` is what it has from now on. False if
  // the object is not at `seen` any more; then the new copy is dead.
  bool move(const ObjectKey& key, const Location& seen, const Location& to, uint32_t frequency);
  bool mark(const ObjectKey& key, const Location& seen, IndexMark mark, bool on);

  // Appends all entries of one tenant in stripe `stripe`, and lowers the frequency of each: one
  // step of a clock whose hand goes over the stripes. (`tenant_shares.h`)
  void sweep(size_t stripe, uint32_t tenant, std::vector<IndexEntry>* out);

  size_t size() const;
  // All that the tables hold.
  size_t memory_bytes() const;

 private:
  IndexStripe& stripe_of(const ObjectKey& key) const;

  std::unique_ptr<IndexStripe[]> stripes_;
};

}  // namespace fce
