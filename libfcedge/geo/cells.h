// SPDX-License-Identifier: Apache-2.0
// Cells: places that are told apart no further than routing needs, so that there are few enough to
// rank nodes for each of them beforehand, and neighbouring addresses share one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "geo/large_vector.h"
#include "geo/place.h"

namespace fce {

// Immutable, once a CellMaker has made it.
class Cells {
 public:
  static constexpr uint32_t kUnknown = 0;
  // Of latitude and longitude: nothing lies further than 16 km from the middle of its cell.
  static constexpr double kDegrees = 0.2;
  static constexpr uint16_t kRadiusKm = 16;
  // As many as a number of an index holds.
  static constexpr size_t kMax = 1 << 22;

  Cells() : places_(1) {}
  // The middle of the cell; of kUnknown a place that is not known.
  const Place& at(uint32_t cell) const { return places_[cell]; }
  size_t size() const { return places_.size(); }
  size_t memory_bytes() const { return places_.capacity() * sizeof(Place); }

 private:
  friend class CellMaker;
  LargeVector<Place> places_;
};

class CellMaker {
 public:
  // The number of the cell that `place` lies in: all of a cell are in one country. Kept below
  // Cells::kMax by `full`, which is to be asked before.
  uint32_t cell_of(const Place& place);
  bool full() const { return cells_.places_.size() == Cells::kMax; }
  Cells take();

 private:
  Cells cells_;
  std::unordered_map<uint64_t, uint32_t> numbers_;
};

}  // namespace fce
