// SPDX-License-Identifier: Apache-2.0
#include "geo/cells.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fce {
namespace {

constexpr uint64_t kRows = static_cast<uint64_t>(180 / Cells::kDegrees + 0.5);
constexpr uint64_t kColumns = static_cast<uint64_t>(360 / Cells::kDegrees + 0.5);

// The poles and the date line belong to the last cell before them.
uint64_t step_of(double degrees_from_edge, uint64_t steps) {
  const double step = std::floor(degrees_from_edge / Cells::kDegrees);
  return static_cast<uint64_t>(std::clamp(step, 0.0, static_cast<double>(steps - 1)));
}

float middle_of(uint64_t step, double edge) {
  return static_cast<float>((static_cast<double>(step) + 0.5) * Cells::kDegrees + edge);
}

uint64_t code_number(const std::array<char, 2>& code) {
  return uint64_t{static_cast<uint8_t>(code[0])} << 8 | static_cast<uint8_t>(code[1]);
}

}  // namespace

uint32_t CellMaker::cell_of(const Place& place) {
  if (!place.known()) return Cells::kUnknown;
  const uint64_t row = step_of(place.latitude + 90.0, kRows);
  const uint64_t column = step_of(place.longitude + 180.0, kColumns);
  const uint64_t key = (code_number(place.country) * kRows + row) * kColumns + column;
  const auto [at, is_new] = numbers_.try_emplace(key, static_cast<uint32_t>(cells_.size()));
  if (is_new) {
    Place middle = place;
    middle.latitude = middle_of(row, -90);
    middle.longitude = middle_of(column, -180);
    middle.radius_km = std::max(place.radius_km, Cells::kRadiusKm);
    cells_.places_.push_back(middle);
  }
  Place& cell = cells_.places_[at->second];
  cell.radius_km = std::max(cell.radius_km, place.radius_km);
  return at->second;
}

Cells CellMaker::take() {
  numbers_.clear();
  shrink(&cells_.places_);
  return std::exchange(cells_, Cells());
}

}  // namespace fce
