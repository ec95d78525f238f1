// SPDX-License-Identifier: Apache-2.0
// What a shared cache does with a request and with the answer that it got for it (RFC 9111), as
// functions of the two, of what is stored, and of the clock. No I/O, and nothing is kept.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "cache/cache_request.h"
#include "cache/freshness.h"
#include "cache/policy_options.h"
#include "cache/stored_info.h"

namespace fce {

// Why a request goes to the origin (RFC 9211 section 2.2).
enum class Forward : uint8_t {
  none,  // it does not
  bypass,
  method,
  uri_miss,
  vary_miss,
  miss,
  request,
  stale,
  partial,
};

enum class Verdict : uint8_t {
  hit,        // answer from the store
  stale_hit,  // the same, and have it fetched anew meanwhile
  validate,   // ask the origin whether it is still good
  miss,       // ask the origin
  bypass,     // hand the request through; nothing is stored, and others do not wait for its answer
  timeout,    // 504: only-if-cached, and there is nothing
};

// What the origin is asked.
enum class ForwardAs : uint8_t {
  as_is,     // with the client's conditions and ranges: the answer is the client's
  whole,     // without either: the answer is to be stored whole
  validate,  // on the condition that what is stored is no longer good (section 4.3.1)
};

struct Decision {
  Verdict verdict = Verdict::miss;
  Forward forward = Forward::none;
  ForwardAs as = ForwardAs::as_is;  // for stale_hit: what to ask meanwhile
  int64_t age_s = 0;                // of what is stored
  int64_t ttl_s = 0;                // left of its lifetime; negative once it is stale
  // Others who want the same may wait for what the origin answers to this request, and this request
  // for theirs: it is not conditional, and asks for nothing that only the origin has.
  bool collapsible = false;
};

// `stored` is the one whose variant fits, or null: then `forward` is uri_miss, and the caller may
// know better (vary_miss). `expired`: it was purged softly, so it counts as stale, but may be
// served once more while it is fetched anew.
Decision decide(const CacheRequest& request, const StoredInfo* stored, int64_t now_ms,
                const PolicyOptions& options, bool expired = false);

// Whether a request for which the origin failed is answered from the store (RFC 5861 section 4,
// RFC 9111 section 4.2.4). `status` is what the origin answered (only 500, 502, 503 and 504 are
// errors in this sense); 0: nothing at all.
bool stale_instead_of_error(const CacheRequest& request, const StoredInfo& stored, uint16_t status,
                            int64_t now_ms);

// Why an answer is stored or not: for metrics, and as `detail` of Cache-Status.
enum class StoreReason : uint8_t {
  stored,
  method,        // of the request
  request_says,  // no-store
  status,        // not final, partial, or not known and `must-understand`
  no_store,
  private_,
  authorization,  // of the request, and the answer does not say that it is for all
  set_cookie,
  vary_any,       // Vary: *
  no_lifetime,    // neither told nor to be guessed
  cookie,         // of the request, so that no lifetime is guessed
  useless,        // stale at once, and nothing to validate it by
  too_many_tags,  // not to be found again by all tags that would purge it
};
std::string_view store_reason_name(StoreReason reason);

struct StoreDecision {
  StoreReason reason = StoreReason::method;
  // All views are of the answer, the options and the arena. `variant` and `info.variant_set` are
  // left to the caller.
  StoredParts parts;

  bool store() const { return reason == StoreReason::stored; }
  // What is stored in its place is not to be kept either. An answer that says nothing about the
  // target (an error of the server, a part, too many requests) forbids nothing, and neither does
  // one that is not stored because of who asked.
  bool forbidden() const {
    return !store() && parts.info.status < 500 && reason != StoreReason::status &&
           reason != StoreReason::method && reason != StoreReason::request_says &&
           reason != StoreReason::authorization && reason != StoreReason::cookie;
  }
};

// Whether the answer to a request may be stored. `request` is the one that was sent for a client
// (its own conditions do not matter here: a 304 is never stored, see freshen).
StoreDecision judge_answer(const CacheRequest& request, const OriginAnswer& answer,
                           const PolicyOptions& options, Arena& arena);

enum class Freshened : uint8_t {
  updated,   // `out` says what to do; the body stays
  unusable,  // the 304 is about another representation: ask again without conditions
};

// What a 304 makes of a stored answer (sections 3.2 and 4.3.4). In any case `out->parts` are what
// to serve this request with. If `out->store()`, they are to replace what is stored; if
// `out->forbidden()`, what is stored is to be removed; else it stays as it is.
Freshened freshen(const CacheRequest& request, const StoredView& stored,
                  const OriginAnswer& not_modified, const PolicyOptions& options, Arena& arena,
                  StoreDecision* out);

enum class HeadEffect : uint8_t {
  none,        // not a 200
  updated,     // `out` says what to do, as for a 304
  invalidate,  // the stored GET is another one by now
};

// What the 200 of a HEAD says of a stored GET (section 4.3.5). `body_bytes` of the stored one.
HeadEffect head_effect(const CacheRequest& request, const StoredView& stored, uint64_t body_bytes,
                       const OriginAnswer& head, const PolicyOptions& options, Arena& arena,
                       StoreDecision* out);

}  // namespace fce
