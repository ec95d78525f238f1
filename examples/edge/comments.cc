// SPDX-License-Identifier: Apache-2.0
#include "comments.h"

#include <fcedge/pubsub.h>

#include <charconv>
#include <chrono>
#include <string_view>
#include <utility>

#include "comment_json.h"
#include "log.h"

namespace edge {
namespace {

// Requests that wait for the worker, and comments that wait to be published. Beyond: 503.
constexpr size_t kQueueMax = 4096;
constexpr size_t kUnpublishedMax = 4096;
constexpr auto kPublishAgain = std::chrono::milliseconds(20);

// Threads whose position is remembered. Beyond, all are forgotten: a list without a position is
// correct, it only says less.
constexpr size_t kPositionsMax = 10'000;

std::string_view view(fce_str text) { return {text.data, text.len}; }

fce_str str(std::string_view text) { return {text.data(), text.size()}; }

void respond(fce_exchange* exchange, uint32_t status, const std::string& json) {
  const fce_header headers[] = {{str("content-type"), str("application/json")},
                                {str("cache-control"), str("no-store")},
                                {str("x-content-type-options"), str("nosniff")},
                                {str("retry-after"), str("1")}};
  // Only the last one depends on the answer.
  const size_t count = std::size(headers) - (status == 503 ? 0 : 1);
  // A client that has left needs no answer, and there is nobody else to tell.
  fce_exchange_respond(exchange, status, headers, count, json.data(), json.size());
}

void respond_error(fce_exchange* exchange, uint32_t status, const char* sentence) {
  respond(exchange, status, error_json(sentence));
}

int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// A number of the query; an absent or odd one leaves `out` alone.
void query_number(std::string_view query, std::string_view name, int64_t* out) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.size() <= name.size() || !pair.starts_with(name) || pair[name.size()] != '=') continue;
    const std::string_view digits = pair.substr(name.size() + 1);
    int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value);
    if (error == std::errc() && end == digits.end() && value >= 0) *out = value;
  }
}

// Another site's form cannot send this type without asking first, so it cannot post for a visitor.
bool is_json(std::string_view content_type) {
  constexpr std::string_view kJson = "application/json";
  return content_type.starts_with(kJson) &&
         (content_type.size() == kJson.size() || content_type[kJson.size()] == ';');
}

}  // namespace

Comments::Comments(fce_node* node, const std::string& database)
    : node_(node), store_(database), worker_([this] { run(); }) {}

Comments::~Comments() { stop(); }

int Comments::add_route(fce_routes* routes, const fce_route_options& route,
                        const std::string& tenant, uint32_t list_max) {
  auto* user = new Route{this, tenant, list_max};
  const auto release = [](void* given) { delete static_cast<Route*>(given); };
  const int status = fce_routes_add_handler(routes, &route, on_request, user, release);
  if (status != FCE_OK) delete user;
  return status;
}

void Comments::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (worker_.joinable()) worker_.join();
}

// --- On a shard's thread
// ---------------------------------------------------------------------------

void Comments::on_request(fce_exchange* exchange, void* user) {
  const auto& route = *static_cast<const Route*>(user);
  const std::string_view thread = view(fce_exchange_param(exchange, "thread"));
  if (!is_thread_name(thread)) {
    respond_error(exchange, 400, "thread: expected 1 to 128 bytes of UTF-8");
    return;
  }
  ThreadKey key{route.tenant, std::string(thread)};
  bool queued = false;
  if (view(fce_exchange_method(exchange)) == "POST") {
    if (!is_json(view(fce_exchange_header(exchange, "content-type")))) {
      respond_error(exchange, 415, "content-type: expected application/json");
      return;
    }
    Post post{exchange, std::move(key), {}, false};
    std::string error;
    if (!parse_comment(view(fce_exchange_body(exchange)), &post.comment, &error)) {
      respond(exchange, 400, error_json(error));
      return;
    }
    post.comment.created_ms = now_ms();
    queued = route.comments->queue_post(std::move(post));
  } else {
    const std::string_view query = view(fce_exchange_query(exchange));
    Range range;
    range.max = route.list_max;
    query_number(query, "after", &range.after);
    query_number(query, "before", &range.before);
    queued = route.comments->queue_listing({exchange, std::move(key), range});
  }
  if (!queued) respond_error(exchange, 503, "too busy, try again");
}

