// SPDX-License-Identifier: Apache-2.0
// Queries of publish requests: parsing is total, bounded, and an audience is never lost.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "pubsub/publish_query.h"

using namespace fce;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view query = as_text({data, size});
  Publication::More more;
  bool any = false;
  if (parse_publish_query(query, &more, &any) != Status::ok) return 0;
  if (more.audience.names() > Audience::kNamesMax) std::abort();
  if (any != (!more.key.empty() || !more.author.empty() || !more.audience.everybody()))
    std::abort();
  const bool named = query.substr(0, 5) == "user=" || query.find("&user=") != query.npos;
  if (named && more.audience.users.empty()) std::abort();
  return 0;
}
