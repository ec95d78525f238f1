// SPDX-License-Identifier: Apache-2.0
// Audience: for whom a message is; Filter: what a subscriber is and does not want to see. Names are
// compared as keyed hashes of 64 bits, made once: of a message when it is encoded, of a subscriber
// when it subscribes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fce {

// Names as a publisher gives them. Without groups and users a message is for everybody.
struct Audience {
  static constexpr size_t kNamesMax = 256;  // of one message, all lists together

  std::vector<std::string> groups;   // members of any of these
  std::vector<std::string> users;    // and these
  std::vector<std::string> exclude;  // but never these

  bool everybody() const { return groups.empty() && users.empty() && exclude.empty(); }
  size_t names() const { return groups.size() + users.size() + exclude.size(); }
};

// Never 0, which stands for nobody.
uint64_t name_hash(std::string_view name);
// Of each of them once, in order.
std::vector<uint64_t> name_hashes(std::span<const std::string> names);

// As it stands in a message's chunk: the lists one after the other, each sorted.
struct AudienceHashes {
  uint64_t author = 0;
  uint32_t groups = 0;
  uint32_t users = 0;
  uint32_t exclude = 0;
  uint32_t unused = 0;
  uint64_t serial = 0;  // of this process, never twice the same

  const uint64_t* list() const { return reinterpret_cast<const uint64_t*>(this + 1); }
  size_t bytes() const { return sizeof *this + sizeof(uint64_t) * (groups + users + exclude); }
};

class FilterTable;

// Who a subscriber is, as far as it decides what it gets. Immutable, shared by equal subscribers of
// a shard; the shard's thread only.
class Filter {
 public:
  struct Who {
    std::string_view user;  // "" nobody in particular
    std::span<const std::string> groups;
    std::span<const uint64_t> blocked;  // `name_hashes` of authors that it does not want to see
  };
  explicit Filter(const Who& who);

  uint64_t user() const { return user_; }
  const std::string& user_name() const { return user_name_; }
  std::span<const uint64_t> blocked() const { return blocked_; }
  bool admits(const AudienceHashes& audience) const;
  bool operator==(const Filter& other) const {
    return user_ == other.user_ && groups_ == other.groups_ && blocked_ == other.blocked_;
  }
  uint64_t hash() const;

 private:
  const std::string user_name_;
  uint64_t user_ = 0;
  std::vector<uint64_t> groups_;
  std::vector<uint64_t> blocked_;
  // A herd asks of the same message one after the other. By its serial and not by its address, at
  // which another message may stand tomorrow.
  mutable uint64_t last_serial_ = 0;
  mutable bool last_admitted_ = false;

  friend class FilterRef;  // counts
  friend class FilterTable;
  uint32_t refs_ = 0;
  FilterTable* table_ = nullptr;
};

// A counted reference. Null: nobody in particular, who wants to see everything.
class FilterRef {
 public:
  FilterRef() = default;
  FilterRef(const FilterRef& other) : filter_(other.filter_) {
    if (filter_) ++filter_->refs_;
  }
  FilterRef(FilterRef&& other) noexcept : filter_(std::exchange(other.filter_, nullptr)) {}
  FilterRef& operator=(FilterRef other) noexcept {
    std::swap(filter_, other.filter_);
    return *this;
  }
  ~FilterRef() { release(); }

  bool admits(const AudienceHashes& audience) const {
    return filter_ ? filter_->admits(audience) : audience.groups + audience.users == 0;
  }
  uint64_t user() const { return filter_ ? filter_->user() : 0; }
  std::string_view user_name() const {
    return filter_ ? std::string_view(filter_->user_name()) : std::string_view();
  }
  std::span<const uint64_t> blocked() const {
    return filter_ ? filter_->blocked() : std::span<const uint64_t>();
  }
  const Filter* get() const { return filter_; }

 private:
  friend class FilterTable;
  explicit FilterRef(Filter* filter) : filter_(filter) { ++filter->refs_; }
  void release();
  Filter* filter_ = nullptr;
};

// The filters of a shard. It outlives its references.
class FilterTable {
 public:
  FilterTable() = default;
  ~FilterTable();
  FilterTable(const FilterTable&) = delete;
  FilterTable& operator=(const FilterTable&) = delete;

  // One that is there already is shared.
  FilterRef get(const Filter::Who& who);
  size_t size() const { return filters_.size(); }

 private:
  friend class FilterRef;
  void drop(Filter* filter);
  std::unordered_multimap<uint64_t, std::unique_ptr<Filter>> filters_;
};

}  // namespace fce
