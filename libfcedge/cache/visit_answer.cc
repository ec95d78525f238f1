// SPDX-License-Identifier: Apache-2.0
// What a visit answers with.
#include <utility>
#include <vector>

#include "base/time.h"
#include "cache/arena_fields.h"
#include "cache/fill_body.h"
#include "cache/invalidation.h"
#include "cache/large_body.h"
#include "cache/stored_fields.h"
#include "cache/vary.h"
#include "cache/visit.h"
#include "http/context.h"
#include "http/multi_range.h"

namespace fce {
namespace {

int64_t now_ms() { return static_cast<int64_t>(wall_ms()); }

uint16_t status_of(FetchError why) {
  switch (why) {
    case FetchError::connect_time:
    case FetchError::first_byte:
    case FetchError::idle: return 504;
    case FetchError::no_peer:
    case FetchError::full:
    case FetchError::stopped: return 503;
    default: return 502;
  }
}

// Parts of a stored body.
class ObjectParts final : public PartSource {
 public:
  ObjectParts(ObjectRef object, Loop& loop, Counters& counters, Workers& workers)
      : object_(std::move(object)), loop_(loop), counters_(counters), workers_(workers) {}

  Body part(const ByteRange& part) override {
    if (!object_->file()) {
      const Slice whole = object_->body();
      return Body::of({whole.chunk, whole.bytes.subspan(part.first, part.length)});
    }
    return Body::pulled(std::make_unique<LargeBody>(object_->file(), part.first, part.length, loop_,
                                                    counters_, workers_),
                        part.length);
  }

