// SPDX-License-Identifier: Apache-2.0
#include "http/h1_parser.h"

#include <llhttp.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>

#include "http/authority.h"

namespace fce {

// What a head is collected in; it stands in the arena and needs no destructor.
struct H1Parser::Head {
  Text target;
  Text name;
  Text value;
  Header* headers = nullptr;
  uint32_t count = 0;
  uint32_t capacity = 0;
  size_t bytes = 0;
};

namespace {

// What a body may have besides its data, since llhttp skips chunk extensions of any length: so many
// bytes for each byte of data, and so many times what a head may have, for extensions and trailer.
constexpr int64_t kFramingPerByte = 16;
constexpr int64_t kFramingHeads = 2;

H1Parser& self(llhttp_t* parser) { return *static_cast<H1Parser*>(parser->data); }

}  // namespace

H1Parser::H1Parser(const Limits& limits, Sink& sink) : limits_(limits), sink_(sink) {
  static_assert(sizeof(llhttp_t) <= kParserBytes);
}

const void* H1Parser::settings() {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    s.on_url = on_url;
    s.on_header_field = on_field;
    s.on_header_value = on_value;
    s.on_header_value_complete = on_value_complete;
    s.on_headers_complete = on_headers_complete;
    s.on_body = on_body_piece;
    s.on_message_complete = on_message_complete;
    return s;
  }();
  return &settings;
}

void H1Parser::begin() {
  arena_ = &sink_.on_begin();
  head_ = new (arena_->allocate(sizeof(Head))) Head{};
  state_ = State::head;
  trailer_bytes_ = 0;
  framing_left_ = kFramingHeads * static_cast<int64_t>(limits_.header_bytes_max);
  complete_ = false;
  scanner_.reset();
  llhttp_init(parser(), HTTP_REQUEST, static_cast<const llhttp_settings_t*>(settings()));
  parser()->data = this;
}

H1Parser::Result H1Parser::feed(Bytes data, size_t* taken) {
  *taken = 0;
  if (refused_) return Result::refused;
  if (stopped_) return Result::stopped;
  while (*taken < data.size()) {
    Bytes rest = data.subspan(*taken);
    if (state_ == State::idle) {
      // An empty line before a request is ignored (RFC 9112 section 2.2).
      if (rest[0] == '\r' || rest[0] == '\n') {
        ++*taken;
        continue;
      }
      begin();
    }
    size_t used = 0;
    Result result;
    if (state_ == State::head) {
      const HeadScanner::Result scanned = scanner_.scan(rest, &used);
      if (scanned == HeadScanner::Result::refuse) {
        refuse(400, "a bare CR or LF, a folded line or a NUL in the head");
        return Result::refused;
      }
      if (scanner_.bytes() >
          size_t{limits_.request_line_bytes_max} + limits_.header_bytes_max + 256) {
        if (scanner_.in_first_line())
          refuse(414, "the request line is too long", Counter::limit_request_line);
        else
          refuse(431, "the head is too large", Counter::limit_header_bytes);
        return Result::refused;
      }
      rest = rest.first(used);
    }
    result = execute(rest, &used);
    *taken += used;
    if (result != Result::more) return result;
  }
  return Result::more;
}

H1Parser::Result H1Parser::execute(Bytes data, size_t* taken) {
  const char* at = as_text(data).data();
  if (state_ == State::body) framing_left_ -= static_cast<int64_t>(data.size());
  const llhttp_errno_t error = llhttp_execute(parser(), at, data.size());
  *taken = data.size();
  if (refused_) return Result::refused;
  if (stopped_) return Result::stopped;
  if (complete_) {
    if (error != HPE_OK) *taken = static_cast<size_t>(llhttp_get_error_pos(parser()) - at);
    // llhttp lets a bare LF end a chunked body.
    const char before = *taken >= 2 ? at[*taken - 2] : last_byte_;
    if (chunked_ && before != '\r') {
      refuse(400, "a bare LF at the end of the chunks");
      return Result::refused;
    }
    state_ = State::idle;
    head_ = nullptr;
    return Result::request;
  }
  if (error == HPE_OK) {
    last_byte_ = at[data.size() - 1];
    if (framing_left_ >= 0) return Result::more;
    refuse(413, "the chunks are mostly framing", Counter::limit_body_bytes);
    return Result::refused;
  }
  refuse(error == HPE_INVALID_VERSION ? 505 : 400, llhttp_errno_name(error));
  return Result::refused;
}

