// SPDX-License-Identifier: Apache-2.0
#include "http/route_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "http/field_list.h"
#include "http/percent.h"
#include "http/route_pattern.h"

namespace fce {

// One segment of the patterns of a host. All patterns that begin alike share their nodes, so a
// match visits each node at most once, whatever the path is.
struct RouteTable::Node {
  struct Leaf {
    std::string_view method;
    const Route* route;
    std::vector<std::string_view> names;  // of the parameters on the way here
  };

  std::string text;
  std::vector<std::unique_ptr<Node>> statics;  // sorted by text
  std::unique_ptr<Node> parameter;
  std::unique_ptr<Node> wildcard;  // has leaves only
  std::vector<Leaf> leaves;        // one per method

  const Leaf* leaf(std::string_view method) const {
    for (const Leaf& leaf : leaves)
      if (leaf.method == method) return &leaf;
    return nullptr;
  }
  const Node* find_static(std::string_view wanted) const {
    const auto at = lower_bound(wanted);
    return at != statics.end() && (*at)->text == wanted ? at->get() : nullptr;
  }
  Node& child(const PatternSegment& segment) {
    if (segment.kind != PatternSegment::Kind::text) {
      auto& slot = segment.kind == PatternSegment::Kind::parameter ? parameter : wildcard;
      if (!slot) slot = std::make_unique<Node>();
      return *slot;
    }
    const auto at = lower_bound(segment.text);
    if (at != statics.end() && (*at)->text == segment.text) return **at;
    auto made = std::make_unique<Node>();
    made->text = segment.text;
    return **statics.insert(at, std::move(made));
  }

 private:
  std::vector<std::unique_ptr<Node>>::const_iterator lower_bound(std::string_view wanted) const {
    return std::lower_bound(statics.begin(), statics.end(), wanted,
                            [](const auto& node, std::string_view t) { return node->text < t; });
  }
};

struct RouteTable::HostTree {
  std::string key;  // "example.com"; ".example.com" for all names below it; "" for any
  Node root;
};

// One match under way: looks for a leaf with the method, and remembers what it passed on the way.
class RouteTable::Walk {
 public:
  explicit Walk(std::string_view method) : method_(method) {}

  // `rest` is empty or begins with the slash before the next segment.
  const Node::Leaf* find(const Node& node, std::string_view rest) {
    if (rest.empty()) return take(node);
    const size_t slash = rest.find('/', 1);
    const std::string_view segment = rest.substr(1, slash == rest.npos ? slash : slash - 1);
    const std::string_view tail = rest.substr(segment.size() + 1);
    if (const Node* next = node.find_static(segment))
      if (const Node::Leaf* leaf = find(*next, tail)) return leaf;
    values_[count_] = segment;
    if (node.parameter && !segment.empty()) {
      ++count_;
      if (const Node::Leaf* leaf = find(*node.parameter, tail)) return leaf;
      --count_;
    }
    if (!node.wildcard) return nullptr;
    values_[count_] = rest.substr(1);
    return take(*node.wildcard);
  }

  std::span<const PathParam> params(const Node::Leaf& leaf, Arena& arena) const {
    const size_t count = leaf.names.size();
    if (count == 0) return {};
    auto* params = arena.allocate_array<PathParam>(count);
    for (size_t i = 0; i < count; ++i) params[i] = {leaf.names[i], values_[i]};
    return {params, count};
  }

  // "GET, HEAD, POST, OPTIONS": the methods of all patterns that the path matched.
  std::string_view allow(Arena& arena) const {
    std::vector<std::string_view> methods;
    const auto add = [&](std::string_view method) {
      if (std::find(methods.begin(), methods.end(), method) == methods.end())
        methods.push_back(method);
    };
    for (const Node* node : passed_)
      for (const Node::Leaf& leaf : node->leaves) {
        add(leaf.method);
        if (leaf.method == "GET") add("HEAD");
      }
    if (methods.empty()) return {};
    add("OPTIONS");
    std::string_view text;
    for (const std::string_view method : methods)
      text = arena.concat(text.empty() ? text : arena.concat(text, ", "), method);
    return text;
  }

 private:
  const Node::Leaf* take(const Node& node) {
    if (const Node::Leaf* leaf = node.leaf(method_)) return leaf;
    if (method_ == "HEAD")
      if (const Node::Leaf* leaf = node.leaf("GET")) return leaf;
    if (!node.leaves.empty()) passed_.push_back(&node);
    return nullptr;
  }