bool Comments::queue_post(Post post) {
  const std::lock_guard lock(mutex_);
  if (posts_.size() >= kQueueMax || backlog_ || stopping_) return false;
  posts_.push_back(std::move(post));
  wake_.notify_one();
  return true;
}

bool Comments::queue_listing(Listing listing) {
  const std::lock_guard lock(mutex_);
  if (listings_.size() >= kQueueMax || stopping_) return false;
  listings_.push_back(std::move(listing));
  wake_.notify_one();
  return true;
}

void Comments::on_published(int status, const char* id, void* user) {
  const std::unique_ptr<Published> published(static_cast<Published*>(user));
  if (status != FCE_OK) {
    log_warn(std::string("comment was not published error=") + fce_status_name(status));
    return;
  }
  Comments& self = *published->comments;
  const std::lock_guard lock(self.positions_mutex_);
  if (self.positions_.size() >= kPositionsMax) self.positions_.clear();
  self.positions_[std::move(published->key)] = id;
}

// --- On the worker's thread
// ------------------------------------------------------------------------

void Comments::run() {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return stopping_ || !posts_.empty() || !listings_.empty(); };
  for (;;) {
    if (unpublished_.empty()) {
      wake_.wait(lock, ready);
    } else {
      wake_.wait_for(lock, kPublishAgain, ready);
    }
    if (stopping_ && posts_.empty() && listings_.empty()) return;
    std::vector<Post> posts = std::exchange(posts_, {});
    const std::vector<Listing> listings = std::exchange(listings_, {});
    lock.unlock();

    store(posts);
    publish_waiting();
    answer(posts);
    answer(listings);

    lock.lock();
    backlog_ = unpublished_.size() >= kUnpublishedMax;
  }
}

void Comments::store(std::vector<Post>& posts) {
  if (posts.empty()) return;
  try {
    store_.begin();
    for (Post& post : posts) post.fresh = store_.add(post.key, &post.comment);
    store_.commit();
  } catch (const StoreError& error) {
    store_.roll_back();
    log_error("comments cannot be stored error=" + quoted(error.what()));
    for (Post& post : posts) {
      respond_error(post.exchange, 503, "the comment cannot be stored now, try again");
    }
    posts.clear();
    return;
  }
  for (const Post& post : posts) {
    if (post.fresh) unpublished_.push_back({post.key, comment_json(post.comment)});
  }
}

void Comments::publish_waiting() {
  while (!unpublished_.empty()) {
    const Publication& next = unpublished_.front();
    auto* user = new Published{this, next.key};
    const int status = fce_publish(node_, str(next.key.tenant), str(next.key.thread),
                                   next.json.data(), next.json.size(), on_published, user);
    if (status != FCE_OK) delete user;
    // Full queues empty themselves. Nothing may overtake what waits, so the rest waits too.
    if (status == FCE_ENOBUFS) return;
    if (status != FCE_OK) {
      log_warn("comment was not published error=" + quoted(fce_last_error()));
    }
    unpublished_.pop_front();
  }
}

void Comments::answer(const std::vector<Post>& posts) {
  for (const Post& post : posts) {
    respond(post.exchange, post.fresh ? 201 : 200, comment_json(post.comment));
  }
}

void Comments::answer(const std::vector<Listing>& listings) {
  // After a gap all viewers of a thread ask for the same list at once: it is read once a round.
  std::map<std::pair<ThreadKey, Range>, std::string> bodies;
  for (const Listing& listing : listings) {
    std::string& body = bodies[{listing.key, listing.range}];
    if (body.empty()) body = list_body(listing);
    if (body.empty()) {
      respond_error(listing.exchange, 503, "the comments cannot be read now, try again");
    } else {
      respond(listing.exchange, 200, body);
    }
  }
}

std::string Comments::list_body(const Listing& listing) {
  const std::string position = position_of(listing.key);
  try {
    bool older = false;
    const std::vector<Comment> comments = store_.list(listing.key, listing.range, &older);
    return list_json(comments, older, position);
  } catch (const StoreError& error) {
    log_error("comments cannot be read error=" + quoted(error.what()));
    return "";
  }
}

std::string Comments::position_of(const ThreadKey& key) {
  const std::lock_guard lock(positions_mutex_);
  const auto found = positions_.find(key);
  return found != positions_.end() ? found->second : "";
}

}  // namespace edge