int H1Parser::refuse(uint16_t status, const char* why, Counter counter) {
  refused_ = true;
  refusal_ = {status, why, counter};
  return -1;
}

void H1Parser::append(Text& text, const char* at, size_t size) {
  if (size == 0) return;
  const size_t needed = text.size + size;
  if (needed > text.capacity) {
    const size_t capacity =
        text.capacity == 0 ? needed : std::max(needed, 2 * size_t{text.capacity});
    char* bigger = arena_->allocate_array<char>(capacity);
    if (text.size > 0) std::memcpy(bigger, text.data, text.size);
    text.data = bigger;
    text.capacity = static_cast<uint32_t>(capacity);
  }
  std::memcpy(text.data + text.size, at, size);
  text.size = static_cast<uint32_t>(needed);
}

int H1Parser::on_url(llhttp_t* raw, const char* at, size_t size) {
  H1Parser& parser = self(raw);
  if (parser.head_->target.size + size + sizeof "OPTIONS  HTTP/1.1" >
      parser.limits_.request_line_bytes_max)
    return parser.refuse(414, "the request line is too long", Counter::limit_request_line);
  parser.append(parser.head_->target, at, size);
  return 0;
}

int H1Parser::on_field(llhttp_t* raw, const char* at, size_t size) {
  H1Parser& parser = self(raw);
  if (parser.state_ == State::body) {
    // Trailers are allowed and ignored, but not without end.
    parser.trailer_bytes_ += size;
    return parser.trailer_bytes_ <= parser.limits_.header_bytes_max
               ? 0
               : parser.refuse(431, "the trailer is too large", Counter::limit_header_bytes);
  }
  Head& head = *parser.head_;
  head.bytes += size;
  if (head.bytes > parser.limits_.header_bytes_max)
    return parser.refuse(431, "the header is too large", Counter::limit_header_bytes);
  parser.append(head.name, at, size);
  return 0;
}

int H1Parser::on_value(llhttp_t* raw, const char* at, size_t size) {
  H1Parser& parser = self(raw);
  if (parser.state_ == State::body) return on_field(raw, at, size);
  Head& head = *parser.head_;
  head.bytes += size;
  if (head.bytes > parser.limits_.header_bytes_max)
    return parser.refuse(431, "the header is too large", Counter::limit_header_bytes);
  parser.append(head.value, at, size);
  return 0;
}

int H1Parser::on_value_complete(llhttp_t* raw) {
  H1Parser& parser = self(raw);
  return parser.state_ == State::body ? 0 : parser.end_header();
}

int H1Parser::end_header() {
  Head& head = *head_;
  // llhttp lets a line through that begins with its colon.
  if (head.name.size == 0) return refuse(400, "a header field without a name");
  if (head.count == limits_.header_count_max)
    return refuse(431, "there are too many header fields", Counter::limit_header_count);
  if (head.count == head.capacity) {
    const uint32_t capacity = head.capacity == 0 ? 16 : head.capacity * 2;
    auto* bigger = arena_->allocate_array<Header>(capacity);
    std::copy_n(head.headers, head.count, bigger);
    head.headers = bigger;
    head.capacity = capacity;
  }
  for (uint32_t i = 0; i < head.name.size; ++i) head.name.data[i] = ascii_lower(head.name.data[i]);
  std::string_view value = head.value.view();
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  new (&head.headers[head.count++]) Header{head.name.view(), value};
  head.name = {};
  head.value = {};
  return 0;
}

int H1Parser::on_headers_complete(llhttp_t* raw) {
  H1Parser& parser = self(raw);
  // Only the handler of a route decides about an upgrade; for llhttp it is a plain request.
  raw->upgrade = 0;
  parser.keep_alive_ = llhttp_should_keep_alive(raw) != 0;
  return parser.finish_head();
}