 private:
  const ObjectRef object_;
  Loop& loop_;
  Counters& counters_;
  Workers& workers_;
};

}  // namespace

void CacheVisit::answer_stored(Counter how) {
  counters().add(how);
  status_.ttl_s = decision_.ttl_s;
  answer_object(stored_, stored_view_);
}

void CacheVisit::answer_object(const ObjectRef& object, const StoredView& view) {
  CacheAnswer answer = answer_from_stored(request_, view, object->body_bytes(), now_ms(), status_,
                                          route_->policy, exchange_.arena);
  answer.headers = with_personal(answer.headers);
  if (answer.too_many_parts) counters().add(Counter::limit_ranges);
  if (answer.parts) return answer_parts(object, answer);
  Body body = Body::none();
  if (answer.has_body && exchange_.request.method == Method::head)
    body.length = answer.part.length;
  else if (answer.has_body && answer.part.length > 0)
    body = ObjectParts(object, loop(), counters(), cache().workers()).part(answer.part);
  respond(answer.status, answer.headers, std::move(body));
}

void CacheVisit::answer_parts(const ObjectRef& object, const CacheAnswer& answer) {
  auto body = std::make_unique<MultiRangeBody>(
      std::make_unique<ObjectParts>(object, loop(), counters(), cache().workers()), *answer.parts,
      object->body_bytes(), answer.content_type);
  std::vector<Header> fields(answer.headers.begin(), answer.headers.end());
  const std::string type = body->content_type();
  fields.push_back({"content-type", type});
  const uint64_t length = body->length();
  respond(answer.status, fields, Body::pulled(std::move(body), length));
}

void CacheVisit::take_shared(const std::shared_ptr<const FillHead>& head) {
  StoredView view;
  (void)decode_stored(head->meta, &view);  // the driver has encoded it just now
  if (!leads_) {
    // It may be for this request only if it may be so without asking again.
    const bool fits =
        view.info.variant_set == 0 ||
        variant_text(view.vary, request_, route_->policy, exchange_.arena) == view.variant;
    if (!fits) return look_again();
    // Nor was it asked for before a purge that this request comes after.
    const bool purged = purge_verdict(view) != PurgeVerdict::valid;
    if (!head->shared || purged || !view.info.reusable(now_ms())) {
      leave_fill();
      status_.collapsed = Collapsed::failed;
      return ask_alone(asked_as_);
    }
  }
  if (leads_) take_personal();
  status_.forward_status = head->origin_status;
  status_.stored = head->stored;
  if (head->shared && !head->stored) status_.detail = "no-room";
  status_.ttl_s = view.info.left_ms(now_ms()) / 1000;
  if (head->object) return answer_object(head->object, view);
  answer_fill(*head, view);
}

void CacheVisit::answer_fill(const FillHead& head, const StoredView& view) {
  CacheRequest request = request_;
  // No parts of what nobody knows the length of; nor several, for which it had to be read twice.
  const std::string_view range = request.selection.range.value;
  if (!head.length || range.find(',') != range.npos) request.selection.range = {};
  const CacheAnswer answer = answer_from_stored(request, view, head.length.value_or(0), now_ms(),
                                                status_, route_->policy, exchange_.arena);
  const std::span<const Header> headers = with_personal(answer.headers);
  if (!answer.has_body || head.length == 0) {
    leave_fill(true);
    return respond(answer.status, headers, {});
  }
  const uint64_t begin = head.length ? answer.part.first : 0;
  const uint64_t end = head.length ? begin + answer.part.length : UINT64_MAX;
  auto body = FillBody::join(exchange_.http, cache(), fill_, begin, end);
  // The body has taken the interest over, and given it back if there is none.
  if (leads_) fill_->leader = nullptr;
  leads_ = false;
  fill_.reset();
  if (!body) return ask_alone(ForwardAs::whole);
  std::optional<uint64_t> length;
  if (head.length) length = answer.part.length;
  respond(answer.status, headers, Body::pulled(std::move(body), length));
}

void CacheVisit::take_personal() {
  ArenaFields fields(fill_->personal.size(), exchange_.arena);
  for (const auto& [name, value] : fill_->personal)
    fields.add(exchange_.arena.copy(name), exchange_.arena.copy(value));
  personal_ = fields.span();
}

std::span<const Header> CacheVisit::with_personal(std::span<const Header> headers) {
  if (personal_.empty()) return headers;
  ArenaFields fields(headers.size() + personal_.size(), exchange_.arena);
  for (const Header& header : headers) fields.add(header.name, header.value);
  for (const Header& header : personal_) fields.add(header.name, header.value);
  return fields.span();
}

void CacheVisit::take_own(uint16_t status) {
  if (status >= 500 && answer_stale(status)) return;
  if (leads_) return answer_own();
  if (status >= 500) return answer_error(status, "the origin has failed\n", "origin-error");
  leave_fill();
  status_.collapsed = Collapsed::failed;
  ask_alone(asked_as_);
}

void CacheVisit::answer_own() {
  OwnAnswer& own = fill_->own;
  std::vector<Header> told, fields;
  std::string_view existing;
  for (const auto& [name, value] : own.fields) {
    told.push_back({name, value});
    if (name == "cache-status") existing = value;
    if (name != "content-length" && name != "cache-status" &&
        !hidden_from_clients(name, route_->policy))
      fields.push_back({name, value});
  }
  take_effects(told);
  status_.forward_status = own.status;
  if (request_.reads()) status_.detail = own.reason;
  fields.push_back({"cache-status", cache_status_value(status_, route_->policy.cache_name, existing,
                                                       exchange_.arena)});
  if (exchange_.request.method == Method::head || own.length == 0 || own.status == 204 ||
      own.status == 304) {
    Body body;
    body.length = own.length;
    return respond(own.status, fields, std::move(body));
  }
  const std::shared_ptr<Fill> fill = fill_;
  auto body = FillBody::join(exchange_.http, cache(), fill, 0, UINT64_MAX);
  fill->leader = nullptr;
  leads_ = false;
  fill_.reset();
  if (!body) return answer_error(502, "the origin has failed\n", "origin-error");
  fill->buffer().keep(FillBuffer::Keep::until_read);
  fill->own_claimed = true;
  fill->tell_driver();
  respond(own.status, fields, Body::pulled(std::move(body), own.length));
}

// What an answer that is not stored does to what is.
void CacheVisit::take_effects(std::span<const Header> headers) {
  const uint16_t status = fill_->own.status;
  if (!request_.reads()) {
    const Invalidation targets =
        invalidated_by(exchange_.request, exchange_.request.tls ? "https" : "http", status, headers,
                       exchange_.arena);
    for (size_t i = 0; i < targets.count; ++i) {
      const std::string key = std::string(exchange_.request.host) + std::string(targets.targets[i]);
      cache().fills().invalidate(name_of(key));
      if (cache().store().erase(name_of(key))) counters().add(Counter::cache_invalidated);
    }
    return;
  }
  if (exchange_.request.method != Method::head || !stored_) return;
  const StoredView& view = stored_view_;
  StoreDecision decision;
  const OriginAnswer answer{status, headers, now_ms(), now_ms()};
  switch (head_effect(request_, view, stored_->body_bytes(), answer, route_->policy,
                      exchange_.arena, &decision)) {
    case HeadEffect::none: return;
    case HeadEffect::invalidate: cache().store().erase(name_of(key_)); return;
    case HeadEffect::updated: break;
  }
  // What is for who asked alone changes nothing for others, as a 304 would not.
  if (decision.forbidden()) cache().store().erase(name_of(key_));
  if (!decision.store()) return;
  decision.parts.vary = view.vary;
  decision.parts.variant = view.variant;
  decision.parts.info.variant_set = view.info.variant_set;
  decision.parts.info.generation = view.info.generation;
  std::vector<uint8_t> meta;
  if (encode_stored(decision.parts, &meta) == Status::ok)
    (void)cache().store().replace_meta(*stored_, meta);
}

void CacheVisit::answer_failure(FetchError why) {
  if (answer_stale(0)) return;
  uint16_t status = status_of(why);
  std::string_view text = "the origin cannot be reached\n";
  if (status == 504) text = "the origin did not answer in time\n";
  if (why == FetchError::refused && !request_.reads()) {
    status = 405;
    text = "this can only be read\n";
  }
  answer_error(status, text, fetch_error_name(why));
}

bool CacheVisit::answer_stale(uint16_t status) {
  if (!stored_ || !stale_instead_of_error(request_, stored_view_.info, status, now_ms()))
    return false;
  status_.forward_status = status;
  status_.detail = "stale-if-error";
  answer_stored(Counter::cache_stale_errors);
  return true;
}

void CacheVisit::answer_error(uint16_t status, std::string_view text, std::string_view detail) {
  status_.detail = detail;
  const Header fields[] = {
      {"cache-status", cache_status_value(status_, route_->policy.cache_name, {}, exchange_.arena)},
      {"cache-control", "no-store"},
      {"content-type", "text/plain; charset=utf-8"},
      status == 405 ? Header{"allow", "GET, HEAD"} : Header{"retry-after", "1"}};
  const size_t count = status == 503 || status == 405 ? 4 : 3;
  respond(status, std::span(fields).first(count), Body::copy_of(text));
}

void CacheVisit::respond(uint16_t status, std::span<const Header> headers, Body body) {
  for (const Header& header : headers)
    if (header.name == "date") exchange_.dated = true;
  exchange_.watch(nullptr);
  exchange_.respond(status, headers, std::move(body));
  delete this;
}

}  // namespace fce
