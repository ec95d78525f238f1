// SPDX-License-Identifier: Apache-2.0
// Cache-Control and CDN-Cache-Control as origins send them, and Cache-Control of clients. Each line
// of the input is a field; the first byte of a line picks which one.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "cache/cache_control.h"
#include "cache/freshness.h"

using namespace fce;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<Header> split(std::string_view text) {
  std::vector<Header> headers;
  while (!text.empty() && headers.size() < 100) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const bool cdn = line.front() == '!';
    headers.push_back({cdn ? "cdn-cache-control" : "cache-control", line.substr(1)});
  }
  return headers;
}

bool is_delta(uint32_t seconds) { return seconds <= kDeltaMax || seconds == kNoDelta; }

void check_answer(const std::vector<Header>& headers, bool cdn) {
  const AnswerDirectives of = AnswerDirectives::from(headers, cdn);
  require(is_delta(of.max_age) && is_delta(of.s_maxage));
  require(is_delta(of.stale_while_revalidate) && is_delta(of.stale_if_error));
  require(of.field_list_count <= AnswerDirectives::kListsMax);
  require(cdn || !of.targeted);
  of.names("set-cookie");
  // Whatever else is said, what restricts as a field of its own restricts.
  std::vector<Header> more = headers;
  more.push_back({of.targeted ? "cdn-cache-control" : "cache-control", "no-store, private"});
  const AnswerDirectives restricted = AnswerDirectives::from(more, cdn);
  require(restricted.no_store && restricted.private_);
  require(restricted.max_age == of.max_age && restricted.public_ == of.public_);
}

void check_request(const std::vector<Header>& headers) {
  RequestDirectives of;
  for (const Header& header : headers) of.add(header.value);
  require(is_delta(of.max_age) && is_delta(of.max_stale));
  require(is_delta(of.min_fresh) && is_delta(of.stale_if_error));
  RequestDirectives more = of;
  more.add("no-cache");
  require(more.no_cache && more.max_age == of.max_age);
}

// A date is read as it is, whatever its case.
void check_date(std::string_view text) {
  std::string upper(text);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  int64_t first = 0, second = 0;
  require(parse_cache_date(text, &first) == parse_cache_date(upper, &second));
  require(first == second);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<Header> headers = split({reinterpret_cast<const char*>(data), size});
  check_answer(headers, true);
  check_answer(headers, false);
  check_request(headers);
  for (const Header& header : headers) check_date(header.value);
  return 0;
}
