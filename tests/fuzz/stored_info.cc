// SPDX-License-Identifier: Apache-2.0
// The meta of a stored answer as it comes from the disk. What decodes is served: so an answer is
// made of it, and what is encoded again is the same.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "cache/answer.h"
#include "cache/policy.h"

using namespace fce;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void encode_again(const StoredView& view, Bytes meta) {
  Arena arena;
  std::vector<std::string_view> tags;
  Bytes cursor = view.tags_bytes;
  for (std::string_view tag; StoredView::next_tag(&cursor, &tag);) tags.push_back(tag);
  require(tags.size() == view.tag_count);
  const StoredParts parts{view.info, view.fields(arena), tags, view.vary, view.variant};
  require(parts.fields.size() == view.field_count);
  std::vector<uint8_t> again;
  require(encode_stored(parts, &again) == Status::ok);
  require(again.size() == meta.size() && std::memcmp(again.data(), meta.data(), meta.size()) == 0);
}

void serve(const StoredView& view, int64_t now_ms) {
  const Header headers[] = {{"if-none-match", "\"a\""}, {"range", "bytes=1-"}};
  Request request;
  request.method = Method::get;
  request.method_text = "GET";
  request.headers = headers;
  const PolicyOptions options;
  Arena arena;
  const CacheRequest cache = CacheRequest::from(request, options, arena);
  const Decision decision = decide(cache, &view.info, now_ms, options);
  require(decision.age_s >= 0);
  stale_instead_of_error(cache, view.info, 503, now_ms);
  const CacheAnswer answer =
      answer_from_stored(cache, view, 10, now_ms, {.ttl_s = decision.ttl_s}, options, arena);
  require(answer.part.first + answer.part.length <= 10);
  StoreDecision out;
  const OriginAnswer not_modified{304, {}, now_ms, now_ms};
  freshen(cache, view, not_modified, options, arena, &out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A copy of the exact size, so that one byte too far is seen.
  const std::vector<uint8_t> meta(data, data + size);
  StoredView view;
  if (!decode_stored(meta, &view)) return 0;
  encode_again(view, meta);
  for (const int64_t now_ms : {int64_t{0}, view.info.received_ms, int64_t{1} << 52})
    serve(view, now_ms);
  return 0;
}
