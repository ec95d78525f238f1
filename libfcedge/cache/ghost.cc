// SPDX-License-Identifier: Apache-2.0
#include "cache/ghost.h"

#include <algorithm>
#include <utility>

namespace fce {

void Ghost::add(const ObjectKey& key, uint64_t window) {
  grow(window);
  if (lines_.empty()) return;
  if (++clock_ == 0) {
    // The clock's times have come round: what is in the table could be of any age.
    lines_.assign(lines_.size(), Line());
    clock_ = 1;
  }
  put({fingerprint(key), clock_});
}

bool Ghost::take(const ObjectKey& key, uint64_t window) {
  if (lines_.empty()) return false;
  const uint32_t wanted = fingerprint(key);
  for (Mark& mark : line_of(wanted)) {
    if (mark.time == 0 || mark.fingerprint != wanted) continue;
    const bool recent = clock_ - mark.time < window;
    mark = Mark();
    return recent;
  }
  return false;
}

void Ghost::put(const Mark& mark) {
  Mark* place = nullptr;
  for (Mark& other : line_of(mark.fingerprint)) {
    if (other.time != 0 && other.fingerprint == mark.fingerprint) {
      place = &other;
      break;
    }
    // An empty one is older than all.
    if (!place || other.time < place->time) place = &other;
  }
  if (place->time < mark.time) *place = mark;
}

void Ghost::grow(uint64_t window) {
  // Some lines are fuller than others: with half as much to spare few lose one that is not due.
  const uint64_t wanted = std::min(lines_max_, (window + window / 2) / Line().size() + 1);
  if (wanted <= lines_.size()) return;
  const std::vector<Line> former =
      std::exchange(lines_, std::vector<Line>(std::min(lines_max_, wanted + wanted / 4)));
  for (const Line& line : former)
    for (const Mark& mark : line)
      if (mark.time != 0) put(mark);
}

}  // namespace fce
