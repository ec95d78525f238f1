// SPDX-License-Identifier: Apache-2.0
#include "world_map.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "routing.h"
#include "svg_labels.h"
#include "world_grid.h"

namespace geo {
namespace {

constexpr double kScale = 2;  // of a square of the grid
constexpr int kWidth = static_cast<int>(WorldGrid::kColumns * kScale);
constexpr int kHead = 48;
constexpr int kMapHeight = static_cast<int>(WorldGrid::kRows * kScale);
constexpr int kLegendTop = kHead + kMapHeight + 34;
constexpr int kLegendColumns = 4, kLegendRow = 26;
constexpr const char* kNobodyColor = "#b9bec4";

// Told apart also by those who see fewer colours; more nodes than these get hues far from the last.
std::string color_of(size_t node) {
  constexpr const char* kColors[] = {"#3b78b5", "#e8743b", "#2f9e5f", "#c4428a", "#d9a514",
                                     "#6b55c9", "#2aa7b8", "#c43d3d", "#7f9c2b", "#8c6a4f"};
  if (node < std::size(kColors)) return kColors[node];
  const int hue = static_cast<int>(std::fmod(static_cast<double>(node) * 137.508, 360));
  return "hsl(" + std::to_string(hue) + ",55%,50%)";
}

// "53,534"
std::string thousands(size_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

class Picture {
 public:
  Picture(const Routing& routing, const std::string& set) : routing_(routing), set_(set) {
    const int status = fce_geo_ranking_each_cell(routing.ranking(), set.c_str(), take_cell, &grid_);
    if (status != FCE_OK) throw edge::ConfigError(fce_last_error());
  }

  std::string draw() {
    const size_t entries = nodes().size() + (grid_.places_of(WorldGrid::kNobody) != 0 ? 1 : 0);
    const int rows = static_cast<int>((entries + kLegendColumns - 1) / kLegendColumns);
    const int height = kLegendTop + rows * kLegendRow + 30;
    out_ << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << kWidth << ' ' << height
         << "\" width=\"" << kWidth << "\" height=\"" << height
         << "\" font-family=\"system-ui,'DejaVu Sans',Arial,sans-serif\" font-size=\"14\" "
            "fill=\"#1f2933\">\n"
         << "<title>Set " << escaped(set_) << ": where clients are sent</title>\n"
         << "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
    draw_head();
    draw_places();
    draw_nodes();
    draw_legend();
    draw_credit(height);
    out_ << "</svg>\n";
    return out_.str();
  }

 private:
  static void take_cell(const fce_geo_place* place, uint32_t node, void* user) {
    static_cast<WorldGrid*>(user)->add(place->latitude, place->longitude, node);
  }
  const std::vector<edge::GeoNodeSettings>& nodes() const { return routing_.config().geo_nodes; }
  static double x(double longitude) { return WorldGrid::x(longitude) * kScale; }
  static double y(double latitude) { return WorldGrid::y(latitude) * kScale + kHead; }

  void draw_head() {
    out_ << "<text x=\"24\" y=\"31\" font-size=\"20\" font-weight=\"600\">Set " << escaped(set_)
         << "</text>\n<text x=\"" << kWidth - 24
         << "\" y=\"31\" text-anchor=\"end\" fill=\"#5b6770\">the first node of an answer, for "
         << thousands(grid_.places()) << " places</text>\n";
  }

  void draw_places() {
    out_ << "<rect y=\"" << kHead << "\" width=\"" << kWidth << "\" height=\"" << kMapHeight
         << "\" fill=\"#eef3f7\"/>\n<g stroke=\"#dbe4eb\">\n";
    for (int degree = -150; degree <= 150; degree += 30)
      out_ << "<path d=\"M" << x(degree) << ' ' << kHead << 'v' << kMapHeight << "\"/>";
    for (int degree = -30; degree <= 60; degree += 30)
      out_ << "<path d=\"M0 " << y(degree) << 'h' << kWidth << "\"/>";
    out_ << "\n</g>\n<g transform=\"translate(0 " << kHead << ") scale(" << kScale
         << ")\" shape-rendering=\"crispEdges\">\n";
    draw_path(WorldGrid::kNobody, kNobodyColor);
    for (size_t i = 0; i < nodes().size(); ++i) draw_path(static_cast<uint32_t>(i), color_of(i));
    out_ << "</g>\n";
  }

  void draw_path(uint32_t node, const std::string& color) {
    const std::string path = grid_.path(node);
    if (!path.empty()) out_ << "<path fill=\"" << color << "\" d=\"" << path << "\"/>\n";
  }

  void draw_nodes() {
    SvgLabels labels(0, kHead, kWidth, kHead + kMapHeight);
    for (const edge::GeoNodeSettings& node : nodes())
      labels.keep_free(x(node.longitude), y(node.latitude), 8);
    for (size_t i = 0; i < nodes().size(); ++i) {
      const edge::GeoNodeSettings& node = nodes()[i];
      const double cx = x(node.longitude), cy = y(node.latitude);
      // Who gets no new clients is hollow.
      const bool up = node.state == FCE_GEO_UP;
      out_ << "<circle cx=\"" << cx << "\" cy=\"" << cy
           << "\" r=\"9\" fill=\"#ffffff\"/><circle cx=\"" << cx << "\" cy=\"" << cy
           << "\" r=\"6\" fill=\"" << (up ? color_of(i) : "#ffffff") << "\" stroke=\""
           << (up ? "#1f2933" : color_of(i)) << "\" stroke-width=\"2\"/>\n";
    }
    for (const edge::GeoNodeSettings& node : nodes()) {
      const SvgLabels::Spot spot =
          labels.place(x(node.longitude), y(node.latitude), node.name.size());
      out_ << "<text x=\"" << spot.x << "\" y=\"" << spot.y
           << "\" font-weight=\"600\" stroke=\"#ffffff\" stroke-width=\"4\" "
              "paint-order=\"stroke\" stroke-linejoin=\"round\">"
           << escaped(node.name) << "</text>\n";
    }
  }

  void draw_entry(size_t at, const std::string& color, bool filled, const std::string& name,
                  const std::string& more, uint32_t node) {
    const int left = 24 + static_cast<int>(at % kLegendColumns) * (kWidth - 48) / kLegendColumns;
    const int top = kLegendTop + static_cast<int>(at / kLegendColumns) * kLegendRow;
    char share[32] = "";
    std::snprintf(share, sizeof share, "%.1f %% of places",
                  grid_.places() == 0 ? 0.0
                                      : 100.0 * static_cast<double>(grid_.places_of(node)) /
                                            static_cast<double>(grid_.places()));
    out_ << "<rect x=\"" << left + 1 << "\" y=\"" << top - 11
         << "\" width=\"12\" height=\"12\" rx=\"2\" stroke-width=\"2\" stroke=\"" << color
         << "\" fill=\"" << (filled ? color : "#ffffff") << "\"/><text x=\"" << left + 22
         << "\" y=\"" << top << "\"><tspan font-weight=\"600\">" << escaped(name) << "</tspan> "
         << "<tspan fill=\"#5b6770\">" << escaped(more) << share << "</tspan></text>\n";
  }

  void draw_legend() {
    size_t at = 0;
    for (; at < nodes().size(); ++at) {
      const edge::GeoNodeSettings& node = nodes()[at];
      std::string more = node.region.empty() ? "" : node.region + ", ";
      if (node.load_percent != 0) more += "load " + std::to_string(node.load_percent) + " %, ";
      if (node.state != FCE_GEO_UP) more += std::string(edge::geo_state_name(node.state)) + ", ";
      draw_entry(at, color_of(at), node.state == FCE_GEO_UP, node.name, more,
                 static_cast<uint32_t>(at));
    }
    if (grid_.places_of(WorldGrid::kNobody) != 0)
      draw_entry(at, kNobodyColor, true, "no node", "", WorldGrid::kNobody);
  }

  void draw_credit(int height) {
    const edge::GeoCredit& credit = routing_.credit();
    if (credit.text.empty()) return;
    out_ << "<a href=\"" << credit.link << "\"><text x=\"" << kWidth - 24 << "\" y=\""
         << height - 14 << "\" text-anchor=\"end\" font-size=\"12\" fill=\"#5b6770\">"
         << credit.text << ", " << credit.link << "</text></a>\n";
  }

  const Routing& routing_;
  const std::string set_;
  WorldGrid grid_;
  std::ostringstream out_;
};

void write(const std::string& file, const std::string& picture) {
  if (file == "-") {
    std::cout << picture;
    return;
  }
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << picture;
  stream.close();
  if (!stream) throw edge::ConfigError(file + ": cannot be written");
}

}  // namespace

void draw_map(const Options& options) {
  if (options.config_file.empty())
    throw edge::ConfigError("fcedge-geo: map needs --config; see --help");
  const Routing routing(options);
  if (!routing.index())
    throw edge::ConfigError("fcedge-geo: map needs a database: --mmdb, or [geo] files");
  if (routing.sets().size() > 1)
    routing.config().fail({}, "has several [[geo_set]]; choose one to draw by --set");
  write(options.out, Picture(routing, routing.sets().front()).draw());
}

}  // namespace geo
