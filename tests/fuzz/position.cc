// SPDX-License-Identifier: Apache-2.0
// Positions that clients send: parsing is total, what is read prints the same, and where a
// subscriber begins always lies in the log.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "pubsub/position.h"

using namespace fce;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = as_text({data, size});
  MessageId id;
  const bool is_id = parse_id(text, &id);
  const Position position = Position::parse(text, id.origin);
  if (is_id) require(position.kind == Position::Kind::after && !position.foreign);
  if (position.kind == Position::Kind::after) require(text.size() <= Position::kBytesMax);
  if (is_id) require(id_text(id) == text && id_text(id).size() <= kIdBytesMax);
  for (const uint64_t oldest : {uint64_t{1}, uint64_t{10}, UINT64_MAX - 3}) {
    for (const uint64_t next : {oldest, oldest + 1, oldest + 2}) {
      for (const uint64_t epoch : {uint64_t{7}, id.epoch}) {
        const Resume start = resume(position, epoch, oldest, next);
        require(start.next >= oldest && start.next <= next);
        if (start.gap != GapReason::none) require(start.next == next);
        if (is_id && start.gap == GapReason::none)
          require(start.next == id.n + 1 && id.epoch == epoch);
      }
    }
  }
  return 0;
}
