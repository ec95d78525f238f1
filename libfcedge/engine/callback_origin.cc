// SPDX-License-Identifier: Apache-2.0
#include "engine/callback_origin.h"

#include <utility>

#include "http/context.h"

namespace fce {
namespace {

class TalkMail final : public Mail {
 public:
  explicit TalkMail(std::shared_ptr<CallbackTalk> talk) : talk_(std::move(talk)) {}
  void deliver() override;

 private:
  const std::shared_ptr<CallbackTalk> talk_;
};

}  // namespace

// The shard's end.
class CallbackFetch final : public Fetch {
 public:
  CallbackFetch(Loop& loop, FetchSink& sink, std::shared_ptr<CallbackTalk> talk)
      : sink_(sink), talk_(std::move(talk)) {
    talk_->loop = &loop;
    talk_->fetch = this;
  }
  ~CallbackFetch() override {
    if (gone_) *gone_ = true;
    const std::lock_guard lock(talk_->mutex);
    talk_->loop = nullptr;
    talk_->fetch = nullptr;
  }

  void pause() override { paused_ = true; }
  void resume() override {
    paused_ = false;
    const std::lock_guard lock(talk_->mutex);
    tell(talk_);
  }

  // Passes on what was said. With the lock.
  static void tell(const std::shared_ptr<CallbackTalk>& talk) {
    if (talk->loop && !std::exchange(talk->told, true))
      talk->loop->post_always(std::make_unique<TalkMail>(talk));
  }

  void deliver() {
    bool gone = false;
    gone_ = &gone;
    pass_on(gone);
    if (!gone) gone_ = nullptr;
  }

 private:
  // One step after the other, since the sink may destroy this in each.
  void pass_on(const bool& gone) {
    const std::shared_ptr<CallbackTalk> talk = talk_;
    if (!begun_ && !begin(gone)) return;
    while (!gone && !paused_) {
      std::unique_lock lock(talk->mutex);
      if (talk->pieces.empty()) {
        const bool failed = talk->failed, ended = talk->ended;
        lock.unlock();
        if (failed) return sink_.on_fail(FetchError::truncated);
        if (ended) return sink_.on_end({});
        return;
      }
      const ChunkRef piece = std::move(talk->pieces.front());
      talk->pieces.pop_front();
      talk->pending -= piece.bytes().size();
      lock.unlock();
      sink_.on_body(piece.bytes());
    }
  }

  bool begin(const bool& gone) {
    std::vector<Header> fields;
    std::unique_lock lock(talk_->mutex);
    const uint16_t status = talk_->status;
    const int64_t length = talk_->length;
    const bool failed = talk_->failed;
    // Written once, before `status`: so they may be looked at without the lock.
    for (const auto& [name, value] : talk_->headers) fields.push_back({name, value});
    lock.unlock();
    if (status == 0) {
      if (failed) sink_.on_fail(FetchError::closed);
      return false;
    }
    begun_ = true;
    const std::shared_ptr<CallbackTalk> talk = talk_;  // holds the fields
    sink_.on_head(
        status, fields,
        length < 0 ? std::nullopt : std::optional<uint64_t>(static_cast<uint64_t>(length)));
    return !gone;
  }

  FetchSink& sink_;
  const std::shared_ptr<CallbackTalk> talk_;
  bool* gone_ = nullptr;
  bool begun_ = false;
  bool paused_ = false;
};

namespace {

void TalkMail::deliver() {
  CallbackFetch* fetch;
  {
    const std::lock_guard lock(talk_->mutex);
    talk_->told = false;
    fetch = talk_->fetch;
  }
  if (fetch) fetch->deliver();
}

}  // namespace

CallbackOrigin::~CallbackOrigin() {
  if (release_) release_(user_);
}

std::unique_ptr<Fetch> CallbackOrigin::start(HttpContext& http, FetchRequest&& request,
                                             FetchSink& sink) const {
  auto talk = std::make_shared<CallbackTalk>();
  auto fetch = std::make_unique<CallbackFetch>(http.net.loop, sink, talk);
  if (request.method != "GET" && request.method != "HEAD") {
    const std::lock_guard lock(talk->mutex);
    talk->failed = true;
    CallbackFetch::tell(talk);
    return fetch;
  }
  auto* handle = new fce_fetch;
  handle->method = request.method;
  handle->target = request.target;
  handle->host = request.authority;
  for (const Header& header : request.headers)
    handle->headers.emplace_back(header.name, header.value);
  handle->talk = std::move(talk);
  origin_(handle, user_);
  return fetch;
}

namespace {

// Says something under the lock; FCE_ECANCELED when nobody waits for it any more.
template <class F>
Status say(fce_fetch* fetch, F&& what) {
  const std::shared_ptr<CallbackTalk> talk = fetch->talk;
  const std::lock_guard lock(talk->mutex);
  if (!talk->loop) return fail(Status::canceled, "nobody waits for this fetch any more");
  const Status status = what(*talk);
  if (status == Status::ok) CallbackFetch::tell(talk);
  return status;
}

}  // namespace

Status callback_head(fce_fetch* fetch, uint16_t status,
                     std::vector<std::pair<std::string, std::string>> headers, int64_t length) {
  return say(fetch, [&](CallbackTalk& talk) {
    if (talk.status != 0) return fail(Status::bad_state, "the answer has a head already");
    talk.status = status;
    talk.headers = std::move(headers);
    talk.length = length;
    return Status::ok;
  });
}

Status callback_write(fce_fetch* fetch, Bytes piece) {
  return say(fetch, [&](CallbackTalk& talk) {
    if (talk.status == 0) return fail(Status::bad_state, "the answer has no head yet");
    if (talk.pending > CallbackTalk::kPendingMax)
      return fail(Status::full, "more than 4 MiB of this answer wait");
    if (talk.length >= 0 && talk.written + piece.size() > static_cast<uint64_t>(talk.length))
      return fail(Status::invalid, "the body is longer than its length");
    if (piece.empty()) return Status::ok;
    talk.written += piece.size();
    talk.pending += piece.size();
    talk.pieces.push_back(ChunkRef::copy_of(piece));
    return Status::ok;
  });
}

Status callback_end(fce_fetch* fetch) {
  const std::unique_ptr<fce_fetch> ends(fetch);
  Status short_body = Status::ok;
  const Status status = say(fetch, [&](CallbackTalk& talk) {
    const bool whole =
        talk.status != 0 && (talk.length < 0 || talk.written == static_cast<uint64_t>(talk.length));
    (whole ? talk.ended : talk.failed) = true;
    if (!whole) short_body = fail(Status::protocol, "the answer is shorter than its length");
    return Status::ok;
  });
  return status == Status::ok ? short_body : status;
}

void callback_fail(fce_fetch* fetch) {
  const std::unique_ptr<fce_fetch> ends(fetch);
  (void)say(fetch, [](CallbackTalk& talk) {
    talk.failed = true;
    return Status::ok;
  });
}

}  // namespace fce
