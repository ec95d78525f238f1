// SPDX-License-Identifier: Apache-2.0
#include "pubsub/widget_log.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/json_write.h"
#include "base/time.h"
#include "http/context.h"
#include "http/exchange.h"
#include "pubsub/feed_handler.h"
#include "pubsub/pubsub.h"
#include "pubsub/widget_profile.h"

namespace fce {
namespace {

struct Part {
  std::vector<Message> messages;  // in order
  bool gap = false;
};

// Whether something that is not in the log any more may be as young as that.
bool may_have_lost(const Hub& hub, const WidgetLogQuery& query, const HomeChannel* channel) {
  if (!channel || channel->ring().empty()) {
    const uint64_t evicted_us = channel ? channel->evicted_us() : hub.evicted_us(query.key);
    if (evicted_us > query.from_us) return true;
    // A channel without a message goes, and with it what tells whether it had some.
    const uint64_t age_us = uint64_t{hub.policy_of(query.key).history.age_ms_max} * 1000;
    const bool untouched = channel && channel->ring().next() == 1;
    return age_us > 0 && !untouched && query.from_us + age_us < monotonic_us();
  }
  const Ring& ring = channel->ring();
  uint64_t n = ring.oldest();
  if (n == 1) return false;
  while (n + 1 < ring.next() && !ring.at(n)) ++n;
  return !ring.at(n) || ring.at(n).time_us() > query.from_us;
}

// On the channel's home shard.
Part collect(Hub& hub, const WidgetLogQuery& query, uint64_t made_us) {
  Part part;
  const HomeChannel* channel = hub.find_home(query.key);
  // All logs begin with the node.
  part.gap = query.from_us < made_us || may_have_lost(hub, query, channel);
  if (!channel) return part;
  const Ring& ring = channel->ring();
  for (uint64_t n = ring.next(); n > ring.oldest(); --n) {
    const Message& message = ring.at(n - 1);
    if (!message) continue;
    if (message.time_us() < query.from_us) break;
    part.messages.push_back(message);
  }
  std::reverse(part.messages.begin(), part.messages.end());
  return part;
}

// On the exchange's shard.
void answer(Exchange& exchange, Hub& hub, const WidgetLogQuery& query, const Part& part) {
  const std::string place = ",\"tenantId\":" + json_quote(query.key.tenant()) +
                            ",\"urlId\":" + json_quote(query.url_id) + "}";
  WidgetCache& cache = query.profile->cache(hub.shard());
  std::string text = "{\"status\":\"success\",";
  text += part.gap ? "\"gap\":true,\"events\":[" : "\"events\":[";
  bool first = true;
  FilterRef filter;
  if (!query.user.empty()) filter = hub.filters().get({query.user, {}, {}});
  for (const Message& message : part.messages) {
    const AudienceHashes* audience = message.audience();
    if (audience && !filter.admits(*audience)) continue;
    const ChunkRef entry = cache.event(query.key, message).entry;
    text.append(first ? "{" : ",{").append(as_text(entry.bytes())).append(place);
    first = false;
  }
  text += "]}";
  static constexpr Header kHeaders[] = {{"content-type", "application/json"},
                                        {"cache-control", "no-store"}};
  hub.counters().add(Counter::widget_logs);
  exchange.respond(200, kHeaders, Body::copy_of(text));
}

// Keeps an exchange whose client may have left meanwhile.
class Hold {
 public:
  explicit Hold(Exchange& exchange) : exchange_(&exchange) { exchange.ref(); }
  Hold(Hold&& other) noexcept : exchange_(std::exchange(other.exchange_, nullptr)) {}
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() {
    if (exchange_) exchange_->unref();
  }
  Exchange& operator*() const { return *exchange_; }

 private:
  Exchange* exchange_;
};

struct Question {
  Question(Exchange& exchange, Hub& the_hub, WidgetLogQuery the_query)
      : hold(exchange), hub(the_hub), query(std::move(the_query)) {}
  Hold hold;
  Hub& hub;  // where the exchange is
  WidgetLogQuery query;
};

class AnswerMail final : public Mail {
 public:
  AnswerMail(std::unique_ptr<Question> question, Part part)
      : question_(std::move(question)), part_(std::move(part)) {}
  void deliver() override { answer(*question_->hold, question_->hub, question_->query, part_); }

 private:
  std::unique_ptr<Question> question_;
  Part part_;
};

class AskMail final : public Mail {
 public:
  AskMail(PubSub& pubsub, Hub& home, std::unique_ptr<Question> question)
      : pubsub_(pubsub), home_(home), question_(std::move(question)) {}
  void deliver() override {
    // An exchange is touched on its own shard only, so even a node that ends sends it back.
    Part part;
    if (!home_.stopped()) part = collect(home_, question_->query, pubsub_.made_us());
    Loop& loop = question_->hub.loop();
    loop.post_always(std::make_unique<AnswerMail>(std::move(question_), std::move(part)));
  }

 private:
  PubSub& pubsub_;
  Hub& home_;
  std::unique_ptr<Question> question_;
};

}  // namespace

void answer_widget_log(Exchange& exchange, PubSub& pubsub, WidgetLogQuery query) {
  Hub& hub = pubsub.hub(exchange.http.shard);
  if (hub.is_home(query.key))
    return answer(exchange, hub, query, collect(hub, query, pubsub.made_us()));
  Hub& home = hub.home_of(query.key);
  std::unique_ptr<Mail> mail = std::make_unique<AskMail>(
      pubsub, home, std::make_unique<Question>(exchange, hub, std::move(query)));
  if (home.loop().post(mail) == Status::ok) return;
  hub.counters().add(Counter::mailbox_full);
  FeedHandler::refuse_for_now(exchange, hub, "the mailbox of the channel's shard is full");
}

}  // namespace fce
