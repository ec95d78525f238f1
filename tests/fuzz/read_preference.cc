// SPDX-License-Identifier: Apache-2.0
// Read preferences that clients send: parsing is total, what is read keeps to the rules, and it is
// printed and read back the same in both forms.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "db/read_preference.h"

using namespace fce;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_rules(const ReadPreference& preference) {
  const bool is_primary = preference.mode() == ReadMode::primary;
  require(!is_primary || (preference.tag_sets().empty() && !preference.has_max_staleness()));
  require(preference.tag_sets().size() <= ReadPreference::kTagSetsMax);
  require(preference.tag_sets().empty() || !preference.tag_sets().front().empty());
  require(preference.max_staleness_s() == -1 || preference.max_staleness_s() > 0);
  const bool is_long = preference.max_staleness_s() >= ReadPreference::kSmallestMaxStalenessS;
  require((preference.check_floor(500) == Status::ok) ==
          (is_long || !preference.has_max_staleness()));
  std::optional<LocalReads> local;
  require((LocalReads::make(preference, &local) == Status::ok) ==
          !is_primary_mode(preference.mode()));
  require(!local || local->preference() == preference);
}

void check_forms(const ReadPreference& preference) {
  std::optional<ReadPreference> again;
  require(ReadPreference::parse_query(preference.query(), &again) == Status::ok);
  require(*again == preference && again->query() == preference.query());
  require(ReadPreference::parse(preference.text(), &again) == Status::ok);
  require(*again == preference && again->text() == preference.text());
  // As a part of a longer query.
  require(ReadPreference::parse_query("a=b&" + preference.query() + "&c", &again) == Status::ok);
  require(*again == preference);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = as_text({data, size});
  std::optional<ReadPreference> preference;
  if (ReadPreference::parse_query(text, &preference) == Status::ok) {
    check_rules(*preference);
    check_forms(*preference);
  }
  require(size <= ReadPreference::kTextBytesMax || !preference);
  preference.reset();
  if (ReadPreference::parse(text, &preference) == Status::ok) {
    check_rules(*preference);
    check_forms(*preference);
  }
  return 0;
}
