// SPDX-License-Identifier: Apache-2.0
// FillDriver: asks the origin for one fill, decides what becomes of the answer, and takes its body
// into the fill and to the store. It owns itself, on the shard where it was begun.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cache/cached_route.h"
#include "cache/fill.h"
#include "cache/forward_fields.h"
#include "cache/policy.h"
#include "cache/request_copy.h"
#include "http/context.h"
#include "http/fetch.h"

namespace fce {

// What stands under a plain key whose answers have variants.
struct VaryMarker {
  std::string names;  // in lower case, sorted, separated by commas
  uint64_t set = 0;   // 0: there is no marker
};

// The key of one variant. Who removes the marker with its set removes all variants.
std::string variant_key(std::string_view plain_key, uint64_t set, std::string_view variant);

struct FillQuestion {
  const Request* request = nullptr;  // copied
  ForwardAs as = ForwardAs::whole;
  std::string plain_key;  // the fill's own is this one, or that of a variant
  VaryMarker marker;
  ObjectRef stored;  // what is to be validated
  Body body;
  // Nobody waits: the driver keeps the interest that the fill began with.
  bool background = false;
};

class FillDriver final : private FetchSink, private FillVisitor, private ShardFill {
 public:
  static void start(HttpContext& http, std::shared_ptr<const CachedRoute> route,
                    std::shared_ptr<Fill> fill, FillQuestion question);

 private:
  // Where the body of an answer that is stored goes.
  enum class Way : uint8_t {
    none,   // it is not stored
    whole,  // to the store as one piece, when it is complete
    file,   // to a file of its own as it comes
  };

  FillDriver(HttpContext& http, std::shared_ptr<const CachedRoute> route,
             std::shared_ptr<Fill> fill, FillQuestion question);
  ~FillDriver();

  // FetchSink
  void on_informational(uint16_t status, std::span<const Header> headers) override;
  void on_head(uint16_t status, std::span<const Header> headers,
               std::optional<uint64_t> length) override;
  void on_body(Bytes piece) override;
  void on_end(std::span<const Header> trailers) override;
  void on_fail(FetchError why) override;
  // FillVisitor: there is room, the file has more, or nobody waits any more.
  void on_fill() override;
  // ShardFill
  void on_stop() override;

  void ask();
  void on_not_modified(const OriginAnswer& answer);
  void take_personal(std::span<const Header> headers);
  void forget_stored(const StoreDecision& decision);
  bool take_shared(StoreDecision decision, std::optional<uint64_t> length);
  void mark_own(const StoreDecision& decision);
  bool outdated() const;
  void take_own(const OriginAnswer& answer, std::optional<uint64_t> length, StoreReason reason);
  void name_variant(StoreDecision* decision);
  void put_marker();
  void begin_file(std::optional<uint64_t> length);
  void feed_file();
  void end_file(Counter why);
  void store_whole();
  void finish_file();
  void hold(uint64_t bytes);
  bool is_small(uint64_t body_bytes) const;
  void done();
  ObjectName name() const { return {route_->tenant, key_}; }
  ObjectName plain_name() const { return {route_->tenant, question_.plain_key}; }
  Counters& counters() { return http_.net.counters; }

  HttpContext& http_;
  const std::shared_ptr<const CachedRoute> route_;
  const std::shared_ptr<Fill> fill_;
  FillQuestion question_;
  RequestCopy request_;
  std::unique_ptr<Fetch> fetch_;
  std::shared_ptr<const FillHead> head_;
  std::unique_ptr<LargeWriter> writer_;
  std::string key_;  // that the answer is stored by
  uint64_t generation_ = 0;
  uint64_t changes_ = 0;  // that were made before it was asked for
  uint64_t fed_ = 0;      // bytes that the file was given
  uint64_t held_ = 0;     // bytes that count in EdgeCache::held_bytes
  int64_t asked_ms_ = 0;
  Way way_ = Way::none;
  bool paused_ = false;
  bool ended_ = false;  // the origin has said all
  bool committed_ = false;
};

}  // namespace fce
