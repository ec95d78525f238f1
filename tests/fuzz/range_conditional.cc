// SPDX-License-Identifier: Apache-2.0
// The fields that choose an answer: ranges, preconditions, content codings. The first two bytes
// pick the file's size and the method, each line that follows is a field "NAME VALUE".
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/accept_encoding.h"
#include "http/conditional.h"
#include "http/range.h"

namespace {

using namespace fce;

constexpr Validators kValidators{"\"a-1\"", 784111777, "Sun, 06 Nov 1994 08:49:37 GMT"};

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<Header> split(std::string_view text) {
  std::vector<Header> headers;
  while (!text.empty() && headers.size() < 100) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t space = line.find(' ');
    headers.push_back(
        {line.substr(0, space), space == line.npos ? std::string_view() : line.substr(space + 1)});
  }
  return headers;
}

void check_range(std::string_view value, uint64_t size) {
  ByteRange range;
  const RangeAnswer answer = parse_range(value, size, &range);
  if (answer != RangeAnswer::partial) return;
  require(range.length >= 1 && range.first < size && range.length <= size - range.first);
  // What is told of the range leads to the same range again.
  std::array<char, kContentRangeBytes> buffer;
  const std::string told(content_range(&range, size, buffer));
  const size_t slash = told.find('/');
  require(told.substr(0, 6) == "bytes " && slash != told.npos);
  ByteRange again;
  require(parse_range("bytes=" + told.substr(6, slash - 6), size, &again) == RangeAnswer::partial);
  require(again.first == range.first && again.length == range.length);
}

void check_ranges(std::string_view value, uint64_t size) {
  ByteRanges ranges;
  const RangeAnswer answer = parse_ranges(value, size, &ranges);
  ByteRange one;
  const RangeAnswer alone = parse_range(value, size, &one);
  // Of a single one both say the same.
  if (alone != RangeAnswer::whole)
    require(answer == alone && (answer != RangeAnswer::partial ||
                                (ranges.size() == 1 && ranges[0].first == one.first &&
                                 ranges[0].length == one.length)));
  if (answer != RangeAnswer::partial) return require(ranges.size() == 0);
  require(ranges.size() >= 1 && ranges.size() <= kRangesMax);
  std::string told = "bytes=";
  for (size_t i = 0; i < ranges.size(); ++i) {
    const ByteRange& range = ranges[i];
    require(range.length >= 1 && range.first < size && range.length <= size - range.first);
    // Apart from all others, by a byte at least.
    for (size_t j = 0; j < i; ++j)
      require(ranges[j].first + ranges[j].length < range.first ||
              range.first + range.length < ranges[j].first);
    told +=
        std::to_string(range.first) + "-" + std::to_string(range.first + range.length - 1) + ",";
  }
  ByteRanges again;
  require(parse_ranges(told, size, &again) == RangeAnswer::partial);
  require(again.size() == ranges.size());
  for (size_t i = 0; i < ranges.size(); ++i)
    require(again[i].first == ranges[i].first && again[i].length == ranges[i].length);
}

void check_coding(std::string_view value) {
  const AcceptEncoding accepted = AcceptEncoding::parse(value);
  require(accepted.choose(false, false) == ContentCoding::identity);
  require(accepted.choose(true, false) != ContentCoding::br);
  require(accepted.choose(false, true) != ContentCoding::gzip);
  // What is chosen of two is chosen of it alone.
  const ContentCoding both = accepted.choose(true, true);
  if (both == ContentCoding::br) require(accepted.choose(false, true) == both);
  if (both == ContentCoding::gzip) require(accepted.choose(true, false) == both);
  if (both == ContentCoding::identity) require(accepted.choose(true, false) == both);
  constexpr ContentCoding kAll[] = {ContentCoding::zstd, ContentCoding::br, ContentCoding::gzip};
  const ContentCoding best = accepted.choose(kAll);
  if (best != ContentCoding::identity) {
    require(accepted.choose(std::span(&best, 1)) == best);
    require(AcceptEncoding::parse(coding_name(best)).choose(kAll) == best);
  }
}

// A list in one field says the same as its members in fields of their own.
void check_joined(const std::vector<Header>& headers, Method method, Precondition expected) {
  std::string match, none_match;
  std::vector<Header> joined;
  for (const Header& header : headers) {
    std::string* list = header.name == "if-match"        ? &match
                        : header.name == "if-none-match" ? &none_match
                                                         : nullptr;
    if (!list) {
      joined.push_back(header);
    } else {
      if (list->empty())
        list->assign(1, ',');
      else
        list->push_back(',');
      list->append(header.value);
    }
  }
  if (!match.empty()) joined.push_back({"if-match", std::string_view(match).substr(1)});
  if (!none_match.empty())
    joined.push_back({"if-none-match", std::string_view(none_match).substr(1)});
  Arena arena;
  require(check_preconditions(SelectionFields::from(joined, arena), method, kValidators) ==
          expected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  constexpr uint64_t kSizes[] = {0, 1, 10, 4096, UINT32_MAX, UINT64_MAX};
  constexpr Method kMethods[] = {Method::get, Method::head, Method::post};
  const uint64_t file_size = kSizes[data[0] % std::size(kSizes)];
  const Method method = kMethods[data[1] % std::size(kMethods)];
  const std::vector<Header> headers = split({reinterpret_cast<const char*>(data) + 2, size - 2});

  Arena arena;
  const SelectionFields fields = SelectionFields::from(headers, arena);
  const Precondition answer = check_preconditions(fields, method, kValidators);
  if (answer == Precondition::not_modified) require(method != Method::post);
  if (!fields.if_match && !fields.if_unmodified_since && !fields.if_none_match &&
      !fields.if_modified_since)
    require(answer == Precondition::passed);
  check_joined(headers, method, answer);
  if (range_applies(fields, method, kValidators, kValidators.modified_s + 1))
    require(method == Method::get && fields.range.single());
  for (const Header& header : headers) {
    check_range(header.value, file_size);
    check_ranges(header.value, file_size);
    check_coding(header.value);
  }
  return 0;
}
