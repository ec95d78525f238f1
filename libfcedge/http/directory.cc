// SPDX-License-Identifier: Apache-2.0
#include "http/directory.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/time.h"
#include "http/conditional.h"
#include "http/context.h"
#include "http/exchange.h"
#include "http/file_body.h"
#include "http/range.h"

namespace fce {
namespace {

FileCacheOptions cache_options(const DirectoryOptions& options) {
  FileCacheOptions out;
  out.root = options.root;
  if (!options.index.empty()) out.index = options.index;
  out.fields.cache_control = options.cache_control;
  out.fields.vary = options.precompressed;
  if (options.memory_bytes_max) out.memory_bytes_max = options.memory_bytes_max;
  if (options.revalidate_ms) out.revalidate_ms = options.revalidate_ms;
  return out;
}

bool is_field_value(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
  });
}

void redirect_to_slash(Exchange& exchange) {
  const Request& request = exchange.request;
  Arena& arena = exchange.arena;
  std::string_view location = arena.concat(request.path, "/");
  if (!request.query.empty()) location = arena.concat(location, arena.concat("?", request.query));
  const Header fields[] = {{"location", location}};
  exchange.respond_text(308, "the directory is here\n", fields);
}

// Whatever is no file; directories are redirected.
void answer_without_file(Exchange& exchange, CachedFile::Kind kind) {
  switch (kind) {
    case CachedFile::Kind::directory: return redirect_to_slash(exchange);
    case CachedFile::Kind::denied: return exchange.respond_text(403, "forbidden\n");
    case CachedFile::Kind::busy: {
      const Header fields[] = {{"retry-after", "1"}};
      return exchange.respond_text(503, "too many open files\n", fields);
    }
    case CachedFile::Kind::failed: return exchange.respond_text(500, "the file cannot be read\n");
    case CachedFile::Kind::file:
    case CachedFile::Kind::absent: break;
  }
  exchange.respond_text(404, "not found\n");
}

void answer_unsatisfiable(Exchange& exchange, const FileVariant& variant) {
  std::array<char, kContentRangeBytes> buffer;
  const Header fields[] = {{"content-range", content_range(nullptr, variant.size(), buffer)},
                           {"accept-ranges", "bytes"}};
  exchange.respond_text(416, "the range is outside of the file\n", fields);
}

void answer_part(Exchange& exchange, const FileVariant& variant, const ByteRange& range,
                 Body body) {
  std::array<char, kContentRangeBytes> buffer;
  std::array<Header, FileVariant::kHeadersMax + 1> fields;
  const auto headers = variant.headers();
  std::copy(headers.begin(), headers.end(), fields.begin());
  fields[headers.size()] = {"content-range", content_range(&range, variant.size(), buffer)};
  exchange.respond(206, std::span(fields).first(headers.size() + 1), std::move(body));
}

void answer_parts(Exchange& exchange, const FileVariant& variant, const ByteRanges& ranges,
                  std::unique_ptr<PartSource> parts) {
  std::array<Header, FileVariant::kHeadersMax> fields;
  const auto headers = variant.headers();
  std::copy(headers.begin(), headers.end(), fields.begin());
  const auto type = std::find_if(fields.begin(), fields.end(),
                                 [](const Header& field) { return field.name == "content-type"; });
  auto body =
      std::make_unique<MultiRangeBody>(std::move(parts), ranges, variant.size(), type->value);
  const std::string multipart = body->content_type();
  type->value = multipart;
  const uint64_t length = body->length();
  exchange.respond(206, std::span(fields).first(headers.size()),
                   Body::pulled(std::move(body), length));
}

// A file in memory.
class MemoryParts final : public PartSource {
 public:
  explicit MemoryParts(ChunkRef content) : content_(std::move(content)) {}
  Body part(const ByteRange& range) override {
    return Body::of({content_, content_.bytes().subspan(range.first, range.length)});
  }

 private:
  const ChunkRef content_;
};

// An open file.
class FileParts final : public PartSource {
 public:
  FileParts(std::shared_ptr<const Fd> file, NetContext& net, Workers* workers)
      : file_(std::move(file)), net_(net), workers_(workers) {}
  Body part(const ByteRange& range) override {
    return Body::pulled(std::make_unique<FileBody>(file_, range.first, range.length, net_.loop,
                                                   net_.counters, workers_),
                        range.length);
  }

 private:
  const std::shared_ptr<const Fd> file_;
  NetContext& net_;
  Workers* const workers_;
};

// Whether a file that is in memory goes out by a shorter way from the page cache. What is encrypted
// or framed does not.
bool sendfile_pays(const Request& request, uint64_t length) {
  return !request.tls && request.version < 20 && length >= FileBody::kSendfileOverMemoryLeast;
}

}  // namespace

Status check_directory(const DirectoryOptions& options) {
  if (options.root.empty()) return fail(Status::invalid, "a directory route needs a root");
  const FileCacheOptions resolved = cache_options(options);
  if (!is_servable_path(resolved.index) || resolved.index.find('/') != std::string::npos)
    return fail(Status::invalid, "\"" + options.index + "\" is not the name of an index file");
  if (!is_field_value(options.cache_control))
    return fail(Status::invalid, "the value for Cache-Control has a control character");
  FileRoot root;
  return root.open(options.root);
}