  const std::string_view method_;
  std::array<std::string_view, kPatternParamsMax + 1> values_;
  size_t count_ = 0;
  std::vector<const Node*> passed_;  // the path is theirs, the method is not
};

namespace {

Status check_methods(Route& route) {
  if (route.methods.empty()) route.methods.emplace_back("GET");
  for (size_t i = 0; i < route.methods.size(); ++i) {
    const std::string& method = route.methods[i];
    // Methods are compared with case, so "get" would be a route that nobody reaches.
    const bool lower =
        std::any_of(method.begin(), method.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    if (!is_token(method) || lower)
      return fail(Status::invalid, "\"" + method + "\" is not an HTTP method in upper case");
    if (std::find(route.methods.begin(), route.methods.begin() + static_cast<long>(i), method) !=
        route.methods.begin() + static_cast<long>(i))
      return fail(Status::exists, "the method " + method + " is listed twice");
  }
  return Status::ok;
}

// The key of a host in the table: see HostTree.
Status host_key(std::string& host, std::string* key) {
  std::transform(host.begin(), host.end(), host.begin(), ascii_lower);
  *key = host.substr(0, 2) == "*." ? host.substr(1) : host;
  const bool dots = key->find("..") != std::string::npos ||
                    (!key->empty() && (key->back() == '.' || host.front() == '.'));
  const bool bad = key->find_first_of("*/:@?# \t[]") != std::string::npos;
  // An IPv6 address stands in brackets, as in the Host field.
  const bool ipv6 = host.size() > 2 && host.front() == '[' && host.back() == ']' &&
                    host.find_first_not_of("0123456789abcdef:.", 1) == host.size() - 1;
  if (dots || (bad && !ipv6))
    return fail(Status::invalid, "\"" + host + "\" is not a host name of a route");
  return Status::ok;
}

bool has_dot_segment(std::string_view path) {
  for (size_t at = path.find("/."); at != path.npos; at = path.find("/.", at + 1)) {
    const std::string_view rest = path.substr(at + 2);
    if (rest.empty() || rest.front() == '/') return true;
    if (rest.front() == '.' && (rest.size() == 1 || rest[1] == '/')) return true;
  }
  return false;
}

}  // namespace

RouteTable::RouteTable() = default;
RouteTable::~RouteTable() = default;

RouteTable::HostTree& RouteTable::tree_of(std::string_view key) {
  const auto at =
      std::lower_bound(hosts_.begin(), hosts_.end(), key,
                       [](const auto& tree, std::string_view k) { return tree->key < k; });
  if (at != hosts_.end() && (*at)->key == key) return **at;
  auto made = std::make_unique<HostTree>();
  made->key = std::string(key);
  HostTree& tree = **hosts_.insert(at, std::move(made));
  if (key.empty()) any_host_ = &tree;
  return tree;
}

const RouteTable::HostTree* RouteTable::find_tree(std::string_view key) const {
  const auto at =
      std::lower_bound(hosts_.begin(), hosts_.end(), key,
                       [](const auto& tree, std::string_view k) { return tree->key < k; });
  return at != hosts_.end() && (*at)->key == key ? at->get() : nullptr;
}

Status RouteTable::add(Route route) {
  if (!route.handler) return fail(Status::invalid, "a route needs a handler");
  std::string key;
  if (const Status status = host_key(route.host, &key); status != Status::ok) return status;
  if (const Status status = check_methods(route); status != Status::ok) return status;
  auto kept = std::make_unique<Route>(std::move(route));
  std::vector<PatternSegment> segments;
  if (const Status status = parse_pattern(kept->pattern, &segments); status != Status::ok)
    return status;

  Node* node = &tree_of(key).root;
  std::vector<std::string_view> names;
  for (const PatternSegment& segment : segments) {
    node = &node->child(segment);
    if (segment.kind != PatternSegment::Kind::text) names.push_back(segment.name);
  }
  for (const std::string& method : kept->methods)
    if (node->leaf(method))
      return fail(Status::exists,
                  "the route " + method + " " + kept->host + kept->pattern + " exists already");
  for (const std::string& method : kept->methods)
    node->leaves.push_back({method, kept.get(), names});
  routes_.push_back(std::move(kept));
  return Status::ok;
}

bool RouteTable::pattern_has_param(std::string_view pattern, std::string_view name) {
  std::vector<PatternSegment> segments;
  if (parse_pattern(pattern, &segments) != Status::ok) return false;
  return std::any_of(segments.begin(), segments.end(), [name](const PatternSegment& segment) {
    return segment.kind != PatternSegment::Kind::text && segment.name == name;
  });
}

bool RouteTable::pattern_ends_in_wildcard(std::string_view pattern) {
  std::vector<PatternSegment> segments;
  return parse_pattern(pattern, &segments) == Status::ok &&
         segments.back().kind == PatternSegment::Kind::wildcard;
}

RouteMatch RouteTable::match(std::string_view host, std::string_view method, std::string_view path,
                             Arena& arena) const {
  std::string_view decoded;
  if (path.empty() || path.front() != '/' || !percent_decode_path(path, arena, &decoded) ||
      decoded.find('\0') != decoded.npos || has_dot_segment(decoded))
    return {};

  Walk walk(method);
  const Node::Leaf* found = nullptr;
  if (hosts_.size() > (any_host_ ? 1u : 0u)) {
    // The name itself, then what ".a.b.c", ".b.c" and ".c" cover: the longest, most exact one
    // first.
    if (!host.empty() && host.back() == '.') host.remove_suffix(1);
    for (size_t at = 0; !found && at < host.size(); at = host.find('.', at + 1))
      if (const HostTree* tree = find_tree(host.substr(at))) found = walk.find(tree->root, decoded);
  }
  if (!found && any_host_) found = walk.find(any_host_->root, decoded);
  if (!found) return {nullptr, {}, walk.allow(arena)};
  return {found->route, walk.params(*found, arena), {}};
}

}  // namespace fce
