// SPDX-License-Identifier: Apache-2.0
// Whether a subscriber got everything once. Two counts that know nothing of each other: the
// sequence numbers that the generator puts into its payloads, and the ids that the server gives.
#pragma once
#include <stdint.h>

#include <algorithm>
#include <utility>
#include <vector>

// What one subscriber has received.
struct Track {
  uint32_t next_seq = 0;
  std::vector<std::pair<uint32_t, uint32_t>> holes;  // sequence numbers [first, second) not come
  uint64_t next_id = 0;                              // 0: the server has not said where it begins
  uint64_t skipped = 0;                              // messages that gaps have owned up to
};

class Check {
 public:
  uint64_t dup() const { return std::max(seq_dup_, id_dup_); }
  uint64_t late = 0, gaps = 0, id_lost = 0;

  // Several publishers overtake each other, so a number may come after a higher one; only what has
  // not come in the end is lost.
  void on_seq(Track& t, uint32_t seq) {
    if (seq >= t.next_seq) {
      if (seq > t.next_seq) t.holes.emplace_back(t.next_seq, seq);
      t.next_seq = seq + 1;
      return;
    }
    for (size_t i = t.holes.size(); i-- > 0;) {
      auto& [first, second] = t.holes[i];
      if (seq < first || seq >= second) continue;
      late++;
      const uint32_t end = second;
      second = seq;
      if (seq + 1 < end) t.holes.insert(t.holes.begin() + long(i) + 1, {seq + 1, end});
      if (t.holes[i].first == seq) t.holes.erase(t.holes.begin() + long(i));
      return;
    }
    seq_dup_++;
  }
  // A number that was never published.
  void excuse(Track& t, uint32_t seq) { on_seq(t, seq); }
  void on_id(Track& t, uint64_t n) {
    if (t.next_id != 0 && n < t.next_id) {
      id_dup_++;
      return;
    }
    if (t.next_id != 0) id_lost += n - t.next_id;
    t.next_id = n + 1;
  }
  void on_gap(Track& t, uint64_t n) {
    gaps++;
    if (t.next_id != 0 && n >= t.next_id) t.skipped += n + 1 - t.next_id;
    t.next_id = n + 1;
  }
  // The position is known, and nothing was sent on the way to it.
  void on_position(Track& t, uint64_t n) { t.next_id = std::max(t.next_id, n + 1); }

  // What no gap explains: holes within what came, or all that has not come of `published`.
  static uint64_t lost(const Track& t) {
    uint64_t n = 0;
    for (auto [first, second] : t.holes) n += second - first;
    return n > t.skipped ? n - t.skipped : 0;
  }
  static uint64_t missing(const Track& t, uint32_t published) {
    uint64_t n = published > t.next_seq ? published - t.next_seq : 0;
    for (auto [first, second] : t.holes) n += second - first;
    return n > t.skipped ? n - t.skipped : 0;
  }

 private:
  uint64_t seq_dup_ = 0, id_dup_ = 0;
};
