// SPDX-License-Identifier: Apache-2.0
// CacheVisit: one request's way through the cache. It looks the object up (twice if the answer has
// variants), decides, waits for a fill if it has to, and answers. It owns itself.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cache/answer.h"
#include "cache/cache_status.h"
#include "cache/cached_route.h"
#include "cache/fill.h"
#include "cache/fill_driver.h"
#include "cache/policy.h"
#include "http/exchange.h"
#include "loop/timer.h"

namespace fce {

class CacheVisit final : private FillVisitor, private FillLeader, private ExchangeWatcher {
 public:
  static void start(Exchange& exchange, std::shared_ptr<const CachedRoute> route);

 private:
  class LoadJob;
  // What a job and its visit know of each other; only the shard's thread looks into it.
  struct Link {
    CacheVisit* visit;
  };

  CacheVisit(Exchange& exchange, std::shared_ptr<const CachedRoute> route);
  ~CacheVisit();

  // ---- The way (visit.cc) ----
  void begin();
  void look_up(std::string key);
  void load(const ColdObject& cold);
  void on_object(ObjectRef object);
  bool usable(const StoredObject& object, StoredView* view);
  PurgeVerdict purge_verdict(const StoredView& view) const;
  void decide_on(ObjectRef object, const StoredView& view);
  void ask(ForwardAs as);
  void ask_alone(ForwardAs as);
  void begin_fill(ForwardAs as);
  void refresh();
  void look_again();
  // `served`: it needs no more of it.
  void leave_fill(bool served = false);
  bool goes_in_circles() const;
  void answer_loop();
  // FillVisitor, FillLeader, ExchangeWatcher
  void on_fill() override;
  void on_informational(uint16_t status, std::span<const Header> headers) override;
  void on_client_gone() override;
  static void on_wait_time(void* self);

  // ---- The answers (visit_answer.cc). Each is the end of the visit, unless it has to ask again.
  // ----
  void answer_stored(Counter how);
  void answer_object(const ObjectRef& object, const StoredView& view);
  void answer_parts(const ObjectRef& object, const CacheAnswer& answer);
  void take_shared(const std::shared_ptr<const FillHead>& head);
  void answer_fill(const FillHead& head, const StoredView& view);
  void take_own(uint16_t status);
  void answer_own();
  void answer_failure(FetchError why);
  bool answer_stale(uint16_t status);
  void answer_error(uint16_t status, std::string_view text, std::string_view detail);
  void respond(uint16_t status, std::span<const Header> headers, Body body);
  void take_effects(std::span<const Header> headers);
  void take_personal();
  std::span<const Header> with_personal(std::span<const Header> headers);

  ObjectName name_of(std::string_view key) const { return {route_->tenant, key}; }
  EdgeCache& cache() const { return route_->cache; }
  Counters& counters() const { return exchange_.http.net.counters; }
  Loop& loop() const { return exchange_.http.net.loop; }

  Exchange& exchange_;
  const std::shared_ptr<const CachedRoute> route_;
  CacheRequest request_;
  std::string plain_key_;
  std::string key_;  // that is looked up, and asked for
  VaryMarker marker_;
  ObjectRef stored_;        // what was found, and is not good enough by itself
  StoredView stored_view_;  // of it
  Decision decision_;
  CacheStatus status_;
  std::span<const Header> personal_;  // of the origin's answer, for this client only
  std::shared_ptr<Fill> fill_;
  std::shared_ptr<FillSide> side_;
  std::shared_ptr<Link> link_;
  Timer wait_timer_;
  ForwardAs asked_as_ = ForwardAs::whole;
  uint8_t looks_again_ = 0;
  bool looked_for_variant_ = false;
  bool expired_ = false;  // purged softly
  bool leads_ = false;
};

}  // namespace fce
