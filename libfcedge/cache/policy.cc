// SPDX-License-Identifier: Apache-2.0
#include "cache/policy.h"

namespace fce {
namespace {

bool within(int64_t past_ms, uint32_t window_s) { return past_ms <= int64_t{window_s} * 1000; }

// Goes past the store: the answer is for this client only.
bool passes_by(const CacheRequest& request, Forward* why) {
  if (request.upgrade) {
    *why = Forward::bypass;
  } else if (!request.reads()) {
    *why = Forward::method;
  } else if (request.has_body || request.for_origin) {
    *why = Forward::request;
  } else {
    return false;
  }
  return true;
}

// Whether the client minds the age of a fresh answer (RFC 9111 section 5.2.1).
bool client_accepts(const RequestDirectives& directives, int64_t age_ms, int64_t left_ms) {
  if (directives.no_cache) return false;
  if (directives.max_age != kNoDelta &&
      (directives.max_age == 0 || age_ms > int64_t{directives.max_age} * 1000))
    return false;
  return directives.min_fresh == kNoDelta || left_ms >= int64_t{directives.min_fresh} * 1000;
}

// A stale answer that the client said it would take.
bool client_takes_stale(const RequestDirectives& directives, const StoredInfo& stored,
                        int64_t age_ms, int64_t stale_ms) {
  if (stored.must_revalidate || stored.no_cache || directives.max_stale == kNoDelta) return false;
  // `min-fresh` and `max-stale` contradict each other; the stricter one counts.
  if (directives.min_fresh != kNoDelta || !client_accepts(directives, age_ms, 0)) return false;
  return directives.max_stale == kDeltaMax || within(stale_ms, directives.max_stale);
}

// A stale answer that the origin or the operator lets us serve while it is fetched anew. Without
// `max-stale` a client that says how old it may be does not want a stale one.
bool may_revalidate_later(const CacheRequest& request, const StoredInfo& stored, int64_t stale_ms,
                          bool expired) {
  const RequestDirectives& directives = request.directives;
  if (directives.no_cache || directives.max_age != kNoDelta || directives.min_fresh != kNoDelta)
    return false;
  if (stored.no_cache) return false;
  if (expired && stale_ms < 0) return !stored.must_revalidate;
  return stored.stale_while_revalidate_s > 0 && within(stale_ms, stored.stale_while_revalidate_s);
}

Decision miss(const CacheRequest& request, Forward why, const PolicyOptions& options) {
  Decision decision;
  decision.verdict = Verdict::miss;
  decision.forward = why;
  const bool own_conditions = request.conditional && options.forward_conditions;
  const bool whole = request.request->method == Method::get && !own_conditions;
  decision.as = whole ? ForwardAs::whole : ForwardAs::as_is;
  return decision;
}

// What the answer to it may not be shared for is better not waited for.
bool may_collapse(const CacheRequest& request, const Decision& decision) {
  const RequestDirectives& directives = request.directives;
  return request.request->method == Method::get && decision.as != ForwardAs::as_is &&
         !request.authorization && !directives.no_store && !directives.no_cache &&
         directives.max_age == kNoDelta && directives.min_fresh == kNoDelta;
}

Decision ask_origin(const CacheRequest& request, const StoredInfo& stored, Forward why,
                    const PolicyOptions& options) {
  Decision decision = miss(request, why, options);
  if (!stored.has_validator) {
    decision.as = request.request->method == Method::get ? ForwardAs::whole : ForwardAs::as_is;
    return decision;
  }
  decision.verdict = Verdict::validate;
  decision.as = ForwardAs::validate;
  return decision;
}

Decision decide_stored(const CacheRequest& request, const StoredInfo& stored, int64_t now_ms,
                       const PolicyOptions& options, bool expired) {
  const int64_t age_ms = stored.age_ms(now_ms), left_ms = stored.left_ms(now_ms);
  const bool fresh = left_ms > 0 && !expired && !stored.no_cache;
  Decision decision;
  if (fresh && client_accepts(request.directives, age_ms, left_ms)) {
    decision.verdict = Verdict::hit;
  } else if (fresh) {
    decision = ask_origin(request, stored, Forward::request, options);
  } else {
    decision = ask_origin(request, stored, Forward::stale, options);
    if (client_takes_stale(request.directives, stored, age_ms, -left_ms)) {
      decision.verdict = Verdict::hit;
      decision.forward = Forward::none;
    } else if (may_revalidate_later(request, stored, -left_ms, expired)) {
      decision.verdict = Verdict::stale_hit;
      decision.forward = Forward::none;
    }
  }
  decision.age_s = age_ms / 1000;
  // Rounded down, so that what is stale by less than a second is not told as 0.
  decision.ttl_s = left_ms >= 0 ? left_ms / 1000 : -((999 - left_ms) / 1000);
  if (expired) decision.ttl_s = std::min<int64_t>(decision.ttl_s, 0);
  return decision;
}

}  // namespace

Decision decide(const CacheRequest& request, const StoredInfo* stored, int64_t now_ms,
                const PolicyOptions& options, bool expired) {
  Decision decision;
  if (passes_by(request, &decision.forward)) {
    decision.verdict = Verdict::bypass;
    return decision;
  }
  decision = stored && !stored->vary_marker
                 ? decide_stored(request, *stored, now_ms, options, expired)
                 : miss(request, Forward::uri_miss, options);
  const bool asks = decision.verdict == Verdict::miss || decision.verdict == Verdict::validate;
  if (asks && request.directives.only_if_cached) {
    decision.verdict = Verdict::timeout;
    decision.forward = Forward::none;
  }
  decision.collapsible = asks && may_collapse(request, decision);
  return decision;
}

bool stale_instead_of_error(const CacheRequest& request, const StoredInfo& stored, uint16_t status,
                            int64_t now_ms) {
  if (status != 0 && status != 500 && status != 502 && status != 503 && status != 504) return false;
  if (!request.reads() || stored.vary_marker || stored.no_cache) return false;
  const RequestDirectives& directives = request.directives;
  if (directives.no_cache) return false;
  const int64_t stale_ms = -stored.left_ms(now_ms);
  // Still fresh: it was asked for because of what the client wishes, or purged softly.
  if (stale_ms < 0) return !stored.must_revalidate;
  if (stored.stale_if_error_s > 0 && within(stale_ms, stored.stale_if_error_s)) return true;
  return !stored.must_revalidate && directives.stale_if_error != kNoDelta &&
         within(stale_ms, directives.stale_if_error);
}

}  // namespace fce
