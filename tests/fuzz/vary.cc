// SPDX-License-Identifier: Apache-2.0
// Vary of an answer, and the fields of two requests. The lines of the input are fields "NAME
// VALUE"; an empty line begins the second and the third message.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "cache/forward_fields.h"
#include "cache/vary.h"

using namespace fce;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// Takes the fields of one message off the text.
std::vector<Header> take_message(std::string_view* text) {
  std::vector<Header> headers;
  while (!text->empty() && headers.size() < 50) {
    const size_t end = std::min(text->find('\n'), text->size());
    const std::string_view line = text->substr(0, end);
    text->remove_prefix(std::min(end + 1, text->size()));
    if (line.empty()) break;
    const size_t space = std::min(line.find(' '), line.size());
    headers.push_back({line.substr(0, space), line.substr(std::min(space + 1, line.size()))});
  }
  return headers;
}

std::string text_of(std::string_view names, const std::vector<Header>& headers,
                    const PolicyOptions& options) {
  Arena arena;
  Request request;
  request.method = Method::get;
  request.headers = headers;
  const CacheRequest cache = CacheRequest::from(request, options, arena);
  return std::string(variant_text(names, cache, options, arena));
}

bool has(const std::vector<Header>& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const Header& header) { return header.name == name; });
}

bool has_quotes(const std::vector<Header>& headers) {
  return std::any_of(headers.begin(), headers.end(), [](const Header& header) {
    return header.value.find('"') != std::string_view::npos;
  });
}

// All that is neither blank nor comma, in order: what no normalisation may lose.
std::string bare(const std::vector<Header>& headers, std::string_view name) {
  std::string out;
  for (const auto& [other, value] : headers)
    if (other == name)
      for (const char c : value)
        if (c != ' ' && c != '\t' && c != ',') out += c;
  return out;
}

void check_match(std::string_view names, const std::vector<Header>& first,
                 const std::vector<Header>& second) {
  PolicyOptions options;
  options.normalise_accept_encoding = false;
  if (text_of(names, first, options) != text_of(names, second, options)) return;
  while (!names.empty()) {
    const size_t end = std::min(names.find(','), names.size());
    const std::string_view name = names.substr(0, end);
    names.remove_prefix(std::min(end + 1, names.size()));
    require(has(first, name) == has(second, name));
    if (name.substr(0, 7) != "accept-") require(bare(first, name) == bare(second, name));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<Header> answer = take_message(&text);
  const std::vector<Header> first = take_message(&text), second = take_message(&text);
  Arena arena;
  std::string_view names;
  const Vary kind = vary_names(answer, arena, &names);
  require((kind == Vary::fields) == !names.empty());
  // What was read is in order: joined with itself it is the same.
  require(vary_union(names, names, arena) == names);
  require(vary_union(names, "", arena) == names);

  const PolicyOptions options;
  // Blanks at the ends change nothing, unless they get into a string that has no end.
  std::vector<std::string> padded;
  std::vector<Header> spaced;
  for (const Header& header : first) padded.push_back(" " + std::string(header.value) + "\t");
  for (size_t i = 0; i < first.size(); ++i) spaced.push_back({first[i].name, padded[i]});
  if (!has_quotes(first))
    require(text_of(names, first, options) == text_of(names, spaced, options));
  check_match(names, first, second);
  for (const Header& header : first) {
    const std::string_view reduced = reduced_accept_encoding(header.value);
    require(reduced_accept_encoding(reduced) == reduced || reduced == "identity");
  }
  return 0;
}
