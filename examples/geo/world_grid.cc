// SPDX-License-Identifier: Apache-2.0
#include "world_grid.h"

#include <algorithm>

namespace geo {
namespace {

void count(std::vector<std::pair<uint32_t, uint32_t>>* counts, uint32_t node) {
  for (auto& [of, places] : *counts) {
    if (of != node) continue;
    ++places;
    return;
  }
  counts->emplace_back(node, 1);
}

}  // namespace

void WorldGrid::add(double latitude, double longitude, uint32_t node) {
  ++places_;
  count(&sums_, node);
  const int column = std::clamp(static_cast<int>(x(longitude)), 0, kColumns - 1);
  const double row = y(latitude);
  if (row < 0 || row >= kRows) return;
  count(&squares_[static_cast<size_t>(static_cast<int>(row) * kColumns + column)], node);
}

size_t WorldGrid::places_of(uint32_t node) const {
  for (const auto& [of, places] : sums_)
    if (of == node) return places;
  return 0;
}

bool WorldGrid::winner(const Counts& counts, uint32_t* node) {
  uint32_t most = 0;
  for (const auto& [of, places] : counts) {
    if (places <= most) continue;
    most = places;
    *node = of;
  }
  return most != 0;
}

bool WorldGrid::is_of(int row, int column, uint32_t node) const {
  uint32_t of = 0;
  return winner(squares_[static_cast<size_t>(row * kColumns + column)], &of) && of == node;
}

std::string WorldGrid::path(uint32_t node) const {
  std::string data;
  for (int row = 0; row < kRows; ++row) {
    for (int column = 0; column < kColumns; ++column) {
      if (!is_of(row, column, node)) continue;
      const int from = column;
      while (column < kColumns && is_of(row, column, node)) ++column;
      data += "M" + std::to_string(from) + " " + std::to_string(row) + "h" +
              std::to_string(column - from) + "v1H" + std::to_string(from) + "z";
    }
  }
  return data;
}

}  // namespace geo
