// SPDX-License-Identifier: Apache-2.0
// Lines "METHOD HOST PATTERN" make a route table, the last line is the request that is matched
// against it. The table's answer is compared with that of trying every pattern by itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/percent.h"
#include "http/route_pattern.h"
#include "http/route_table.h"

namespace {

using namespace fce;

struct NoHandler : Handler {
  void handle(Exchange&) const override {}
};

void require(bool holds) {
  if (!holds) std::abort();
}

struct Line {
  std::string_view method, host, target;
};

std::string_view take_word(std::string_view* text) {
  const size_t end = std::min(text->find(' '), text->size());
  const std::string_view word = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return word;
}

std::vector<Line> split(std::string_view text) {
  std::vector<Line> lines;
  while (!text.empty() && lines.size() < 64) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view method = take_word(&line);
    const std::string_view host = take_word(&line);
    lines.push_back({method, host == "-" ? std::string_view() : host, line});
  }
  return lines;
}

bool matches(const std::vector<PatternSegment>& segments, std::string_view path) {
  for (const PatternSegment& segment : segments) {
    if (path.empty()) return false;
    path.remove_prefix(1);
    if (segment.kind == PatternSegment::Kind::wildcard) return true;
    const std::string_view text = path.substr(0, path.find('/'));
    path.remove_prefix(text.size());
    if (segment.kind == PatternSegment::Kind::text ? text != segment.text : text.empty())
      return false;
  }
  return path.empty();
}

bool host_matches(const std::string& pattern, std::string_view host) {
  if (pattern.empty()) return true;
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  if (pattern.substr(0, 2) != "*.") return host == pattern;
  const std::string_view suffix = std::string_view(pattern).substr(1);
  return host.size() >= suffix.size() && host.substr(host.size() - suffix.size()) == suffix;
}

bool method_matches(const Route& route, std::string_view method) {
  for (const std::string& own : route.methods)
    if (own == method || (own == "GET" && method == "HEAD")) return true;
  return false;
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

// The pattern with the parameters' values in it.
std::string filled(const RouteMatch& match) {
  std::vector<PatternSegment> segments;
  require(parse_pattern(match.route->pattern, &segments) == Status::ok);
  std::string path;
  size_t next = 0;
  for (const PatternSegment& segment : segments) {
    path += '/';
    if (segment.kind == PatternSegment::Kind::text) {
      path += segment.text;
      continue;
    }
    require(next < match.params.size() && match.params[next].name == segment.name);
    path += match.params[next++].value;
  }
  require(next == match.params.size());
  return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<Line> lines = split({reinterpret_cast<const char*>(data), size});
  if (lines.empty()) return 0;
  const Line request = lines.back();
  lines.pop_back();

  RouteTable table;
  std::vector<Route> routes;
  const auto handler = std::make_shared<NoHandler>();
  for (const Line& line : lines) {
    Route route;
    route.pattern = std::string(line.target);
    route.host = std::string(line.host);
    if (!line.method.empty()) route.methods = {std::string(line.method)};
    route.handler = handler;
    if (table.add(route) != Status::ok) continue;
    for (char& c : route.host) c = ascii_lower(c);
    if (route.methods.empty()) route.methods = {"GET"};
    routes.push_back(route);
  }

  Arena arena;
  std::string_view decoded;
  const bool readable = !request.target.empty() && request.target.front() == '/' &&
                        percent_decode_path(request.target, arena, &decoded) &&
                        decoded.find('\0') == decoded.npos && !has_dot_segment(decoded);
  bool expected = false, path_exists = false;
  for (const Route& route : routes) {
    std::vector<PatternSegment> segments;
    require(parse_pattern(route.pattern, &segments) == Status::ok);
    if (!readable || !host_matches(route.host, request.host) || !matches(segments, decoded))
      continue;
    path_exists = true;
    expected = expected || method_matches(route, request.method);
  }

  const RouteMatch match = table.match(request.host, request.method, request.target, arena);
  require((match.route != nullptr) == expected);
  if (match.route) {
    require(match.allow.empty());
    require(host_matches(match.route->host, request.host));
    require(method_matches(*match.route, request.method));
    require(filled(match) == decoded);
    const RouteMatch again = table.match(request.host, request.method, request.target, arena);
    require(again.route == match.route && again.params.size() == match.params.size());
  } else {
    require(match.allow.empty() == !path_exists);
  }
  return 0;
}
