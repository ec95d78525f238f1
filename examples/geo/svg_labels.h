// SPDX-License-Identifier: Apache-2.0
//
// Where names stand beside marks, so that they cover neither marks nor each other.
#ifndef FCEDGE_EXAMPLES_GEO_SVG_LABELS_H_
#define FCEDGE_EXAMPLES_GEO_SVG_LABELS_H_

#include <cstddef>
#include <vector>

namespace geo {

class SvgLabels {
 public:
  SvgLabels(double left, double top, double right, double bottom)
      : frame_{left, top, right, bottom} {}

  void keep_free(double x, double y, double radius) {
    taken_.push_back({x - radius, y - radius, x + radius, y + radius});
  }

  struct Spot {
    double x, y;  // of the left end of the base line
  };
  // For a name of so many letters beside a mark: right of it if there is room, or left, above,
  // below, and at last further away.
  Spot place(double x, double y, size_t letters) {
    const double width = 8.6 * static_cast<double>(letters), gap = 12;
    Box box = box_at({x + gap, y + 5}, width);
    for (double far = 0; far < 6 * kHeight; far += kHeight) {
      const Spot spots[] = {
          {x + gap, y + 5 + far},         {x - gap - width, y + 5 + far},
          {x + gap, y + 5 - far},         {x - gap - width, y + 5 - far},
          {x - width / 2, y - gap - far}, {x - width / 2, y + gap + kHeight - 4 + far}};
      for (const Spot& spot : spots) {
        const Box wanted = box_at(spot, width);
        if (!is_free(wanted)) continue;
        taken_.push_back(wanted);
        return spot;
      }
    }
    taken_.push_back(box);
    return {x + gap, y + 5};
  }

 private:
  static constexpr double kHeight = 18;
  struct Box {
    double left, top, right, bottom;
  };
  static Box box_at(const Spot& spot, double width) {
    return {spot.x, spot.y - kHeight + 4, spot.x + width, spot.y + 4};
  }
  bool is_free(const Box& box) const {
    if (box.left < frame_.left || box.right > frame_.right || box.top < frame_.top ||
        box.bottom > frame_.bottom) {
      return false;
    }
    for (const Box& other : taken_) {
      if (box.left < other.right && other.left < box.right && box.top < other.bottom &&
          other.top < box.bottom) {
        return false;
      }
    }
    return true;
  }

  const Box frame_;
  std::vector<Box> taken_;
};

}  // namespace geo

#endif  // FCEDGE_EXAMPLES_GEO_SVG_LABELS_H_
