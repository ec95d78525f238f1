// SPDX-License-Identifier: Apache-2.0
#include "http/h1_response_parser.h"

#include <llhttp.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>

#include "http/field_list.h"
#include "http/hop_by_hop.h"

namespace fce {
namespace {

// What a body may have besides its data, since llhttp skips chunk extensions of any length: so many
// bytes for each byte of data, and so many times what a head may have, for extensions and trailer.
constexpr int64_t kFramingPerByte = 16;
constexpr int64_t kFramingHeads = 2;

constexpr uint32_t kKeepAliveSecondsMax = 3600;

H1ResponseParser& self(llhttp_t* parser) { return *static_cast<H1ResponseParser*>(parser->data); }

// No server needs a control character in a field, and whoever writes it out again must not find
// one.
bool valid_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
  });
}

}  // namespace

H1ResponseParser::H1ResponseParser(const Limits& limits, Sink& sink)
    : limits_(limits), sink_(sink) {
  static_assert(sizeof(llhttp_t) <= kParserBytes);
}

const void* H1ResponseParser::settings() {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    s.on_status = on_status;
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

void H1ResponseParser::expect(bool head, bool upgrade) {
  arena_.reset();
  trailers_ = {};
  to_head_ = head;
  upgrade_ = upgrade;
  informational_ = 0;
  keep_alive_ = false;
  keep_alive_seconds_ = 0;
}

void H1ResponseParser::begin() {
  arena_.emplace();
  fields_ = {};
  state_ = State::head;
  framing_left_ = kFramingHeads * static_cast<int64_t>(limits_.head_bytes_max);
  complete_ = informing_ = switched_ = chunked_ = false;
  scanner_.reset();
  llhttp_init(parser(), HTTP_RESPONSE, static_cast<const llhttp_settings_t*>(settings()));
  parser()->data = this;
}

H1ResponseParser::Result H1ResponseParser::feed(Bytes data, size_t* taken) {
  *taken = 0;
  if (refused_) return Result::refused;
  if (stopped_) return Result::stopped;
  while (*taken < data.size()) {
    Bytes rest = data.subspan(*taken);
    if (state_ == State::idle) begin();
    if (state_ == State::head && !scan_head(&rest)) return Result::refused;
    size_t used = 0;
    const Result result = execute(rest, &used);
    *taken += used;
    if (result != Result::more) return result;
  }
  return Result::more;
}

// Cuts `rest` to what belongs to the head.
bool H1ResponseParser::scan_head(Bytes* rest) {
  if (scanner_.bytes() == 0 && rest->front() != 'H') {
    refuse("it does not begin with a status line");
    return false;
  }
  size_t used = 0;
  if (scanner_.scan(*rest, &used) == HeadScanner::Result::refuse) {
    refuse("a bare CR or LF, a folded line or a NUL in the head");
    return false;
  }
  if (scanner_.bytes() > size_t{limits_.head_bytes_max} + 256) {
    refuse("the head is too large", true);
    return false;
  }
  *rest = rest->first(used);
  return true;
}

H1ResponseParser::Result H1ResponseParser::execute(Bytes data, size_t* taken) {
  const char* at = as_text(data).data();
  if (state_ == State::body) framing_left_ -= static_cast<int64_t>(data.size());
  const llhttp_errno_t error = llhttp_execute(parser(), at, data.size());
  *taken = data.size();
  if (refused_) return Result::refused;
  if (stopped_) return Result::stopped;
  if (complete_) {
    if (error != HPE_OK) *taken = static_cast<size_t>(llhttp_get_error_pos(parser()) - at);
    return completed(data, *taken);
  }
  if (error != HPE_OK) {
    refuse(llhttp_errno_name(error));
    return Result::refused;
  }
  last_byte_ = at[data.size() - 1];
  if (framing_left_ >= 0) return Result::more;
  refuse("the chunks are mostly framing", true);
  return Result::refused;
}

H1ResponseParser::Result H1ResponseParser::completed(Bytes data, size_t taken) {
  // llhttp lets a bare LF end a chunked body.
  const char before = taken >= 2 ? static_cast<char>(data[taken - 2]) : last_byte_;
  if (chunked_ && before != '\r') {
    refuse("a bare LF at the end of the chunks");
    return Result::refused;
  }
  state_ = State::idle;
  if (informing_) return Result::more;
  if (switched_) return Result::upgraded;
  trailers_ = {fields_.headers, take_out_hop_by_hop({fields_.headers, fields_.count}, false)};
  return Result::complete;
}

H1ResponseParser::Result H1ResponseParser::finish() {
  if (refused_) return Result::refused;
  if (stopped_) return Result::stopped;
  if (state_ == State::body) {
    llhttp_finish(parser());  // completes it if its body ends like that
    if (complete_) {
      state_ = State::idle;
      return Result::complete;
    }
  }
  refuse("it ends before it is complete");
  return Result::refused;
}

int H1ResponseParser::refuse(const char* why, bool too_large) {
  refused_ = true;
  why_ = why;
  too_large_ = too_large;
  return -1;
}

// --- Fields ------------------------------------------------------------------------------------

int H1ResponseParser::append(Text& text, const char* at, size_t size) {
  fields_.bytes += size;
  if (fields_.bytes > limits_.head_bytes_max) return refuse("the head is too large", true);
  const size_t needed = text.size + size;
  if (needed > text.capacity) {
    const size_t capacity =
        text.capacity == 0 ? needed : std::max(needed, 2 * size_t{text.capacity});
    char* bigger = arena_->allocate_array<char>(capacity);
    if (text.size > 0) std::memcpy(bigger, text.data, text.size);
    text.data = bigger;
    text.capacity = static_cast<uint32_t>(capacity);
  }
  if (size > 0) std::memcpy(text.data + text.size, at, size);
  text.size = static_cast<uint32_t>(needed);
  return 0;
}

int H1ResponseParser::on_status(llhttp_t* raw, const char*, size_t size) {
  H1ResponseParser& parser = self(raw);
  parser.fields_.bytes += size;
  return parser.fields_.bytes <= parser.limits_.head_bytes_max
             ? 0
             : parser.refuse("the head is too large", true);
}

int H1ResponseParser::on_field(llhttp_t* raw, const char* at, size_t size) {
  return self(raw).append(self(raw).fields_.name, at, size);
}

int H1ResponseParser::on_value(llhttp_t* raw, const char* at, size_t size) {
  return self(raw).append(self(raw).fields_.value, at, size);
}

int H1ResponseParser::on_value_complete(llhttp_t* raw) { return self(raw).end_field(); }

int H1ResponseParser::end_field() {
  Fields& fields = fields_;
  // llhttp lets a line through that begins with its colon.
  if (!is_token(fields.name.view())) return refuse("a header field without a name");
  if (fields.count == limits_.header_count_max)
    return refuse("there are too many header fields", true);
  if (fields.count == fields.capacity) {
    const uint32_t capacity = fields.capacity == 0 ? 16 : fields.capacity * 2;
    auto* bigger = arena_->allocate_array<Header>(capacity);
    std::copy_n(fields.headers, fields.count, bigger);
    fields.headers = bigger;
    fields.capacity = capacity;
  }
  for (uint32_t i = 0; i < fields.name.size; ++i)
    fields.name.data[i] = ascii_lower(fields.name.data[i]);
  const std::string_view value = trim_blanks(fields.value.view());
  if (!valid_value(value)) return refuse("a control character in a header field");
  const Header field{fields.name.view(), value};
  fields.name = {};
  fields.value = {};
  // A trailer has no say in framing, nor where a message goes (RFC 9110 section 6.5.1).
  if (state_ == State::body && (field.name == "content-length" || field.name == "host")) return 0;
  new (&fields.headers[fields.count++]) Header(field);
  return 0;
}

// --- Heads -------------------------------------------------------------------------------------

int H1ResponseParser::on_headers_complete(llhttp_t* raw) {
  raw->upgrade = 0;  // what follows 101 is cut off by us
  return self(raw).finish_head();
}

// The result is llhttp's: 0 to go on, 1 for a message without a body, -1 for an error.
int H1ResponseParser::finish_head() {
  const llhttp_t* raw = parser();
  const auto status = static_cast<uint16_t>(raw->status_code);
  if (raw->http_major != 1 || raw->http_minor > 1) return refuse("not HTTP/1.0 or 1.1");
  if (status < 100 || status > 999) return refuse("the status is no number of three digits");
  std::optional<uint64_t> length;
  if (const int result = check_framing(status, &length); result != 0) return result;
  if (status < 200) {
    if (++informational_ > kInformationalMax) return refuse("too many interim answers");
    informing_ = status != 101;
    switched_ = status == 101;
    if (switched_ && !upgrade_) return refuse("it switches protocols, which was not asked for");
  }
  if (tell_head(status, length) != 0) return -1;
  state_ = State::body;
  return length == uint64_t{0} ? 1 : 0;
}

int H1ResponseParser::check_framing(uint16_t status, std::optional<uint64_t>* length) {
  bool coded = false;
  for (uint32_t i = 0; i < fields_.count; ++i) {
    const Header& header = fields_.headers[i];
    if (header.name == "content-length") {
      // llhttp has refused a second one and what is no number.
      uint64_t number = 0;
      const char* end = header.value.data() + header.value.size();
      const auto parsed = std::from_chars(header.value.data(), end, number);
      if (parsed.ec != std::errc() || parsed.ptr != end) return refuse("bad Content-Length");
      *length = number;
    } else if (header.name == "transfer-encoding") {
      if (coded || !equals_ignoring_case(header.value, "chunked"))
        return refuse("a transfer coding other than chunked");
      coded = true;
    }
  }
  if (coded && *length) return refuse("both Content-Length and Transfer-Encoding");
  if (coded && parser()->http_minor == 0) return refuse("Transfer-Encoding in HTTP/1.0");
  const bool bodiless = status < 200 || status == 204 || status == 304;
  keep_alive_ = llhttp_should_keep_alive(parser()) != 0;
  // Such as have no body by their status and announce one: what follows is anybody's guess.
  if ((status < 200 || status == 204) && (coded || length->value_or(0) > 0)) keep_alive_ = false;
  if (bodiless || to_head_) {
    // To HEAD an answer without framing ends with its head, too.
    if (to_head_ && !coded && !*length && parser()->http_minor == 1)
      keep_alive_ = (parser()->flags & F_CONNECTION_CLOSE) == 0;
    *length = 0;
    return 0;
  }
  chunked_ = coded;
  return 0;
}

int H1ResponseParser::tell_head(uint16_t status, std::optional<uint64_t> length) {
  read_keep_alive();
  const std::span<Header> all(fields_.headers, fields_.count);
  const std::span<const Header> headers = all.first(take_out_hop_by_hop(all, switched_));
  // What comes now is the trailer. The head's fields stay where they are in the arena.
  fields_ = {};
  const bool wanted =
      informing_ ? sink_.on_informational(status, headers) : sink_.on_head(status, headers, length);
  if (wanted) return 0;
  stopped_ = true;
  return -1;
}

void H1ResponseParser::read_keep_alive() {
  for (uint32_t i = 0; i < fields_.count; ++i) {
    if (fields_.headers[i].name != "keep-alive") continue;
    std::string_view list = fields_.headers[i].value;
    for (std::string_view member; next_member(&list, &member);) {
      constexpr std::string_view kTimeout = "timeout=";
      if (!equals_ignoring_case(member.substr(0, kTimeout.size()), kTimeout)) continue;
      member.remove_prefix(kTimeout.size());
      uint32_t seconds = 0;
      if (std::from_chars(member.data(), member.data() + member.size(), seconds).ec == std::errc())
        keep_alive_seconds_ = std::clamp(seconds, 1u, kKeepAliveSecondsMax);
    }
  }
}

// --- Bodies ------------------------------------------------------------------------------------

int H1ResponseParser::on_body_piece(llhttp_t* raw, const char* at, size_t size) {
  H1ResponseParser& parser = self(raw);
  parser.framing_left_ += (1 + kFramingPerByte) * static_cast<int64_t>(size);
  if (parser.sink_.on_body({reinterpret_cast<const uint8_t*>(at), size})) return 0;
  parser.stopped_ = true;
  return -1;
}

int H1ResponseParser::on_message_complete(llhttp_t* raw) {
  self(raw).complete_ = true;
  return HPE_PAUSED;  // so that the next answer begins when we say so
}

}  // namespace fce
