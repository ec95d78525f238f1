// SPDX-License-Identifier: Apache-2.0
#include "cache/purge_handler.h"

#include <memory>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "http/context.h"
#include "http/exchange.h"
#include "http/percent.h"

namespace fce {
namespace {

struct Wanted {
  PurgeKind kind;
  std::string text;
};

// Reads the query. False when there is something in it that is not understood: a purge that is not
// what was meant is worse than none.
bool read_query(std::string_view query, std::vector<Wanted>* wanted, bool* soft) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const size_t equals = pair.find('=');
    if (equals == pair.npos) return false;
    const std::string_view name = pair.substr(0, equals);
    std::string value;
    if (!percent_decode_field(pair.substr(equals + 1), &value)) return false;
    if (name == "soft" && (value == "1" || value == "0")) {
      *soft = value == "1";
    } else if (name == "key") {
      wanted->push_back({PurgeKind::key, std::move(value)});
    } else if (name == "prefix") {
      wanted->push_back({PurgeKind::prefix, std::move(value)});
    } else if (name == "tag") {
      wanted->push_back({PurgeKind::tag, std::move(value)});
    } else {
      return false;
    }
  }
  return !wanted->empty() && wanted->size() <= PurgeHandler::kPurgesMax;
}

// One request while its job waits for the disk. Only the shard's thread looks at it.
class PurgeCall final : public ExchangeWatcher {
 public:
  explicit PurgeCall(Exchange& exchange) : exchange_(exchange) {
    exchange_.ref();
    exchange_.watch(this);
  }
  PurgeCall(const PurgeCall&) = delete;
  PurgeCall& operator=(const PurgeCall&) = delete;

  void on_client_gone() override {
    *link_ = nullptr;
    delete this;
  }
  // Where its job finds it, as long as it is there.
  std::shared_ptr<PurgeCall*> link() { return link_; }

  void answer(size_t count, Status status, const std::string& why) {
    if (status != Status::ok) {
      exchange_.respond_text(500, why + "\n");
    } else {
      exchange_.http.net.counters.add(Counter::cache_purges, count);
      const Header fields[] = {{"content-type", "application/json"}, {"cache-control", "no-store"}};
      exchange_.respond(200, fields, Body::copy_of("{\"purged\":" + std::to_string(count) + "}\n"));
    }
    delete this;
  }
  void refuse() {
    static constexpr Header kRetry[] = {{"retry-after", "1"}};
    exchange_.respond_text(503, "too much waits for the disk\n", kRetry);
    delete this;
  }

 private:
  ~PurgeCall() {
    exchange_.watch(nullptr);
    exchange_.unref();
  }
  Exchange& exchange_;
  const std::shared_ptr<PurgeCall*> link_ = std::make_shared<PurgeCall*>(this);
};

class PurgeJob final : public Job {
 public:
  PurgeJob(std::shared_ptr<PurgeCall*> call, EdgeCache& cache, std::string tenant,
           std::vector<Wanted> wanted, bool soft)
      : call_(std::move(call)),
        cache_(cache),
        tenant_(std::move(tenant)),
        wanted_(std::move(wanted)),
        soft_(soft) {}

  void work() override {
    for (size_t i = 0; i < wanted_.size() && status_ == Status::ok; ++i) {
      status_ =
          cache_.purge({wanted_[i].kind, soft_, tenant_, wanted_[i].text}, i + 1 == wanted_.size());
      if (status_ != Status::ok) why_ = last_error();
    }
  }
  void done() override {
    if (*call_) (*call_)->answer(wanted_.size(), status_, why_);
  }

 private:
  const std::shared_ptr<PurgeCall*> call_;
  EdgeCache& cache_;
  const std::string tenant_;
  const std::vector<Wanted> wanted_;
  const bool soft_;
  Status status_ = Status::ok;
  std::string why_;
};

}  // namespace

void PurgeHandler::handle(Exchange& exchange) const {
  constexpr std::string_view kScheme = "Bearer ";
  std::string_view given = exchange.request.header("authorization");
  const bool bearer = given.size() > kScheme.size() &&
                      equals_ignoring_case(given.substr(0, kScheme.size()), kScheme);
  if (bearer) given.remove_prefix(kScheme.size());
  if (!bearer || !equals_in_constant_time(given, secret_)) {
    exchange.http.net.counters.add(Counter::cache_purge_refused);
    static constexpr Header kBearer[] = {{"www-authenticate", "Bearer"}};
    return exchange.respond_text(401, "the secret is wrong or missing\n", kBearer);
  }
  std::vector<Wanted> wanted;
  bool soft = false;
  if (!read_query(exchange.request.query, &wanted, &soft))
    return exchange.respond_text(
        400, "expected key=, prefix= or tag=, up to 256 of them, and perhaps soft=1\n");
  for (const Wanted& one : wanted)
    if (EdgeCache::check_purge(one.kind, one.text) != Status::ok)
      return exchange.respond_text(400, std::string(last_error()) + "\n");
  auto* call = new PurgeCall(exchange);
  std::unique_ptr<Job> job =
      std::make_unique<PurgeJob>(call->link(), cache_, tenant_, std::move(wanted), soft);
  if (cache_.workers().submit(job, exchange.http.net.loop) != Status::ok) call->refuse();
}

}  // namespace fce
