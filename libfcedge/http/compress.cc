// SPDX-License-Identifier: Apache-2.0
#include "http/compress.h"

#include <algorithm>
#include <utility>

#include "http/accept_encoding.h"
#include "http/compress_body.h"
#include "http/conditional.h"
#include "http/context.h"
#include "http/exchange.h"
#include "http/field_list.h"

namespace fce {
namespace {

constexpr std::string_view kTypes =
    "text/* application/javascript application/json application/ld+json "
    "application/manifest+json application/atom+xml application/rss+xml application/xhtml+xml "
    "application/xml application/wasm application/vnd.ms-fontobject font/ttf font/otf "
    "image/svg+xml image/bmp";
// Sent event by event: to compress them is for who names them.
constexpr std::string_view kEventStream = "text/event-stream";
constexpr uint32_t kBytesMin = 1024;
constexpr size_t kWholeMax = CompressBody::kPortionBytes;  // compressed at once

// Where they are worth the same to a client: what costs the least first.
constexpr ContentCoding kCodings[] = {ContentCoding::zstd, ContentCoding::br, ContentCoding::gzip};

std::string_view media_type(std::string_view content_type) {
  return trim_blanks(content_type.substr(0, content_type.find(';')));
}

const Header* find(const std::vector<Header>& headers, std::string_view name) {
  for (const Header& header : headers)
    if (equals_ignoring_case(header.name, name)) return &header;
  return nullptr;
}

// Whether a list, in however many fields, has a member.
bool lists(const std::vector<Header>& headers, std::string_view name, std::string_view wanted) {
  for (const Header& header : headers) {
    if (!equals_ignoring_case(header.name, name)) continue;
    std::string_view list = header.value;
    for (std::string_view member; next_member(&list, &member);)
      if (equals_ignoring_case(member, wanted) || member == "*") return true;
  }
  return false;
}

void add_vary(std::vector<Header>* headers) {
  if (!lists(*headers, "vary", "accept-encoding")) headers->push_back({"vary", "Accept-Encoding"});
}

// The bytes are others now, the meaning is the same.
void weaken_etag(Exchange& exchange, std::vector<Header>* headers) {
  for (Header& header : *headers)
    if (equals_ignoring_case(header.name, "etag") && !header.value.starts_with("W/"))
      header.value = exchange.arena.concat("W/", header.value);
}

ContentCoding accepted_coding(Exchange& exchange) {
  const auto fields = SelectionFields::from(exchange.request.headers, exchange.arena);
  if (!fields.accept_encoding) return ContentCoding::identity;
  return AcceptEncoding::parse(fields.accept_encoding.value).choose(kCodings);
}

bool may_be_compressed(const CompressPolicy& policy, uint16_t status,
                       const std::vector<Header>& headers, const Body& body) {
  if (status < 200 || status == 204 || status == 206 || status == 304) return false;
  if (body.length && *body.length < policy.bytes_min()) return false;
  const Header* const type = find(headers, "content-type");
  return type && policy.takes(type->value) && !find(headers, "content-encoding") &&
         !find(headers, "content-range") && !lists(headers, "cache-control", "no-transform");
}

// False: it is left as it is.
bool compress_body(Exchange& exchange, const CompressPolicy& policy, ContentCoding coding,
                   Body* body) {
  NetContext& net = exchange.http.net;
  // What HEAD leaves out; the fields say what GET would be answered.
  if (exchange.request.method == Method::head) {
    body->length = std::nullopt;
    return true;
  }
  CompressorLease compressor = CompressorLease::take(coding, policy.level());
  if (!compressor) {
    net.counters.add(Counter::limit_compressors);
    return false;
  }
  if (!body->source && body->bytes.bytes.size() <= kWholeMax) {
    ChunkRef smaller = compress_whole(body->bytes.bytes, compressor);
    if (!smaller) return false;
    net.counters.add(Counter::compress_bytes_in, body->bytes.bytes.size());
    net.counters.add(Counter::compress_bytes_out, smaller.bytes().size());
    *body = Body::of(Slice::whole(std::move(smaller)));
    return true;
  }
  auto source =
      body->source ? std::move(body->source) : std::make_unique<SliceBody>(std::move(body->bytes));
  *body = Body::pulled(std::make_unique<CompressBody>(std::move(source), std::move(compressor),
                                                      net.loop, net.counters),
                       std::nullopt);
  return true;
}

}  // namespace

Status CompressPolicy::make(uint32_t level, uint32_t bytes_min, std::string_view types,
                            CompressPolicy* out) {
  if (level > kCompressLevelMax)
    return fail(Status::invalid, "a level of compression is 1 to 9, not " + std::to_string(level));
  out->level_ = level;
  out->bytes_min_ = bytes_min ? bytes_min : kBytesMin;
  out->types_.clear();
  if (types.empty()) types = kTypes;
  while (!types.empty()) {
    const size_t end = std::min(types.find(' '), types.size());
    std::string type(types.substr(0, end));
    types.remove_prefix(std::min(end + 1, types.size()));
    if (type.empty()) continue;
    for (char& c : type) c = ascii_lower(c);
    const size_t slash = type.find('/');
    if (slash == std::string::npos || !is_token(type.substr(0, slash)) ||
        !is_token(type.substr(slash + 1)))
      return fail(Status::invalid, "\"" + type + "\" is not a media type such as text/css");
    out->types_.push_back(std::move(type));
  }
  return Status::ok;
}

bool CompressPolicy::takes(std::string_view content_type) const {
  const std::string_view type = media_type(content_type);
  for (const std::string& known : types_) {
    if (equals_ignoring_case(type, known)) return true;
    const bool all = known.ends_with("/*");
    if (all && type.size() >= known.size() && !equals_ignoring_case(type, kEventStream) &&
        equals_ignoring_case(type.substr(0, known.size() - 1),
                             std::string_view(known).substr(0, known.size() - 1)))
      return true;
  }
  return false;
}

void compress_answer(Exchange& exchange, const CompressPolicy& policy, uint16_t status,
                     std::vector<Header>* headers, Body* body) {
  const ContentCoding coding = accepted_coding(exchange);
  if (status == 304) {
    // As the answer would have been that the client has: of which no type is told here.
    add_vary(headers);
    if (coding != ContentCoding::identity) weaken_etag(exchange, headers);
    return;
  }
  if (!may_be_compressed(policy, status, *headers, *body)) return;
  add_vary(headers);
  if (coding == ContentCoding::identity || !compress_body(exchange, policy, coding, body)) return;
  exchange.http.net.counters.add(Counter::compressed);
  weaken_etag(exchange, headers);
  // Ranges are of what is not compressed.
  std::erase_if(*headers, [](const Header& header) {
    return equals_ignoring_case(header.name, "accept-ranges");
  });
  headers->push_back({"content-encoding", coding_name(coding)});
}

}  // namespace fce
