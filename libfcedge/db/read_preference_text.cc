// SPDX-License-Identifier: Apache-2.0
// How read preferences are read and written.
#include <charconv>
#include <utility>

#include "base/bytes.h"
#include "db/read_preference.h"

namespace fce {
namespace {

constexpr std::string_view kModeName = "readPreference";
constexpr std::string_view kTagsName = "readPreferenceTags";
constexpr std::string_view kStalenessName = "maxStalenessSeconds";

// Cuts off what is before the next `mark`, and that too.
std::string_view take(std::string_view* text, char mark) {
  const size_t end = text->find(mark);
  const std::string_view taken = text->substr(0, end);
  text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
  return taken;
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool percent_decode(std::string_view text, std::string* out) {
  out->clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out->push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return false;
    out->push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  return true;
}

// Encodes all that has a meaning in queries or in connection strings; of what stays, comma and
// colon are put between names and values by us.
void percent_encode(std::string_view text, std::string* out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out->push_back(c);
    } else {
      const auto byte = static_cast<uint8_t>(c);
      out->append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
}

Status parse_tag_set(std::string_view text, TagSet* out) {
  if (text.ends_with(',')) return fail(Status::invalid, "readPreferenceTags ends in a comma");
  while (!text.empty()) {
    std::string_view value = take(&text, ',');
    if (value.find(':') == std::string_view::npos)
      return fail(Status::invalid, "readPreferenceTags is name:value, with commas between them");
    const std::string_view name = trim(take(&value, ':'));
    if (out->size() == ReadPreference::kTagsMax)
      return fail(Status::too_big, "a tag set of a read preference has more than 8 tags");
    out->push_back({std::string(name), std::string(trim(value))});
  }
  return Status::ok;
}

// What the parameters of a query come to, one after the other.
struct Parameters {
  std::optional<ReadMode> mode;
  std::vector<TagSet> tag_sets;
  std::optional<int64_t> max_staleness_s;

  Status take_mode(std::string_view value) {
    if (mode) return fail(Status::invalid, "readPreference is given twice");
    ReadMode read;
    if (!parse_read_mode(value, &read))
      return fail(Status::invalid,
                  "readPreference is primary, primaryPreferred, secondary, secondaryPreferred or "
                  "nearest");
    mode = read;
    return Status::ok;
  }

  Status take_tags(std::string_view value) {
    if (tag_sets.size() == ReadPreference::kTagSetsMax)
      return fail(Status::too_big, "a read preference has more than 8 tag sets");
    return parse_tag_set(trim(value), &tag_sets.emplace_back());
  }

  Status take_staleness(std::string_view value) {
    if (max_staleness_s) return fail(Status::invalid, "maxStalenessSeconds is given twice");
    int64_t number = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
    if (read.ec != std::errc() || read.ptr != value.data() + value.size())
      return fail(Status::invalid, "maxStalenessSeconds is a number");
    max_staleness_s = number;
    return Status::ok;
  }

  Status take_field(std::string_view field) {
    std::string name, value;
    // Names of connection strings have no case. One that cannot be decoded is not ours.
    if (!percent_decode(take(&field, '='), &name)) return Status::ok;
    const bool is_mode = equals_ignoring_case(name, kModeName);
    const bool is_tags = equals_ignoring_case(name, kTagsName);
    if (!is_mode && !is_tags && !equals_ignoring_case(name, kStalenessName)) return Status::ok;
    if (field.find('+') != std::string_view::npos)
      return fail(Status::invalid, name + " has a \"+\": it is %2B, and a blank %20");
    if (!percent_decode(field, &value))
      return fail(Status::invalid, name + " has a broken percent-encoding");
    if (is_mode) return take_mode(value);
    return is_tags ? take_tags(value) : take_staleness(value);
  }

  Status take_all(std::string_view query) {
    if (query.size() > ReadPreference::kTextBytesMax)
      return fail(Status::too_big, "a read preference is longer than 32768 bytes");
    while (!query.empty()) {
      const Status status = take_field(take(&query, '&'));
      if (status != Status::ok) return status;
    }
    return Status::ok;
  }

  Status finish(std::optional<ReadPreference>* out) {
    if (!mode && tag_sets.empty() && !max_staleness_s)
      return fail(Status::not_found, "no readPreference is given");
    if (!mode) return fail(Status::invalid, "tags or a staleness are given without readPreference");
    return ReadPreference::make(*mode, std::move(tag_sets),
                                max_staleness_s.value_or(ReadPreference::kNoMaxStaleness), out);
  }
};

void append_tags(const TagSet& set, std::string* out) {
  out->append(kTagsName).append("=");
  for (const Tag& tag : set) {
    if (&tag != &set.front()) out->push_back(',');
    percent_encode(tag.name, out);
    out->push_back(':');
    percent_encode(tag.value, out);
  }
}

// All parameters but the mode, each after `mark`, and after "&" from the second on.
void append_parameters(const ReadPreference& preference, char mark, std::string* out) {
  for (const TagSet& set : preference.tag_sets()) {
    out->push_back(std::exchange(mark, '&'));
    append_tags(set, out);
  }
  if (!preference.has_max_staleness()) return;
  out->push_back(mark);
  out->append(kStalenessName).append("=").append(std::to_string(preference.max_staleness_s()));
}

}  // namespace

Status ReadPreference::parse_query(std::string_view query, std::optional<ReadPreference>* out) {
  Parameters parameters;
  const Status status = parameters.take_all(query);
  return status == Status::ok ? parameters.finish(out) : status;
}

Status ReadPreference::parse(std::string_view text, std::optional<ReadPreference>* out) {
  Parameters parameters;
  Status status = parameters.take_mode(take(&text, '?'));
  if (status == Status::ok) status = parameters.take_all(text);
  return status == Status::ok ? parameters.finish(out) : status;
}

std::string ReadPreference::query() const {
  std::string out(kModeName);
  out.append("=").append(read_mode_name(mode_));
  append_parameters(*this, '&', &out);
  return out;
}

std::string ReadPreference::text() const {
  std::string out(read_mode_name(mode_));
  append_parameters(*this, '?', &out);
  return out;
}

}  // namespace fce
