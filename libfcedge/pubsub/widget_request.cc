// SPDX-License-Identifier: Apache-2.0
#include "pubsub/widget_request.h"

#include <algorithm>
#include <charconv>

#include "base/crypto.h"
#include "http/name.h"
#include "http/percent.h"
#include "http/query.h"
#include "http/utf8.h"
#include "pubsub/key.h"

namespace fce {
namespace {

constexpr int64_t kMarginMs = 2000;
constexpr int64_t kTimeMax = 1'000'000'000'000'000;  // sums of three of them are far from overflow
constexpr size_t kUrlIdBytesMax = 8192;

bool read_field(std::string_view query, std::string_view name, std::string* out) {
  return percent_decode_field(query_value(query, name), out);
}

bool read_time(std::string_view query, std::string_view name, int64_t* out) {
  const std::string_view text = query_value(query, name);
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, *out);
  return read.ec == std::errc() && read.ptr == end && *out >= 0 && *out <= kTimeMax;
}

// What both requests have.
Status parse_common(std::string_view query, WidgetRequest* out) {
  const bool decoded =
      read_field(query, "urlId", &out->url_id) && read_field(query, "userIdWS", &out->user);
  if (!decoded || out->url_id.empty() || out->url_id.size() > kUrlIdBytesMax)
    return fail(Status::invalid, "urlId or userIdWS is missing or malformed");
  // It goes back to clients in JSON, also where it is too long to be the name of a channel.
  if (!is_utf8(as_bytes(out->url_id))) return fail(Status::invalid, "urlId is not UTF-8");
  if (!is_name(out->tenant)) return fail(Status::invalid, "the tenant is missing or is no name");
  if (!out->user.empty() && !is_name(out->user))
    return fail(Status::invalid, "userIdWS is no name");
  // Clients that are told an id for the live connection are told it with the tenant in front.
  const std::string prefix = out->tenant + ":";
  if (out->url_id.size() > prefix.size() && out->url_id.starts_with(prefix))
    out->url_id.erase(0, prefix.size());
  return Status::ok;
}

std::string without_colons(std::string_view text) {
  std::string name;
  for (const char c : text) {
    if (c == '%')
      name += "%25";
    else if (c == ':')
      name += "%3A";
    else
      name += c;
  }
  return name;
}

}  // namespace

Status WidgetRequest::parse_sub(std::string_view query, WidgetRequest* out) {
  if (!read_field(query, "tenantIdWS", &out->tenant))
    return fail(Status::invalid, "tenantIdWS is malformed");
  return parse_common(query, out);
}

Status WidgetRequest::parse_log(std::string_view tenant, std::string_view query,
                                WidgetRequest* out) {
  out->tenant = tenant;
  if (!read_time(query, "startTime", &out->start_ms) || !read_time(query, "endTime", &out->end_ms))
    return fail(Status::invalid, "startTime and endTime are milliseconds since 1970");
  return parse_common(query, out);
}

std::string widget_channel(std::string_view name_space, std::string_view url_id) {
  std::string prefix(name_space);
  if (!prefix.empty()) prefix += ':';
  const std::string name = prefix + (prefix.empty() ? without_colons(url_id) : std::string(url_id));
  if (name.size() <= kNameBytesMax) return name;
  return prefix + "sha256-" + hex(sha256(url_id));
}

int64_t widget_log_begin_ms(const WidgetRequest& request, int64_t now_ms, uint32_t delay_ms) {
  const int64_t ahead = request.end_ms - now_ms;
  return std::min(request.start_ms, request.start_ms - ahead) - kMarginMs - delay_ms;
}

}  // namespace fce
