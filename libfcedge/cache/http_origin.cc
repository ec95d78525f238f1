// SPDX-License-Identifier: Apache-2.0
#include "cache/http_origin.h"

#include <algorithm>
#include <array>

#include "http/authority.h"
#include "http/field_list.h"

namespace fce {
namespace {

// What the client of the origin writes by itself (RFC 9110 sections 7.2 and 7.6.1, RFC 9112).
constexpr std::array<std::string_view, 9> kNotSettable = {
    "host",       "connection", "content-length", "transfer-encoding", "te",
    "keep-alive", "upgrade",    "trailer",        "proxy-connection"};

bool is_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
  });
}

// Sets the name to lower case.
Status check_field(std::pair<std::string, std::string>& field) {
  auto& [name, value] = field;
  std::transform(name.begin(), name.end(), name.begin(), ascii_lower);
  if (!is_token(name) || !is_value(value))
    return fail(Status::invalid, "\"" + name + "\" is no name of a field, or has no valid value");
  if (std::find(kNotSettable.begin(), kNotSettable.end(), name) != kNotSettable.end())
    return fail(Status::invalid, "the field \"" + name + "\" cannot be set for an origin");
  return Status::ok;
}

}  // namespace

Status HttpOrigin::make(const HttpOriginOptions& options, std::shared_ptr<const Fetcher> server,
                        std::shared_ptr<const Fetcher>* out) {
  OriginUrl url;
  Status status = OriginUrl::parse(options.url, &url);
  if (status == Status::ok) status = check_clear_text(url, options.clear_text);
  if (status != Status::ok) return status;
  if (!options.host.empty() && options.host != "*" && !valid_authority(options.host))
    return fail(Status::invalid, "\"" + options.host + "\" is not a host");
  std::shared_ptr<HttpOrigin> origin(new HttpOrigin(options, url, std::move(server)));
  std::string prefix;
  if (status = OriginUrl::parse_prefix(options.prefix, &prefix); status != Status::ok)
    return status;
  origin->prefix_ += prefix;
  for (auto& field : origin->headers_)
    if (status = check_field(field); status != Status::ok) return status;
  *out = std::move(origin);
  return Status::ok;
}

HttpOrigin::HttpOrigin(const HttpOriginOptions& options, const OriginUrl& url,
                       std::shared_ptr<const Fetcher> server)
    : headers_(options.headers),
      host_(options.host.empty() ? url.authority() : options.host),
      prefix_(url.prefix),
      server_(std::move(server)) {}

std::unique_ptr<Fetch> HttpOrigin::start(HttpContext& http, FetchRequest&& request,
                                         FetchSink& sink) const {
  std::vector<Header> headers;
  headers.reserve(request.headers.size() + headers_.size());
  for (const Header& header : request.headers) {
    const bool replaced = std::any_of(headers_.begin(), headers_.end(), [&](const auto& own) {
      return equals_ignoring_case(own.first, header.name);
    });
    if (!replaced) headers.push_back(header);
  }
  for (const auto& [name, value] : headers_) headers.push_back({name, value});
  request.headers = headers;
  if (host_ != "*" && !request.authority_set) request.authority = host_;
  std::string target;
  if (!prefix_.empty() && request.target.starts_with('/')) {
    target.append(prefix_).append(request.target);
    request.target = target;
  }
  return server_->start(http, std::move(request), sink);
}

}  // namespace fce