Status DirectoryHandler::make(const DirectoryOptions& options, uint32_t shards, Workers* workers,
                              std::shared_ptr<const Handler>* out) {
  if (const Status status = check_directory(options); status != Status::ok) return status;
  std::shared_ptr<DirectoryHandler> handler(new DirectoryHandler(workers));
  handler->options_ = cache_options(options);
  for (uint32_t shard = 0; shard < shards; ++shard) {
    auto cache = std::make_unique<FileCache>(handler->options_);
    if (const Status status = cache->open(); status != Status::ok) return status;
    handler->caches_.push_back(std::move(cache));
  }
  *out = std::move(handler);
  return Status::ok;
}

void DirectoryHandler::handle(Exchange& exchange) const {
  const Method method = exchange.request.method;
  if (method != Method::get && method != Method::head) {
    const Header fields[] = {{"allow", "GET, HEAD"}};
    return exchange.respond_text(405, "method not allowed\n", fields);
  }
  if (exchange.params.empty()) return answer_without_file(exchange, CachedFile::Kind::absent);
  FileCache& cache = *caches_[exchange.http.shard];
  const uint64_t now_ms = exchange.http.net.loop.now_ms();
  // A file that was replaced since it was looked at is looked at again, but not for ever.
  for (int attempt = 0; attempt < 3; ++attempt) {
    const CachedFile& file =
        cache.find(exchange.params.back().value, now_ms, exchange.http.net.counters);
    if (file.kind != CachedFile::Kind::file) return answer_without_file(exchange, file.kind);
    if (serve(exchange, cache, file)) return;
    cache.forget(file);
  }
  answer_without_file(exchange, CachedFile::Kind::busy);
}

bool DirectoryHandler::serve(Exchange& exchange, FileCache& cache, const CachedFile& file) const {
  const Request& request = exchange.request;
  const SelectionFields fields = SelectionFields::from(request.headers, exchange.arena);
  ContentCoding coding = ContentCoding::identity;
  if ((file.gzip || file.br) && fields.accept_encoding)
    coding = AcceptEncoding::parse(fields.accept_encoding.value).choose(!!file.gzip, !!file.br);
  const FileVariant& variant = file.variant(coding);
  switch (check_preconditions(fields, request.method, variant.validators())) {
    case Precondition::passed: break;
    case Precondition::not_modified:
      exchange.respond(304, variant.headers_not_modified(), Body::none());
      return true;
    case Precondition::failed: exchange.respond_text(412, "precondition failed\n"); return true;
  }
  return respond_content(exchange, cache, file, coding, fields);
}

bool DirectoryHandler::respond_content(Exchange& exchange, FileCache& cache, const CachedFile& file,
                                       ContentCoding coding, const SelectionFields& fields) const {
  const FileVariant& variant = file.variant(coding);
  const Method method = exchange.request.method;
  ByteRanges ranges;
  RangeAnswer answer = RangeAnswer::whole;
  if (fields.range && range_applies(fields, method, variant.validators(), wall_seconds()))
    answer = parse_ranges(fields.range.value, variant.size(), &ranges);
  if (answer == RangeAnswer::unsatisfiable) {
    answer_unsatisfiable(exchange, variant);
    return true;
  }
  if (answer == RangeAnswer::too_many) exchange.http.net.counters.add(Counter::limit_ranges);
  const bool partial = answer == RangeAnswer::partial;
  const ByteRange range = partial ? ranges[0] : ByteRange{0, variant.size()};
  Body body;
  if (method == Method::head || range.length == 0) {
    body.length = range.length;
  } else {
    auto parts = open_parts(exchange, cache, file, coding, range.length);
    if (!parts) return false;
    if (ranges.size() > 1) {
      answer_parts(exchange, variant, ranges, std::move(parts));
      return true;
    }
    body = parts->part(range);
  }
  if (partial)
    answer_part(exchange, variant, range, std::move(body));
  else
    exchange.respond(200, variant.headers(), std::move(body));
  return true;
}

// What is in memory is also opened, when `length` bytes of it go out by a shorter way from the page
// cache; if it cannot be, memory will do. Null: the file is not the same any more.
std::unique_ptr<PartSource> DirectoryHandler::open_parts(Exchange& exchange, FileCache& cache,
                                                         const CachedFile& file,
                                                         ContentCoding coding,
                                                         uint64_t length) const {
  NetContext& net = exchange.http.net;
  const FileVariant& variant = file.variant(coding);
  if (!variant.content || sendfile_pays(exchange.request, length)) {
    if (auto opened = cache.open_variant(file, coding, net.counters))
      return std::make_unique<FileParts>(std::move(opened), net, workers_);
  }
  return variant.content ? std::make_unique<MemoryParts>(variant.content) : nullptr;
}

}  // namespace fce
