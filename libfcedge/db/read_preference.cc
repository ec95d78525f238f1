// SPDX-License-Identifier: Apache-2.0
#include "db/read_preference.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/bytes.h"

namespace fce {
namespace {

constexpr const char* kModeNames[] = {"primary", "primaryPreferred", "secondary",
                                      "secondaryPreferred", "nearest"};

bool is_tag_text(std::string_view text) {
  if (text.starts_with(' ') || text.ends_with(' ')) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != ':'; });
}

Status check_tag(const Tag& tag) {
  if (tag.name.empty()) return fail(Status::invalid, "a tag of a read preference has no name");
  if (tag.name.size() > ReadPreference::kTagBytesMax ||
      tag.value.size() > ReadPreference::kTagBytesMax)
    return fail(Status::too_big, "a tag of a read preference is longer than 64 bytes");
  if (!is_tag_text(tag.name) || !is_tag_text(tag.value))
    return fail(Status::invalid,
                "a tag of a read preference is printable ASCII without comma and colon");
  return Status::ok;
}

// A document of MongoDB would keep both of two equal names, and a member never fits both.
Status check_tag_set(const TagSet& set) {
  if (set.size() > ReadPreference::kTagsMax)
    return fail(Status::too_big, "a tag set of a read preference has more than 8 tags");
  for (auto tag = set.begin(); tag != set.end(); ++tag) {
    const Status status = check_tag(*tag);
    if (status != Status::ok) return status;
    if (std::any_of(set.begin(), tag, [&](const Tag& other) { return other.name == tag->name; }))
      return fail(Status::invalid, "a tag set has the tag \"" + tag->name + "\" twice");
  }
  return Status::ok;
}

}  // namespace

const char* read_mode_name(ReadMode mode) { return kModeNames[static_cast<size_t>(mode)]; }

bool parse_read_mode(std::string_view text, ReadMode* out) {
  for (size_t i = 0; i < std::size(kModeNames); ++i) {
    if (!equals_ignoring_case(text, kModeNames[i])) continue;
    *out = static_cast<ReadMode>(i);
    return true;
  }
  return false;
}

Status ReadPreference::make(ReadMode mode, std::vector<TagSet> tag_sets, int64_t max_staleness_s,
                            std::optional<ReadPreference>* out) {
  if (tag_sets.size() > kTagSetsMax)
    return fail(Status::too_big, "a read preference has more than 8 tag sets");
  for (const TagSet& set : tag_sets) {
    const Status status = check_tag_set(set);
    if (status != Status::ok) return status;
  }
  if (max_staleness_s != kNoMaxStaleness && (max_staleness_s < 1 || max_staleness_s > INT32_MAX))
    return fail(Status::invalid, "maxStalenessSeconds is -1 or a positive number of 32 bits");
  // An empty set fits all, so what comes behind it is never tried.
  if (!tag_sets.empty() && tag_sets.front().empty()) tag_sets.clear();
  if (mode == ReadMode::primary && !tag_sets.empty())
    return fail(Status::invalid, "read preference primary goes with no tags");
  if (mode == ReadMode::primary && max_staleness_s != kNoMaxStaleness)
    return fail(Status::invalid, "read preference primary goes with no maxStalenessSeconds");
  ReadPreference made(mode);
  made.tag_sets_ = std::move(tag_sets);
  made.max_staleness_s_ = max_staleness_s;
  *out = std::move(made);
  return Status::ok;
}

Status ReadPreference::check_floor(int64_t heartbeat_ms) const {
  if (!has_max_staleness()) return Status::ok;
  if (max_staleness_s_ < kSmallestMaxStalenessS)
    return fail(Status::invalid, "maxStalenessSeconds is " + std::to_string(max_staleness_s_) +
                                     "; replica sets take 90 at least");
  if (max_staleness_s_ * 1000 < heartbeat_ms + kIdleWritePeriodMs)
    return fail(Status::invalid,
                "maxStalenessSeconds is " + std::to_string(max_staleness_s_) +
                    "; with a heartbeat of " + std::to_string(heartbeat_ms) + " ms it is " +
                    std::to_string(heartbeat_ms + kIdleWritePeriodMs) + " ms at least");
  return Status::ok;
}

Status LocalReads::make(const ReadPreference& preference, std::optional<LocalReads>* out) {
  if (is_primary_mode(preference.mode()))
    return fail(Status::invalid, std::string("read preference ") +
                                     read_mode_name(preference.mode()) +
                                     " is not for public routes");
  *out = LocalReads(preference);
  return Status::ok;
}

}  // namespace fce