int H1Parser::finish_head() {
  Request request;
  llhttp_t* raw = parser();
  if (!scanner_.single_spaced()) return refuse(400, "the request line has other than two spaces");
  if (!scanner_.names_http() || raw->http_major != 1 || raw->http_minor > 1)
    return refuse(505, "not HTTP/1.0 or 1.1");
  request.method_text = llhttp_method_name(static_cast<llhttp_method_t>(raw->method));
  request.method = method_from(request.method_text);
  request.headers = {head_->headers, head_->count};
  request.version = raw->http_minor == 0 ? 10 : 11;
  int64_t content_length = -1;
  bool expects_continue = false;
  int result = check_fields(request, &content_length, &expects_continue);
  if (result == 0) result = set_target(request);
  if (result != 0) return result;
  if (raw->flags & F_CHUNKED) {
    content_length = -1;
  } else if (content_length < 0) {
    content_length = 0;
  }
  state_ = State::body;
  if (!sink_.on_head(request, content_length, expects_continue)) {
    stopped_ = true;
    return -1;
  }
  return 0;
}

int H1Parser::check_fields(Request& request, int64_t* content_length, bool* expects_continue) {
  const Header* host = nullptr;
  bool transfer_encoding = false;
  for (const Header& header : request.headers) {
    if (header.name == "host") {
      if (host) return refuse(400, "two Host fields");
      host = &header;
    } else if (header.name == "content-length") {
      // llhttp has refused a second one and what is no number.
      const char* end = header.value.data() + header.value.size();
      const auto parsed = std::from_chars(header.value.data(), end, *content_length);
      if (parsed.ec != std::errc() || parsed.ptr != end) return refuse(400, "bad Content-Length");
    } else if (header.name == "transfer-encoding") {
      if (!equals_ignoring_case(header.value, "chunked"))
        return refuse(501, "a transfer coding other than chunked");
      if (transfer_encoding) return refuse(400, "two Transfer-Encoding fields");
      transfer_encoding = true;
    } else if (header.name == "expect") {
      *expects_continue = equals_ignoring_case(header.value, "100-continue");
    }
  }
  const bool http10 = parser()->http_minor == 0;
  if (transfer_encoding && *content_length >= 0)
    return refuse(400, "both Content-Length and Transfer-Encoding");
  if (transfer_encoding && http10) return refuse(400, "Transfer-Encoding in HTTP/1.0");
  if (!host && !http10) return refuse(400, "no Host field");
  if (http10) *expects_continue = false;
  return host ? set_host(request, host->value) : 0;
}

int H1Parser::set_host(Request& request, std::string_view authority) {
  if (!valid_authority(authority)) return refuse(400, "the host is not valid");
  request.authority = authority;
  const std::string_view host = host_of_authority(authority);
  char* lower = arena_->allocate_array<char>(host.size());
  std::transform(host.begin(), host.end(), lower, ascii_lower);
  request.host = {lower, host.size()};
  return 0;
}

int H1Parser::set_target(Request& request) {
  std::string_view target = head_->target.view();
  if (request.method_text == "CONNECT") return refuse(501, "CONNECT is not served");
  // absolute-form: its authority is the host, whatever the field says (RFC 9112 section 3.2.2).
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const size_t slash = std::min(target.find_first_of("/?"), target.size());
    const int result = set_host(request, target.substr(0, slash));
    if (result != 0) return result;
    target.remove_prefix(slash);
    if (target.empty()) target = "/";
    if (target.front() == '?') target = arena_->concat("/", target);
    break;
  }
  if (target.empty() || target.find('#') != std::string_view::npos)
    return refuse(400, "the request target is not valid");
  if (target.front() != '/' && !(target == "*" && request.method == Method::options))
    return refuse(400, "the request target is not valid");
  const size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  return 0;
}

int H1Parser::on_body_piece(llhttp_t* raw, const char* at, size_t size) {
  H1Parser& parser = self(raw);
  parser.framing_left_ += (1 + kFramingPerByte) * static_cast<int64_t>(size);
  if (parser.sink_.on_body({reinterpret_cast<const uint8_t*>(at), size})) return 0;
  parser.stopped_ = true;
  return -1;
}

int H1Parser::on_message_complete(llhttp_t* raw) {
  self(raw).complete_ = true;
  self(raw).chunked_ = (raw->flags & F_CHUNKED) != 0;
  return HPE_PAUSED;  // so that the next request begins when we say so
}

}  // namespace fce
