// SPDX-License-Identifier: Apache-2.0
#include "cache/visit.h"

#include <utility>

#include "base/time.h"
#include "cache/vary.h"
#include "http/context.h"
#include "http/via.h"

namespace fce {
namespace {

int64_t now_ms() { return static_cast<int64_t>(wall_ms()); }

}  // namespace

class CacheVisit::LoadJob final : public Job {
 public:
  LoadJob(std::shared_ptr<Link> link, std::shared_ptr<const CachedRoute> route, ColdObject cold,
          std::string key)
      : link_(std::move(link)),
        route_(std::move(route)),
        cold_(std::move(cold)),
        key_(std::move(key)) {}

  void work() override { object_ = route_->cache.store().load(cold_, {route_->tenant, key_}); }
  void done() override {
    if (!link_->visit) return;
    link_->visit->on_object(std::move(object_));
  }

 private:
  const std::shared_ptr<Link> link_;
  const std::shared_ptr<const CachedRoute> route_;
  const ColdObject cold_;
  const std::string key_;
  ObjectRef object_;
};

void CacheVisit::start(Exchange& exchange, std::shared_ptr<const CachedRoute> route) {
  auto* visit = new CacheVisit(exchange, std::move(route));
  visit->begin();
}

CacheVisit::CacheVisit(Exchange& exchange, std::shared_ptr<const CachedRoute> route)
    : exchange_(exchange),
      route_(std::move(route)),
      request_(CacheRequest::from(exchange.request, route_->policy, exchange.arena)),
      wait_timer_(on_wait_time, this) {
  exchange_.ref();
  exchange_.keep_own_time();
  exchange_.watch(this);
}

CacheVisit::~CacheVisit() {
  if (link_) link_->visit = nullptr;
  leave_fill();
  exchange_.watch(nullptr);
  exchange_.unref();
}

void CacheVisit::begin() {
  plain_key_ = std::string(exchange_.request.host);
  plain_key_ += request_target(exchange_.request, exchange_.arena);
  counters().add(Counter::cache_requests);
  if (!request_.reads()) {
    decision_ = decide(request_, nullptr, now_ms(), route_->policy);
    status_.forward = decision_.forward;
    key_ = plain_key_;
    return goes_in_circles() ? answer_loop() : ask_alone(ForwardAs::as_is);
  }
  look_up(plain_key_);
}

// An origin that leads back here would have it ask for ever.
bool CacheVisit::goes_in_circles() const {
  return times_via(exchange_.request, route_->policy.via_name()) >= kTimesViaMax;
}

void CacheVisit::answer_loop() {
  counters().add(Counter::proxy_loops);
  answer_error(508, "this request goes in circles\n", "loop");
}

void CacheVisit::look_up(std::string key) {
  key_ = std::move(key);
  Found found = cache().store().find(name_of(key_));
  if (found.what == Found::What::cold) return load(found.cold);
  on_object(std::move(found.object));
}

void CacheVisit::load(const ColdObject& cold) {
  if (!link_) link_ = std::make_shared<Link>(Link{this});
  std::unique_ptr<Job> job = std::make_unique<LoadJob>(link_, route_, cold, key_);
  if (cache().workers().submit(job, loop()) == Status::ok) return;
  // Disks that do not keep up are relieved by the origin.
  counters().add(Counter::limit_disk_queue);
  on_object(nullptr);
}

// Whether what was found may be used at all.
bool CacheVisit::usable(const StoredObject& object, StoredView* view) {
  if (!decode_stored(object.meta(), view)) return false;
  if (view->info.useless_at_ms() <= now_ms()) return false;
  const PurgeVerdict verdict = purge_verdict(*view);
  expired_ = expired_ || verdict == PurgeVerdict::stale;
  return verdict != PurgeVerdict::gone;
}

PurgeVerdict CacheVisit::purge_verdict(const StoredView& view) const {
  const PurgeTable& purges = cache().purges();
  if (purges.unaffected(view.info.generation)) return PurgeVerdict::valid;
  const auto tags = exchange_.arena.allocate_array<std::string_view>(view.tag_count);
  Bytes cursor = view.tags_bytes;
  size_t count = 0;
  while (count < view.tag_count && StoredView::next_tag(&cursor, &tags[count])) ++count;
  return purges.check(view.info.generation, route_->tenant, plain_key_, {tags, count});
}

void CacheVisit::on_object(ObjectRef object) {
  StoredView view;
  if (object && !usable(*object, &view)) {
    counters().add(Counter::cache_purged);
    cache().store().erase(name_of(key_));
    object.reset();
  }
  if (object && view.info.vary_marker && !looked_for_variant_) {
    looked_for_variant_ = true;
    marker_.names = view.vary;
    marker_.set = view.info.variant_set;
    const std::string_view variant =
        variant_text(marker_.names, request_, route_->policy, exchange_.arena);
    return look_up(variant_key(plain_key_, marker_.set, variant));
  }
  if (object && view.info.vary_marker) object.reset();  // a variant is no marker
  decide_on(std::move(object), view);
}

void CacheVisit::decide_on(ObjectRef object, const StoredView& view) {
  stored_ = std::move(object);
  if (stored_) stored_view_ = view;
  decision_ =
      decide(request_, stored_ ? &stored_view_.info : nullptr, now_ms(), route_->policy, expired_);
  status_.forward = decision_.forward;
  if (status_.forward == Forward::uri_miss && looked_for_variant_)
    status_.forward = Forward::vary_miss;
  switch (decision_.verdict) {
    case Verdict::hit: return answer_stored(Counter::cache_hits);
    case Verdict::stale_hit: refresh(); return answer_stored(Counter::cache_stale_hits);
    case Verdict::validate: return ask(ForwardAs::validate);
    case Verdict::miss: return ask(decision_.as);
    case Verdict::bypass:
      counters().add(Counter::cache_bypassed);
      return ask_alone(ForwardAs::as_is);
    case Verdict::timeout: break;
  }
  status_.refused = true;
  answer_error(504, "this is not in the cache\n", "only-if-cached");
}

void CacheVisit::ask(ForwardAs as) {
  counters().add(Counter::cache_misses);
  if (goes_in_circles()) return answer_loop();
  const bool reads_whole = exchange_.request.method == Method::get;
  if (!reads_whole) as = ForwardAs::as_is;  // HEAD: its answer is not stored
  const bool own = cache().fills().is_own(name_of(key_), loop().now_ms());
  // What is not stored anyway is asked for as the client did: a part of it may do.
  if (own && as == ForwardAs::whole) as = ForwardAs::as_is;
  if (!reads_whole || !decision_.collapsible || own) return ask_alone(as);
  FillTable::Joined joined = cache().fills().join(name_of(key_), exchange_.http.shard, loop());
  fill_ = std::move(joined.fill);
  if (joined.begins) return begin_fill(as);
  counters().add(Counter::cache_collapsed);
  status_.collapsed = Collapsed::yes;
  asked_as_ = as;
  side_ = fill_->side(exchange_.http.shard, loop());
  wait_timer_.arm(loop().timers(), route_->collapse_wait_ms);
  on_fill();
}

void CacheVisit::ask_alone(ForwardAs as) {
  fill_ = cache().fills().alone(name_of(key_), exchange_.http.shard, loop());
  begin_fill(as);
}

void CacheVisit::begin_fill(ForwardAs as) {
  leads_ = true;
  side_ = fill_->side(exchange_.http.shard, loop());
  fill_->leader = this;
  FillQuestion question;
  question.request = &exchange_.request;
  question.as = as;
  question.plain_key = plain_key_;
  question.marker = marker_;
  question.stored = stored_;
  if (!request_.reads() || request_.has_body) question.body = exchange_.take_body();
  side_->wait(*this);
  FillDriver::start(exchange_.http, route_, fill_, std::move(question));
}

// What is stored is served, while it is fetched anew for those who come later.
void CacheVisit::refresh() {
  const ObjectName name = name_of(key_);
  if (cache().fills().is_own(name, loop().now_ms())) return;
  FillTable::Joined joined = cache().fills().join(name, exchange_.http.shard, loop());
  if (!joined.begins) return joined.fill->drop_interest();
  counters().add(Counter::cache_refreshes);
  // For a HEAD, too: its own answer could not be stored.
  Request request = exchange_.request;
  request.method = Method::get;
  request.method_text = "GET";
  FillQuestion question;
  question.request = &request;
  question.as = ForwardAs::validate;
  question.plain_key = plain_key_;
  question.marker = marker_;
  question.stored = stored_;
  question.background = true;
  FillDriver::start(exchange_.http, route_, std::move(joined.fill), std::move(question));
}

// The answer that it waited for is for another variant, which nobody could know before.
void CacheVisit::look_again() {
  leave_fill();
  status_ = {};
  marker_ = {};
  looked_for_variant_ = false;
  stored_.reset();
  if (++looks_again_ > 2) {
    key_ = plain_key_;
    return ask_alone(asked_as_);
  }
  look_up(plain_key_);
}

void CacheVisit::leave_fill(bool served) {
  wait_timer_.cancel();
  static_cast<ListNode<FillVisitor>&>(*this).unlink();
  if (!fill_) return;
  if (leads_) fill_->leader = nullptr;
  leads_ = false;
  if (served)
    fill_->leave_served();
  else
    fill_->drop_interest();
  fill_.reset();
}

void CacheVisit::on_fill() {
  const Fill::Outcome outcome = fill_->outcome();
  switch (outcome.phase) {
    case Fill::Phase::asking: return side_->wait(*this);
    case Fill::Phase::shared: return take_shared(outcome.head);
    case Fill::Phase::own: return take_own(outcome.status);
    case Fill::Phase::failed: return answer_failure(outcome.error);
  }
}

void CacheVisit::on_informational(uint16_t status, std::span<const Header> headers) {
  exchange_.inform(status, headers);
}

void CacheVisit::on_client_gone() { delete this; }

void CacheVisit::on_wait_time(void* self) {
  auto& visit = *static_cast<CacheVisit*>(self);
  visit.counters().add(Counter::cache_collapse_timeouts);
  visit.leave_fill();
  visit.status_.collapsed = Collapsed::failed;
  visit.ask_alone(visit.asked_as_);
}

}  // namespace fce
