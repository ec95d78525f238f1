// SPDX-License-Identifier: Apache-2.0
#include "pubsub/publish_handler.h"

#include <algorithm>
#include <cstring>

#include "auth/bearer.h"
#include "base/crypto.h"
#include "http/context.h"
#include "http/exchange.h"
#include "pubsub/publish_query.h"
#include "pubsub/pubsub.h"

namespace fce {
namespace {

uint16_t http_status(Status status) {
  switch (status) {
    case Status::ok: return 200;
    case Status::invalid:
    case Status::utf8: return 400;
    case Status::not_found: return 404;
    case Status::too_big: return 413;
    default: return 503;
  }
}

// Says how a publication went; `why` if it is refused for what it is. On the exchange's shard.
void answer(Exchange& exchange, Status status, std::string_view id, std::string_view why = {}) {
  static constexpr Header kRetry[] = {{"retry-after", "1"}};
  const uint16_t code = http_status(status);
  if (code == 503) return exchange.respond_text(code, kPublishBusy, kRetry);
  if (code != 200) return exchange.respond_text(code, why.empty() ? status_text(status) : why);
  static constexpr Header kJson[] = {{"content-type", "application/json"}};
  exchange.respond(code, kJson, Body::copy_of("{\"id\":\"" + std::string(id) + "\"}"));
}

// Brings the outcome back from the channel's home shard. It keeps the exchange, whose client may
// have left meanwhile.
class AnswerMail final : public Mail {
 public:
  AnswerMail(Hub& hub, Exchange& exchange) : hub_(hub), exchange_(exchange) { exchange_.ref(); }
  ~AnswerMail() override { exchange_.unref(); }

  void deliver() override { answer(exchange_, status_, id_); }

  static void on_published(int status, const char* id, void* user) {
    std::unique_ptr<AnswerMail> mail(static_cast<AnswerMail*>(user));
    mail->status_ = static_cast<Status>(status);
    mail->id_ = id;
    // A publication that is cancelled at the node's end: the exchange's own loop may be gone.
    if (mail->status_ == Status::canceled) return;
    Loop& loop = mail->hub_.loop();
    loop.post_always(std::move(mail));
  }

 private:
  Hub& hub_;
  Exchange& exchange_;
  Status status_ = Status::ok;
  std::string id_;
};

}  // namespace

PublishHandler::PublishHandler(PubSub& pubsub) : pubsub_(pubsub), parts_(pubsub.shards()) {}

Status PublishHandler::make(PubSub& pubsub, const fce_publish_route_options& options,
                            std::string_view pattern, std::shared_ptr<const Handler>* out) {
  fce_publish_route_options known{};
  std::memcpy(&known, &options, std::min<size_t>(options.size, sizeof known));
  std::shared_ptr<PublishHandler> handler(new PublishHandler(pubsub));
  const Status status = Target::parse(known.tenant, known.channel, pattern, &handler->target_);
  if (status != Status::ok) return status;
  if (!known.secret || std::strlen(known.secret) < kSecretBytesMin)
    return fail(Status::invalid, "a publish route needs a secret of at least 16 bytes");
  handler->secret_ = known.secret;
  handler->rate_per_s_ = known.rate_per_s;
  *out = std::move(handler);
  return Status::ok;
}

uint16_t PublishHandler::check_secret(const Exchange& exchange) const {
  const auto given = bearer_token(exchange.request);
  if (!given || given->empty()) return 401;
  return equals_in_constant_time(*given, secret_) ? 0 : 403;
}

bool PublishHandler::take_rate(Hub& hub) const {
  return rate_per_s_ == 0 ||
         parts_[hub.shard()].rate.take(hub.loop().now_ms(), rate_per_s_, rate_per_s_);
}

void PublishHandler::handle(Exchange& exchange) const {
  Hub& hub = pubsub_.hub(exchange.http.shard);
  const auto refuse = [&](uint16_t code, std::string_view text,
                          std::span<const Header> headers = {}) {
    hub.counters().add(Counter::publish_refused);
    exchange.respond_text(code, text, headers);
  };
  if (exchange.request.method != Method::post) {
    static constexpr Header kAllow[] = {{"allow", "POST"}};
    return refuse(405, "publish by POST", kAllow);
  }
  if (const uint16_t code = check_secret(exchange)) {
    if (code == 401) return refuse(code, "publishing needs a bearer secret", kBearerChallenge);
    return refuse(code, "the secret is wrong");
  }
  ChannelKey key;
  if (target_.key(exchange, &key) != Status::ok) return refuse(400, last_error());
  if (!take_rate(hub)) {
    static constexpr Header kRetry[] = {{"retry-after", "1"}};
    hub.counters().add(Counter::limit_rate);
    return refuse(429, "too many publications", kRetry);
  }
  publish(exchange, hub, key);
}

void PublishHandler::publish(Exchange& exchange, Hub& hub, const ChannelKey& key) const {
  Publication::More more;
  bool any = false;
  Status status = parse_publish_query(exchange.request.query, &more, &any);
  const Publication publication{exchange.request.body, any ? &more : nullptr};
  if (status == Status::ok) status = pubsub_.check(key, publication);
  if (status == Status::ok && hub.is_home(key)) {
    MessageId id;
    status = hub.publish(key, publication, &id);
    // A refusal is counted by the hub.
    return answer(exchange, status, status == Status::ok ? id_text(id) : std::string());
  }
  if (status == Status::ok) {
    auto mail = std::make_unique<AnswerMail>(hub, exchange);
    status = pubsub_.post(key, publication, &AnswerMail::on_published, mail.get());
    if (status == Status::ok) {
      (void)mail.release();  // it comes back through on_published
      return;
    }
    if (status == Status::full) hub.counters().add(Counter::mailbox_full);
  }
  if (status == Status::too_big) hub.counters().add(Counter::limit_message);
  if (status == Status::not_found) hub.counters().add(Counter::namespace_unknown);
  hub.counters().add(Counter::publish_refused);
  answer(exchange, status, {}, last_error());
}

}  // namespace fce
