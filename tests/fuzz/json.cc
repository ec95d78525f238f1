// SPDX-License-Identifier: Apache-2.0
// JSON texts: parsing is total and keeps to its limits, strings are UTF-8 and survive being written
// and read again, names are unique.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "base/json.h"
#include "base/json_write.h"

using namespace fce;

namespace {

constexpr JsonLimits kLimits = {.depth_max = 8, .values_max = 200};

void require(bool condition) {
  if (!condition) std::abort();
}

void check_string(std::string_view text) {
  Json again;
  require(Json::parse(json_quote(text), kLimits, &again) == Status::ok);
  std::string_view read;
  require(again.read(&read) && read == text);
}

// Returns how many values there are.
uint32_t check(const Json& json, uint32_t depth) {
  std::string_view text;
  if (json.read(&text)) check_string(text);
  const bool nests = json.is_array() || json.is_object();
  require(nests || json.items().empty());
  require(depth + (nests ? 1 : 0) <= kLimits.depth_max);
  uint32_t values = 1;
  for (const Json& item : json.items()) {
    if (json.is_object()) {
      check_string(item.key());
      require(json.find(item.key()) == &item);
    }
    values += check(item, depth + 1);
  }
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Json json;
  if (Json::parse(as_text({data, size}), kLimits, &json) == Status::ok)
    require(check(json, 0) <= kLimits.values_max);
  else
    require(json.is_null());
  return 0;
}
