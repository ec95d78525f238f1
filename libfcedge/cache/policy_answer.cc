// SPDX-License-Identifier: Apache-2.0
// The half of the policy that looks at answers: whether they are stored, and what a 304 or the
// answer to a HEAD makes of what is.
#include <algorithm>

#include "cache/policy.h"
#include "cache/stored_fields.h"
#include "cache/surrogate_tags.h"
#include "cache/vary.h"
#include "http/fetch.h"
#include "http/field_list.h"

namespace fce {
namespace {

// Those that say nothing about the target: they are about the connection, or the conditions and
// ranges of one request (412, 416), or must not be stored (RFC 6585: 428, 429, 431, 511).
bool storable_status(uint16_t status) {
  if (status < 200 || status > 599) return false;
  switch (status) {
    case 206:
    case 304:
    case 407:
    case 408:
    case 412:
    case 416:
    case 417:
    case 421:
    case 425:
    case 426:
    case 428:
    case 429:
    case 431:
    case 511: return false;
    default: return true;
  }
}

bool has_cookie(std::span<const Header> headers, const AnswerDirectives& directives) {
  return std::any_of(headers.begin(), headers.end(), [&](const Header& header) {
    return header.name == "set-cookie" && !directives.names(header.name);
  });
}

// The origin says that the answer is for all.
bool for_shared_caches(const AnswerDirectives& directives) {
  return directives.public_ || directives.s_maxage != kNoDelta ||
         (directives.targeted && directives.max_age != kNoDelta);
}

StoreReason check_directives(const CacheRequest& request, const OriginAnswer& answer,
                             const AnswerDirectives& directives, const PolicyOptions& options) {
  if (request.directives.no_store) return StoreReason::request_says;
  if (!storable_status(answer.status)) return StoreReason::status;
  const bool understood = understood_status(answer.status);
  if (directives.must_understand && !understood) return StoreReason::status;
  if (directives.no_store && !directives.must_understand) return StoreReason::no_store;
  if (directives.private_) return StoreReason::private_;
  // Section 3.5.
  if (request.authorization && !directives.public_ && !directives.must_revalidate &&
      directives.s_maxage == kNoDelta)
    return StoreReason::authorization;
  if (options.set_cookie != SetCookiePolicy::keep && has_cookie(answer.headers, directives) &&
      (options.set_cookie == SetCookiePolicy::refuse || !for_shared_caches(directives)))
    return StoreReason::set_cookie;
  return StoreReason::stored;
}

// `stored`: it has one.
StoreReason set_lifetime(const CacheRequest& request, uint16_t status,
                         const AnswerDirectives& directives, const AgeFields& fields,
                         const PolicyOptions& options, StoredInfo* info) {
  std::optional<uint32_t> lifetime_s = explicit_lifetime_s(directives, fields);
  if (!lifetime_s) {
    info->heuristic = true;
    lifetime_s = heuristic_lifetime_s(status, directives, fields, options);
    const bool personal = request.cookie && !options.guess_despite_cookie && !directives.public_;
    if (lifetime_s && personal) return StoreReason::cookie;
  }
  if (!lifetime_s) return StoreReason::no_lifetime;
  info->lifetime_s = *lifetime_s;
  return StoreReason::stored;
}

// A window of the origin's own goes before the rule that `s-maxage` forbids what is stale: whoever
// writes both means both. `must-revalidate` and `proxy-revalidate` are kept to the letter. Windows
// of the operator are not for what an origin says is stale at once: it wants to be asked each time,
// maybe because the answer is for one user.
void set_windows(const AnswerDirectives& directives, const PolicyOptions& options,
                 StoredInfo* info) {
  const bool strict = directives.must_revalidate || directives.proxy_revalidate;
  info->no_cache = directives.no_cache;
  info->must_revalidate = strict || directives.s_maxage != kNoDelta;
  const auto window = [&](uint32_t own, uint32_t configured) -> uint32_t {
    if (strict || directives.no_cache) return 0;
    if (own != kNoDelta) return own;
    const bool stale_at_once = info->lifetime_s == 0 && !info->heuristic;
    return info->must_revalidate || stale_at_once ? 0 : configured;
  };
  info->stale_while_revalidate_s =
      window(directives.stale_while_revalidate, options.stale_while_revalidate_s);
  info->stale_if_error_s = window(directives.stale_if_error, options.stale_if_error_s);
  info->keep_s = std::max({info->stale_while_revalidate_s, info->stale_if_error_s,
                           info->has_validator ? options.keep_s : 0});
}

bool has_validator(std::span<const Header> fields) {
  return std::any_of(fields.begin(), fields.end(), [](const Header& field) {
    return (field.name == "etag" || field.name == "last-modified") && !field.value.empty();
  });
}

StoreReason judge(const CacheRequest& request, const OriginAnswer& answer,
                  const PolicyOptions& options, Arena& arena, StoredParts* parts) {
  const AnswerDirectives directives =
      AnswerDirectives::from(answer.headers, options.cdn_cache_control);
  const AgeFields ages = AgeFields::from(answer);
  StoredInfo& info = parts->info;
  info.status = answer.status;
  info.received_ms = answer.received_ms;
  info.initial_age_ms = initial_age_ms(answer, ages, directives);
  info.date_s = ages.date_s;
  info.modified_s = ages.modified_s;
  parts->fields = storable_fields(answer.headers, directives, ages.date_s, options, arena);
  info.has_validator = has_validator(parts->fields);
  const StoreReason life = set_lifetime(request, answer.status, directives, ages, options, &info);
  set_windows(directives, options, &info);
  const Vary vary = vary_names(answer.headers, arena, &parts->vary);

  const StoreReason reason = check_directives(request, answer, directives, options);
  if (reason != StoreReason::stored) return reason;
  if (vary == Vary::any) return StoreReason::vary_any;
  if (life != StoreReason::stored) return life;
  if (!surrogate_tags(answer.headers, arena, &parts->tags)) return StoreReason::too_many_tags;
  const bool usable =
      info.reusable(answer.received_ms) || info.has_validator || info.stale_while_revalidate_s > 0;
  return usable ? StoreReason::stored : StoreReason::useless;
}

std::string_view first_value(std::span<const Header> headers, std::string_view name) {
  for (const Header& header : headers)
    if (header.name == name) return header.value;
  return {};
}

bool is_weak(std::string_view etag) { return etag.substr(0, 2) == "W/"; }

std::string_view opaque_part(std::string_view etag) {
  return is_weak(etag) ? etag.substr(2) : etag;
}

// Section 4.3.4, for one stored answer, whose validators were sent.
bool is_about(std::span<const Header> not_modified, const StoredView& stored) {
  const std::string_view etag = trim_blanks(first_value(not_modified, "etag"));
  const bool weak = is_weak(etag) || is_weak(stored.etag);
  if (!etag.empty() && !stored.etag.empty())
    return weak ? opaque_part(etag) == opaque_part(stored.etag) : etag == stored.etag;
  if (!etag.empty() && !weak) return false;
  // It repeats no entity-tag, but confirmed ours.
  if (!stored.etag.empty()) return true;
  const std::string_view modified = trim_blanks(first_value(not_modified, "last-modified"));
  return modified.empty() || modified == stored.last_modified;
}

void update(const CacheRequest& request, const StoredView& stored, const OriginAnswer& newer,
            const PolicyOptions& options, Arena& arena, StoreDecision* out) {
  OriginAnswer merged = newer;
  merged.status = stored.info.status;
  merged.headers = merged_fields(stored.fields(arena), newer.headers, options, arena);
  *out = {};
  out->reason = judge(request, merged, options, arena, &out->parts);
  out->parts.variant = stored.variant;
  out->parts.info.variant_set = stored.info.variant_set;
}

// One that cannot be read is another one.
bool same_length(std::span<const Header> head, uint64_t body_bytes) {
  return first_value(head, "content-length").empty() || length_after_head(head, {}) == body_bytes;
}

}  // namespace

std::string_view store_reason_name(StoreReason reason) {
  switch (reason) {
    case StoreReason::stored: return "stored";
    case StoreReason::method: return "method";
    case StoreReason::request_says: return "request-no-store";
    case StoreReason::status: return "status";
    case StoreReason::no_store: return "no-store";
    case StoreReason::private_: return "private";
    case StoreReason::authorization: return "authorization";
    case StoreReason::set_cookie: return "set-cookie";
    case StoreReason::vary_any: return "vary-any";
    case StoreReason::no_lifetime: return "no-lifetime";
    case StoreReason::cookie: return "cookie";
    case StoreReason::useless: return "useless";
    case StoreReason::too_many_tags: return "too-many-tags";
  }
  return "";
}

StoreDecision judge_answer(const CacheRequest& request, const OriginAnswer& answer,
                           const PolicyOptions& options, Arena& arena) {
  StoreDecision decision;
  if (request.request->method != Method::get || request.has_body || request.upgrade)
    return decision;
  decision.reason = judge(request, answer, options, arena, &decision.parts);
  return decision;
}

Freshened freshen(const CacheRequest& request, const StoredView& stored,
                  const OriginAnswer& not_modified, const PolicyOptions& options, Arena& arena,
                  StoreDecision* out) {
  *out = {};
  if (!is_about(not_modified.headers, stored)) return Freshened::unusable;
  update(request, stored, not_modified, options, arena, out);
  return Freshened::updated;
}

HeadEffect head_effect(const CacheRequest& request, const StoredView& stored, uint64_t body_bytes,
                       const OriginAnswer& head, const PolicyOptions& options, Arena& arena,
                       StoreDecision* out) {
  *out = {};
  if (head.status != 200 || stored.info.status != 200) return HeadEffect::none;
  const std::string_view etag = trim_blanks(first_value(head.headers, "etag"));
  const std::string_view modified = trim_blanks(first_value(head.headers, "last-modified"));
  if ((!etag.empty() && etag != stored.etag) ||
      (!modified.empty() && modified != stored.last_modified) ||
      !same_length(head.headers, body_bytes))
    return HeadEffect::invalidate;
  update(request, stored, head, options, arena, out);
  return HeadEffect::updated;
}

}  // namespace fce
