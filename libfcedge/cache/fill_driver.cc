// SPDX-License-Identifier: Apache-2.0
#include "cache/fill_driver.h"

#include <utility>

#include "base/crypto.h"
#include "base/time.h"
#include "cache/stored_fields.h"
#include "cache/vary.h"

namespace fce {
namespace {

class Progress final : public LargeProgress {
 public:
  explicit Progress(std::shared_ptr<Fill> fill) : fill_(std::move(fill)) {}
  void on_progress() override { fill_->tell_driver(); }

 private:
  const std::shared_ptr<Fill> fill_;
};

}  // namespace

std::string variant_key(std::string_view plain_key, uint64_t set, std::string_view variant) {
  // A key text holds no line break: it is made of what a request line can hold.
  std::string key(plain_key);
  key.append("\n").append(std::to_string(set)).append("\n").append(variant);
  return key;
}

void FillDriver::start(HttpContext& http, std::shared_ptr<const CachedRoute> route,
                       std::shared_ptr<Fill> fill, FillQuestion question) {
  auto* driver = new FillDriver(http, std::move(route), std::move(fill), std::move(question));
  EdgeCache& cache = driver->route_->cache;
  if (cache.stopped(http.shard)) return driver->on_fail(FetchError::stopped);
  cache.fills_of(http.shard).push_back(driver);
  driver->fill_->side(http.shard, http.net.loop)->wait(*driver);
  driver->ask();
}

FillDriver::FillDriver(HttpContext& http, std::shared_ptr<const CachedRoute> route,
                       std::shared_ptr<Fill> fill, FillQuestion question)
    : http_(http),
      route_(std::move(route)),
      fill_(std::move(fill)),
      question_(std::move(question)),
      request_(*question_.request, route_->policy),
      key_(question_.plain_key) {
  question_.request = nullptr;
}

FillDriver::~FillDriver() {
  hold(0);
  if (question_.background) fill_->drop_interest();
}

void FillDriver::ask() {
  Arena& arena = request_.arena();
  StoredView stored;
  const bool validates = question_.as == ForwardAs::validate && question_.stored &&
                         decode_stored(question_.stored->meta(), &stored);
  FetchRequest request;
  request.method = request_.request().method_text;
  request.target = request_.target();
  // Of what may be stored the origin is told no more of the host than the key says.
  const bool reads = request_.cache_request().reads();
  request.authority = reads ? request_.request().host : request_.request().authority;
  request.headers = forward_fields(request_.cache_request(), question_.as,
                                   validates ? &stored : nullptr, route_->policy, arena);
  request.body = std::move(question_.body);
  asked_ms_ = static_cast<int64_t>(wall_ms());
  changes_ = route_->cache.fills().changes();
  generation_ = route_->cache.purges().now(static_cast<uint64_t>(asked_ms_));
  counters().add(Counter::cache_fetches);
  fetch_ = route_->origin->start(http_, std::move(request), *this);
}

void FillDriver::on_informational(uint16_t status, std::span<const Header> headers) {
  if (fill_->leader) fill_->leader->on_informational(status, headers);
}

void FillDriver::on_head(uint16_t status, std::span<const Header> headers,
                         std::optional<uint64_t> length) {
  const OriginAnswer answer{status, headers, asked_ms_, static_cast<int64_t>(wall_ms())};
  if (status == 304 && question_.as == ForwardAs::validate) return on_not_modified(answer);
  StoreDecision decision =
      judge_answer(request_.cache_request(), answer, route_->policy, request_.arena());
  // An error is not to take the place of what it may be answered by.
  if (status >= 500 && question_.stored) decision.reason = StoreReason::status;
  forget_stored(decision);
  mark_own(decision);
  if (outdated()) decision.reason = StoreReason::useless;
  take_personal(headers);
  if (decision.store() && take_shared(decision, length)) return;
  take_own(answer, length, decision.reason);
}

// Next time others do not wait for an answer that is for one each. Not for what is only so by what
// this client has sent, or any could have a herd go to the origin. With its cookies all others come
// as well, unless there is something stored that says that they need not.
void FillDriver::mark_own(const StoreDecision& decision) {
  if (decision.forbidden() || (decision.reason == StoreReason::cookie && !question_.stored))
    route_->cache.fills().mark_own(fill_->name(), http_.net.loop.now_ms());
}

// Something that it may show was changed since it was asked for.
bool FillDriver::outdated() const {
  return fill_->invalidated() || route_->cache.fills().changed_since(plain_name(), changes_);
}

void FillDriver::on_not_modified(const OriginAnswer& answer) {
  StoredView stored;
  StoreDecision decision;
  const bool known = decode_stored(question_.stored->meta(), &stored);
  if (!known || freshen(request_.cache_request(), stored, answer, route_->policy, request_.arena(),
                        &decision) == Freshened::unusable) {
    question_.as = ForwardAs::whole;
    fetch_.reset();
    return ask();
  }
  counters().add(Counter::cache_revalidated);
  take_personal(answer.headers);
  // The variant stays the one that it was.
  key_ = question_.stored->key();
  decision.parts.vary = stored.vary;
  decision.parts.variant = stored.variant;
  decision.parts.info.variant_set = stored.info.variant_set;
  decision.parts.info.generation = generation_;
  const bool keep = decision.store() && !outdated();
  auto head = std::make_shared<FillHead>();
  head->object = question_.stored;
  head->length = question_.stored->body_bytes();
  head->origin_status = 304;
  head->shared = head->stored = keep;
  if (encode_stored(decision.parts, &head->meta) != Status::ok)
    return on_fail(FetchError::too_large);
  if (!keep) {
    forget_stored(decision);
  } else if (route_->cache.store().replace_meta(*question_.stored, head->meta) != Status::ok) {
    counters().add(Counter::cache_store_failed);
  }
  head_ = std::move(head);
  fill_->set_shared(head_);
  if (!keep) fill_->close();
  fill_->tell_all();
}

// Such fields are for who asked, if it is still there, and not for those who wait along with it.
void FillDriver::take_personal(std::span<const Header> headers) {
  fill_->personal.clear();
  if (!fill_->leader) return;
  for (const auto& [name, value] : personal_fields(headers, route_->policy, request_.arena()))
    fill_->personal.emplace_back(name, value);
}

// By what came just now, what is stored is not what the origin would have shared any more.
void FillDriver::forget_stored(const StoreDecision& decision) {
  if (decision.forbidden()) route_->cache.store().erase(fill_->name());
}

// True when others may have the answer, too.
bool FillDriver::take_shared(StoreDecision decision, std::optional<uint64_t> length) {
  decision.parts.info.generation = generation_;
  name_variant(&decision);
  auto head = std::make_shared<FillHead>();
  head->length = length;
  head->origin_status = decision.parts.info.status;
  head->shared = true;
  if (encode_stored(decision.parts, &head->meta) != Status::ok) return false;
  if (decision.parts.info.variant_set != 0) put_marker();
  head_ = head;
  EdgeCache& cache = route_->cache;
  way_ = Way::whole;
  if (!is_small(length.value_or(0)) ||
      cache.held_bytes.load(std::memory_order_relaxed) > EdgeCache::kHeldBytesMax)
    begin_file(length);
  // Where there is no room for it, those who are here by now read it as it comes.
  head->stored = way_ != Way::none;
  cache.fills().clear_own(fill_->name());
  fill_->set_shared(head_);
  fill_->tell_all();
  return true;
}

void FillDriver::name_variant(StoreDecision* decision) {
  StoredParts& parts = decision->parts;
  if (parts.vary.empty()) {
    question_.marker = {};
    return;
  }
  VaryMarker& marker = question_.marker;
  std::string_view names = parts.vary;
  if (marker.set != 0) {
    // Both the names from before and the new ones tell variants apart, or one origin that is not
    // sure would make two answers take turns.
    const std::string_view both = vary_union(marker.names, names, request_.arena());
    if (!both.empty()) names = both;
  }
  if (marker.set == 0 || names != marker.names) {
    marker.names = names;
    do marker.set = random_u64();
    while (marker.set == 0);
  }
  parts.vary = marker.names;
  parts.variant =
      variant_text(marker.names, request_.cache_request(), route_->policy, request_.arena());
  parts.info.variant_set = marker.set;
  key_ = variant_key(question_.plain_key, marker.set, parts.variant);
}

// Written each time: a marker that is as old as its newest variant is not evicted before it.
void FillDriver::put_marker() {
  StoredParts parts;
  parts.info.vary_marker = true;
  parts.info.status = 200;
  parts.info.received_ms = static_cast<int64_t>(wall_ms());
  parts.info.keep_s = UINT32_MAX;
  parts.info.variant_set = question_.marker.set;
  parts.info.generation = generation_;
  parts.vary = question_.marker.names;
  std::vector<uint8_t> meta;
  if (encode_stored(parts, &meta) != Status::ok ||
      route_->cache.store().put(plain_name(), meta, {}) != Status::ok)
    counters().add(Counter::cache_store_failed);
}

void FillDriver::take_own(const OriginAnswer& answer, std::optional<uint64_t> length,
                          StoreReason reason) {
  EdgeCache& cache = route_->cache;
  cache.fills().remove(fill_);
  counters().add(Counter::cache_uncacheable);
  if (reason == StoreReason::too_many_tags) counters().add(Counter::limit_tags);
  OwnAnswer& own = fill_->own;
  own.status = answer.status;
  const bool to_head = request_.request().method == Method::head;
  own.length = to_head ? length_after_head(answer.headers, length) : length;
  own.reason = store_reason_name(reason);
  for (const Header& header : answer.headers) own.fields.emplace_back(header.name, header.value);
  fill_->set_own(answer.status);
  fill_->tell_all();
  if (question_.background) return on_stop();
  // Until the one who asked has taken it.
  fetch_->pause();
  paused_ = true;
}

void FillDriver::on_body(Bytes piece) {
  fill_->buffer().append(Slice::whole(ChunkRef::copy_of(piece)));
  if (way_ == Way::whole) {
    hold(fill_->buffer().size());
    if (!is_small(fill_->buffer().size())) begin_file(head_->length);
  }
  if (way_ == Way::file) feed_file();
  if (!paused_ && fill_->buffer().full()) {
    paused_ = true;
    fetch_->pause();
  }
  fill_->tell_all();
}

bool FillDriver::is_small(uint64_t body_bytes) const {
  return route_->cache.store().is_small(name(), head_->meta.size(), body_bytes);
}

void FillDriver::hold(uint64_t bytes) {
  route_->cache.held_bytes.fetch_add(bytes - held_, std::memory_order_relaxed);
  held_ = bytes;
}

void FillDriver::begin_file(std::optional<uint64_t> length) {
  hold(0);
  const Status status = route_->cache.store().begin_large(
      name(), head_->meta, length, std::make_shared<Progress>(fill_), &writer_);
  if (status != Status::ok) return end_file(Counter::cache_store_failed);
  way_ = Way::file;
  fill_->set_file(writer_->file());
  fill_->buffer().keep(FillBuffer::Keep::until_saved);
  feed_file();
}

void FillDriver::feed_file() {
  while (writer_) {
    Slice piece = fill_->buffer().piece_at(fed_);
    if (piece.bytes.empty()) break;
    const size_t size = piece.bytes.size();
    const Status status = writer_->append(piece);
    if (status == Status::full) return;
    if (status != Status::ok) return end_file(Counter::cache_store_failed);
    fed_ += size;
  }
  if (writer_ && ended_ && !committed_) {
    committed_ = true;
    if (outdated()) return end_file(Counter::cache_uncacheable);
    if (writer_->commit() != Status::ok) end_file(Counter::cache_store_failed);
  }
}

// What comes is for those who read it now, and not kept.
void FillDriver::end_file(Counter why) {
  counters().add(why);
  writer_.reset();
  way_ = Way::none;
  route_->cache.fills().remove(fill_);
  fill_->buffer().file_ended();
  fill_->not_stored();
  // Nobody reads what was fetched in the background only to be stored.
  if (std::exchange(question_.background, false)) fill_->drop_interest();
}

void FillDriver::on_end(std::span<const Header>) {
  ended_ = true;
  fetch_.reset();
  if (way_ == Way::whole) store_whole();
  if (way_ == Way::file) feed_file();
  fill_->buffer().end(true);
  fill_->tell_all();
  if (way_ != Way::file) done();
}

void FillDriver::store_whole() {
  if (outdated()) return;
  std::vector<Slice> pieces;
  std::vector<Bytes> body;
  for (uint64_t at = 0; at < fill_->buffer().size();) {
    Slice piece = fill_->buffer().piece_at(at);
    at += piece.bytes.size();
    body.push_back(piece.bytes);
    pieces.push_back(std::move(piece));
  }
  const Status status = route_->cache.store().put(name(), head_->meta, body);
  counters().add(status == Status::ok ? Counter::cache_stored : Counter::cache_store_failed);
}

void FillDriver::on_fail(FetchError why) {
  fetch_.reset();
  counters().add(Counter::cache_fetch_failed);
  writer_.reset();
  route_->cache.fills().remove(fill_);
  fill_->buffer().end(false);
  // Who has the head already finds the body broken.
  if (fill_->outcome().phase == Fill::Phase::asking) fill_->set_failed(why);
  fill_->close();
  fill_->tell_all();
  delete this;
}

void FillDriver::on_fill() {
  fill_->side(http_.shard, http_.net.loop)->wait(*this);
  if (!ended_ && fill_->close_if_unwanted()) {
    counters().add(Counter::cache_fills_cancelled);
    return on_stop();
  }
  if (way_ == Way::file) {
    if (outdated()) end_file(Counter::cache_uncacheable);
    if (writer_) fill_->buffer().saved(writer_->file()->readable());
    feed_file();
    if (ended_) return finish_file();
  }
  const bool unclaimed = fill_->own.status != 0 && !fill_->own_claimed;
  if (paused_ && !unclaimed && !fill_->buffer().full()) {
    paused_ = false;
    fetch_->resume();
  }
}

// Others find it in the store only once all of it is written; until then they join the fill.
void FillDriver::finish_file() {
  if (writer_ && writer_->file()->state() == LargeFile::State::writing) return;
  if (writer_) {
    const bool complete = writer_->file()->state() == LargeFile::State::complete;
    counters().add(complete ? Counter::cache_stored : Counter::cache_store_failed);
  }
  done();
}

void FillDriver::done() {
  route_->cache.fills().remove(fill_);
  fill_->close();
  delete this;
}

void FillDriver::on_stop() {
  writer_.reset();
  route_->cache.fills().remove(fill_);
  fill_->buffer().end(false);
  if (fill_->outcome().phase == Fill::Phase::asking) fill_->set_failed(FetchError::stopped);
  fill_->close();
  fill_->tell_all();
  delete this;
}

}  // namespace fce
