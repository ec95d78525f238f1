// SPDX-License-Identifier: Apache-2.0
#include "cache/model_cache.h"

#include <doctest/doctest.h>

namespace fce::test {

struct ModelCache::Turn {
  Turn(const ModelRequest& asked, const PolicyOptions& options)
      : given(asked), headers(as_headers(asked.fields)) {
    request.method = method_from(asked.method);
    request.method_text = asked.method;
    request.authority = request.host = "example.com";
    const size_t question = std::min(asked.target.find('?'), asked.target.size());
    request.path = std::string_view(asked.target).substr(0, question);
    request.query =
        std::string_view(asked.target).substr(std::min(question + 1, asked.target.size()));
    request.headers = headers;
    cache = CacheRequest::from(request, options, arena);
  }

  const ModelRequest& given;
  Headers headers;
  Request request;
  Arena arena;
  CacheRequest cache;
  std::string key;  // where what is selected is, or would be
};

namespace {

StoredView view_of(const std::vector<uint8_t>& meta) {
  StoredView view;
  REQUIRE(decode_stored(meta, &view));
  return view;
}

std::string variant_key(const std::string& target, const StoredInfo& info,
                        std::string_view variant) {
  return target + "\n" + std::to_string(info.variant_set) + "\n" + std::string(variant);
}

Fields copy(std::span<const Header> headers) {
  Fields out;
  for (const auto& [name, value] : headers) out.emplace_back(name, value);
  return out;
}

Decision refresh_decision(const Decision& decision) {
  Decision out = decision;
  out.forward = Forward::stale;
  return out;
}

}  // namespace

// The key of what this request selects; `entry` is set if it is there.
std::string ModelCache::find_key(Turn& turn, const Entry** entry) {
  *entry = nullptr;
  std::string key = turn.given.target;
  auto found = entries_.find(key);
  if (found == entries_.end()) return key;
  const StoredView marker = view_of(found->second.meta);
  if (marker.info.vary_marker) {
    key = variant_key(key, marker.info, variant_text(marker.vary, turn.cache, options, turn.arena));
    found = entries_.find(key);
    if (found == entries_.end()) return key;
  }
  *entry = &found->second;
  return key;
}

Reply ModelCache::from_store(Turn& turn, const Entry& entry, const CacheStatus& status) {
  const StoredView view = view_of(entry.meta);
  const CacheAnswer answer =
      answer_from_stored(turn.cache, view, entry.body.size(), now_ms, status, options, turn.arena);
  Reply out{answer.status, copy(answer.headers), ""};
  if (answer.has_body && turn.request.method != Method::head)
    out.body = entry.body.substr(answer.part.first, answer.part.length);
  return out;
}

Reply ModelCache::fetch(Turn& turn, ForwardAs as, const StoredView* stored) {
  last_sent = {turn.given.target, copy(forward_fields(turn.cache, as, stored, options, turn.arena)),
               turn.given.method};
  ++origin_asked;
  return origin_(last_sent);
}

void ModelCache::keep(const std::string& key, const StoredParts& parts, const std::string& body) {
  Entry entry{{}, body};
  REQUIRE(encode_stored(parts, &entry.meta) == Status::ok);
  entries_[key] = std::move(entry);
}

void ModelCache::store(Turn& turn, const StoreDecision& decision, const std::string& body) {
  const std::string& target = turn.given.target;
  StoredParts parts = decision.parts;
  const auto found = entries_.find(target);
  StoredParts marker;
  marker.info.vary_marker = true;
  marker.vary = parts.vary;
  bool marked = false;
  StoredView old;
  if (found != entries_.end()) old = view_of(found->second.meta);
  if (old.info.vary_marker) {
    marked = true;
    marker.info.variant_set = old.info.variant_set;
    marker.vary = vary_union(old.vary, parts.vary, turn.arena);
  }
  if (marker.vary.empty()) return keep(target, parts, body);
  const std::string names(marker.vary);
  marker.vary = names;
  if (!marked) marker.info.variant_set = ++variant_sets_;
  parts.info.variant_set = marker.info.variant_set;
  parts.variant = variant_text(names, turn.cache, options, turn.arena);
  keep(target, marker, "");
  keep(variant_key(target, marker.info, parts.variant), parts, body);
}

Reply ModelCache::refreshed(Turn& turn, Entry entry, const Reply& not_modified) {
  const Headers headers = as_headers(not_modified.fields);
  StoreDecision decision;
  const StoredView view = view_of(entry.meta);
  const OriginAnswer answer{304, headers, now_ms, now_ms};
  if (freshen(turn.cache, view, answer, options, turn.arena, &decision) == Freshened::unusable) {
    entries_.erase(turn.key);
    Decision again;
    again.forward = Forward::stale;
    again.as = ForwardAs::whole;
    return forward(turn, again, nullptr);
  }
  Entry updated{{}, entry.body};
  REQUIRE(encode_stored(decision.parts, &updated.meta) == Status::ok);
  if (decision.store()) entries_[turn.key] = updated;
  if (decision.forbidden()) entries_.erase(turn.key);
  return from_store(turn, updated, {Forward::stale, 304, {}, decision.store()});
}

Reply ModelCache::forward(Turn& turn, const Decision& decision, const Entry* entry) {
  StoredView view;
  if (entry) view = view_of(entry->meta);
  const Reply reply = fetch(turn, decision.as, entry ? &view : nullptr);
  if (entry && stale_instead_of_error(turn.cache, view.info, reply.status, now_ms))
    return from_store(turn, *entry, {.detail = "origin-failed"});
  if (reply.status == 0) return {504, {}, ""};
  if (reply.status == 304 && decision.as == ForwardAs::validate)
    return refreshed(turn, *entry, reply);

  const Headers headers = as_headers(reply.fields);
  const OriginAnswer answer{reply.status, headers, now_ms, now_ms};
  if (turn.request.method == Method::head && entry) {
    StoreDecision update;
    const HeadEffect effect =
        head_effect(turn.cache, view, entry->body.size(), answer, options, turn.arena, &update);
    if (effect == HeadEffect::updated && update.store()) {
      Entry updated{{}, entry->body};
      REQUIRE(encode_stored(update.parts, &updated.meta) == Status::ok);
      entries_[turn.key] = updated;
    } else if (effect != HeadEffect::none) {
      entries_.erase(turn.key);
    }
    return reply;
  }
  const StoreDecision stored = judge_answer(turn.cache, answer, options, turn.arena);
  if (stored.store()) store(turn, stored, reply.body);
  if (stored.forbidden()) entries_.erase(turn.key);
  return reply;
}

Reply ModelCache::ask(const ModelRequest& asked) {
  Turn turn(asked, options);
  const Entry* entry;
  turn.key = find_key(turn, &entry);
  StoredView view;
  if (entry) view = view_of(entry->meta);
  const Decision decision = decide(turn.cache, entry ? &view.info : nullptr, now_ms, options);
  switch (decision.verdict) {
    case Verdict::hit: return from_store(turn, *entry, {.ttl_s = decision.ttl_s});
    case Verdict::timeout: return {504, {}, ""};
    case Verdict::stale_hit: {
      const Reply reply = from_store(turn, *entry, {.ttl_s = decision.ttl_s});
      forward(turn, refresh_decision(decision), entry);
      return reply;
    }
    case Verdict::bypass: {
      const Reply reply = fetch(turn, ForwardAs::as_is, nullptr);
      const Headers headers = as_headers(reply.fields);
      const Invalidation gone =
          invalidated_by(turn.request, "https", reply.status, headers, turn.arena);
      for (size_t i = 0; i < gone.count; ++i) entries_.erase(std::string(gone.targets[i]));
      return reply;
    }
    case Verdict::miss:
    case Verdict::validate: break;
  }
  return forward(turn, decision, entry);
}

}  // namespace fce::test
