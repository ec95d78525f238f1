// SPDX-License-Identifier: Apache-2.0
#include "http/h2_request.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <new>

#include "http/authority.h"

namespace fce {
namespace {

// What a field counts beyond its bytes, as in SETTINGS_MAX_HEADER_LIST_SIZE.
constexpr size_t kFieldOverhead = 32;
// How many times the limits a header block may decode to before the connection is cut. Up to there
// the client gets an answer.
constexpr size_t kAttackFactor = 4;

}  // namespace

void H2RequestHead::refuse(uint16_t status, const char* why, Counter counter) {
  if (refusal_.status == 0) refusal_ = {status, why, counter};
}

bool H2RequestHead::add(std::string_view name, std::string_view value, bool name_is_static) {
  const size_t size = name.size() + value.size() + kFieldOverhead;
  decoded_bytes_ += size;
  const size_t allowed = size_t{limits_.header_bytes_max} + limits_.request_line_bytes_max;
  if (decoded_bytes_ > kAttackFactor * allowed) return false;
  if (refusal_.status != 0) return true;
  if (name.starts_with(':')) return add_pseudo(name, value);
  field_bytes_ += size;
  if (field_bytes_ > limits_.header_bytes_max) {
    refuse(431, "the header is too large\n", Counter::limit_header_bytes);
    return true;
  }
  // A cookie comes in crumbs (RFC 9113 section 8.2.3) which are one field.
  const bool crumb = name == "cookie" && cookies_++ > 0;
  if (!crumb && count_ - (cookies_ > 1 ? cookies_ - 1 : 0) >= limits_.header_count_max) {
    refuse(431, "there are too many header fields\n", Counter::limit_header_count);
    return true;
  }
  const std::string_view kept = arena_.copy(value);
  if (name == "cookie") {
    cookie_bytes_ += kept.size();
  } else if (name == "host") {
    host_ = kept.data() ? kept.data() : "";
    host_bytes_ = static_cast<uint32_t>(kept.size());
  } else if (name == "content-length") {
    std::from_chars(kept.data(), kept.data() + kept.size(), content_length_);
  } else if (name == "priority") {
    has_priority_ = true;
  }
  keep({name_is_static ? name : arena_.copy(name), kept});
  return true;
}

bool H2RequestHead::add_pseudo(std::string_view name, std::string_view value) {
  if (name == ":path") {
    if (value.size() > limits_.request_line_bytes_max)
      refuse(414, "the request target is too long\n", Counter::limit_request_line);
    else
      path_ = arena_.copy(value);
  } else if (value.size() > limits_.header_bytes_max) {
    refuse(431, "the header is too large\n", Counter::limit_header_bytes);
  } else if (name == ":method") {
    method_ = arena_.copy(value);
  } else if (name == ":scheme") {
    scheme_ = arena_.copy(value);
  } else if (name == ":authority") {
    authority_ = arena_.copy(value);
  } else if (name == ":protocol") {
    protocol_ = arena_.copy(value);
  }
  return true;
}

void H2RequestHead::keep(Header header) {
  if (count_ == capacity_) {
    const uint32_t capacity = capacity_ == 0 ? 8 : capacity_ * 2;
    auto* bigger = arena_.allocate_array<Header>(capacity);
    std::uninitialized_copy_n(headers_, count_, bigger);
    headers_ = bigger;
    capacity_ = capacity;
  }
  new (&headers_[count_++]) Header(header);
}

H2RequestHead::Refusal H2RequestHead::finish(Request* request) {
  request->method = method_from(method_);
  request->method_text = method_;
  request->version = 20;
  if (refusal_.status != 0) return refusal_;
  if (cookies_ > 1) join_cookies();
  request->headers = {headers_, count_};
  if (method_ == "CONNECT" || !protocol_.empty()) set_connect(request);
  if (refusal_.status != 0) return refusal_;
  if (!equals_ignoring_case(scheme_, "https") && !equals_ignoring_case(scheme_, "http"))
    refuse(400, "the scheme is not http or https\n");
  set_host(request);
  set_target(request);
  return refusal_;
}

// An extended CONNECT asks for a WebSocket (RFC 8441), as a GET does in HTTP/1.1: so routes and
// handlers see a GET.
void H2RequestHead::set_connect(Request* request) {
  if (method_ != "CONNECT") return refuse(400, "only CONNECT has a protocol\n");
  if (protocol_.empty()) return refuse(501, "CONNECT is not served\n");
  if (!equals_ignoring_case(protocol_, "websocket"))
    return refuse(501, "of protocols over CONNECT only websocket is served\n");
  request->method = Method::get;
  request->method_text = "GET";
  request->protocol = "websocket";
}

void H2RequestHead::set_host(Request* request) {
  const std::string_view host_field(host_ ? host_ : "", host_bytes_);
  if (authority_.empty()) {
    authority_ = host_field;
  } else if (host_ && !equals_ignoring_case(authority_, host_field)) {
    return refuse(400, "Host and :authority differ\n");
  }
  if (authority_.empty() || !valid_authority(authority_))
    return refuse(400, "the host is not valid\n");
  request->authority = authority_;
  const std::string_view host = host_of_authority(authority_);
  char* lower = arena_.allocate_array<char>(host.size());
  std::transform(host.begin(), host.end(), lower, ascii_lower);
  request->host = {lower, host.size()};
}

void H2RequestHead::set_target(Request* request) {
  const bool valid = path_.starts_with('/') || (path_ == "*" && request->method == Method::options);
  if (!valid || path_.find('#') != std::string_view::npos)
    return refuse(400, "the request target is not valid\n");
  const size_t question = path_.find('?');
  request->path = path_.substr(0, question);
  if (question != std::string_view::npos) request->query = path_.substr(question + 1);
}

// Handlers see one Cookie field, as in HTTP/1.1.
void H2RequestHead::join_cookies() {
  const size_t size = cookie_bytes_ + 2 * size_t{cookies_ - 1};
  char* const joined = arena_.allocate_array<char>(size);
  char* at = joined;
  uint32_t kept = 0;
  Header* cookie = nullptr;
  for (uint32_t i = 0; i < count_; ++i) {
    const Header header = headers_[i];
    if (header.name != "cookie") {
      headers_[kept++] = header;
      continue;
    }
    if (cookie) {
      std::memcpy(at, "; ", 2);
      at += 2;
    } else {
      cookie = &headers_[kept++];
    }
    if (!header.value.empty()) std::memcpy(at, header.value.data(), header.value.size());
    at += header.value.size();
  }
  cookie->name = "cookie";
  cookie->value = {joined, size};
  count_ = kept;
}

}  // namespace fce
