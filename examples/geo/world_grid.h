// SPDX-License-Identifier: Apache-2.0
//
// Places in squares of a map of the world, each with the node that most of its places are sent to.
#ifndef FCEDGE_EXAMPLES_GEO_WORLD_GRID_H_
#define FCEDGE_EXAMPLES_GEO_WORLD_GRID_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace geo {

class WorldGrid {
 public:
  static constexpr int kPerDegree = 2;
  // Nobody lives further north or south who would be missed.
  static constexpr int kNorth = 84, kSouth = -57;
  static constexpr int kColumns = 360 * kPerDegree;
  static constexpr int kRows = (kNorth - kSouth) * kPerDegree;
  // The place of whom no node is for.
  static constexpr uint32_t kNobody = UINT32_MAX;

  WorldGrid() : squares_(static_cast<size_t>(kColumns) * kRows) {}

  void add(double latitude, double longitude, uint32_t node);

  // Where a position is, in squares from the upper left corner.
  static double x(double longitude) { return (longitude + 180) * kPerDegree; }
  static double y(double latitude) { return (kNorth - latitude) * kPerDegree; }

  // The squares of `node` as the data of an SVG path, rows of neighbours in one; "": it has none.
  std::string path(uint32_t node) const;
  size_t places() const { return places_; }
  size_t places_of(uint32_t node) const;

 private:
  using Counts = std::vector<std::pair<uint32_t, uint32_t>>;  // node, places
  // Whose the square is; false: nobody lives there.
  static bool winner(const Counts& counts, uint32_t* node);
  bool is_of(int row, int column, uint32_t node) const;

  std::vector<Counts> squares_;
  Counts sums_;
  size_t places_ = 0;
};

}  // namespace geo

#endif  // FCEDGE_EXAMPLES_GEO_WORLD_GRID_H_
