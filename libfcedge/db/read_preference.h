// SPDX-License-Identifier: Apache-2.0
// Where a read goes, by the rules of MongoDB's drivers (specifications "Server Selection" and "Max
// Staleness"). There is no default and no preference that is "not set": who reads says it. Pure
// code.
//
// Parameters, in a query of HTTP or in a connection string, percent-encoded:
//
//   readPreference=MODE           primary, primaryPreferred, secondary, secondaryPreferred, nearest
//   readPreferenceTags=N:V,N:V    a tag set; several are tried in order; an empty one fits all
//   maxStalenessSeconds=N         -1 for none
//
// Text, in a configuration or a log: MODE, or MODE?PARAMETERS without the first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace fce {

enum class ReadMode : uint8_t {
  primary,
  primary_preferred,
  secondary,
  secondary_preferred,
  nearest,
};

// "secondaryPreferred"
const char* read_mode_name(ReadMode mode);
// Without regard to case, as drivers read it.
bool parse_read_mode(std::string_view text, ReadMode* out);

// Modes that ask for the primary first, however far away it is.
constexpr bool is_primary_mode(ReadMode mode) {
  return mode == ReadMode::primary || mode == ReadMode::primary_preferred;
}

struct Tag {
  std::string name;
  std::string value;

  bool operator==(const Tag&) const = default;
};
using TagSet = std::vector<Tag>;

class ReadPreference {
 public:
  static constexpr int64_t kNoMaxStaleness = -1;
  // What no driver goes below, and how often an idle primary writes (Max Staleness).
  static constexpr int64_t kSmallestMaxStalenessS = 90;
  static constexpr int64_t kIdleWritePeriodMs = 10'000;

  static constexpr size_t kTagSetsMax = 8;
  static constexpr size_t kTagsMax = 8;            // of a set
  static constexpr size_t kTagBytesMax = 64;       // a name, or a value
  static constexpr size_t kTextBytesMax = 32'768;  // whatever is printed can be read

  ReadPreference() = delete;
  explicit ReadPreference(ReadMode mode) : mode_(mode) {}

  // Names and values of tags are printable ASCII without comma, colon and blanks at the ends, since
  // connection strings can say no others. With primary there are no tags and no staleness. Here any
  // staleness of a second or more will do, since only some topologies have a floor: `check_floor`.
  static Status make(ReadMode mode, std::vector<TagSet> tag_sets, int64_t max_staleness_s,
                     std::optional<ReadPreference>* out);

  // From the parameters of a query; others are passed over. Status::not_found when it names none of
  // ours: then somebody has to decide, and it is not us. Strict: what is given twice, a "+" that
  // may mean a blank, and tags without a mode are errors.
  static Status parse_query(std::string_view query, std::optional<ReadPreference>* out);
  static Status parse(std::string_view text, std::optional<ReadPreference>* out);

  // Both are read back as what they were made from.
  std::string query() const;
  std::string text() const;

  ReadMode mode() const { return mode_; }
  // Empty when any member will do; else the first that fits a candidate is in force.
  const std::vector<TagSet>& tag_sets() const { return tag_sets_; }
  bool has_max_staleness() const { return max_staleness_s_ != kNoMaxStaleness; }
  int64_t max_staleness_s() const { return max_staleness_s_; }

  // Whether replica sets can keep to the staleness: 90 s at least, and a heartbeat and an idle
  // write period at least. Selection asks this; a handle does so early, to tell the caller at once.
  Status check_floor(int64_t heartbeat_ms) const;

  bool operator==(const ReadPreference&) const = default;

 private:
  ReadMode mode_;
  std::vector<TagSet> tag_sets_;
  int64_t max_staleness_s_ = kNoMaxStaleness;
};

// What a public route reads with: strangers cost no ocean crossing, so primary modes do not
// compile.
//
//   LocalReads::of<ReadMode::nearest>()
class LocalReads {
 public:
  LocalReads() = delete;

  template <ReadMode mode>
  static LocalReads of() {
    static_assert(!is_primary_mode(mode), "a public route does not read from the primary");
    return LocalReads(ReadPreference(mode));
  }

  // For what is known at run time only: a primary mode is an error.
  static Status make(const ReadPreference& preference, std::optional<LocalReads>* out);

  const ReadPreference& preference() const { return preference_; }

  bool operator==(const LocalReads&) const = default;

 private:
  explicit LocalReads(ReadPreference preference) : preference_(std::move(preference)) {}

  ReadPreference preference_;
};

}  // namespace fce
