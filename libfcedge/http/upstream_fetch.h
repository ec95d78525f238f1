// SPDX-License-Identifier: Apache-2.0
// UpstreamFetch: one request to an upstream, from the queue to the end of its answer. It survives
// the connections that fail it, as long as it may be made again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/list.h"
#include "http/body_writer.h"
#include "http/fetch.h"
#include "loop/loop.h"
#include "loop/timer.h"

namespace fce {

class ClientConnection;
class UpstreamPool;

class UpstreamFetch final : public Fetch,
                            public BodyReader,
                            public ListNode<UpstreamFetch>,
                            private Flushable {
 public:
  UpstreamFetch(UpstreamPool& pool, FetchSink& sink);
  ~UpstreamFetch() override;

  // Takes the request over; false when it must not be sent. `authority` stands in for a missing
  // one.
  bool take(FetchRequest&& request, std::string_view authority);
  // For a health check: only there, and once.
  void pin(size_t peer) { pinned_ = peer; }

  // Fetch, BodyReader
  void pause() override;
  void resume() override;
  void send(std::unique_ptr<BodySource> bytes) override;
  void on_body_ready(BodySource& source, Lane lane) override;

  // --- For the pool. Which server it should not be sent to again; whether it wants a connection
  // that is new.
  std::optional<size_t> avoided() const { return avoided_; }
  bool wants_new() const { return wants_new_; }
  std::optional<size_t> pinned() const { return pinned_; }
  void wait(uint64_t limit_ms);
  bool set_queued(bool queued) { return std::exchange(queued_, queued); }
  // Fails at the end of the turn, so never within the call that started it.
  void fail_later(FetchError why);
  // The node stops.
  void stop();

  // --- For the connection.
  FetchSink& sink() { return sink_; }
  BodyWriter& body() { return body_; }
  const Slice& head() const { return head_; }
  bool to_head() const { return to_head_; }
  bool upgrade() const { return upgrade_; }
  bool paused() const { return paused_; }
  uint64_t began_us() const { return began_us_; }
  void attach(ClientConnection& connection);
  // What is known of a connection that was lost.
  struct Loss {
    FetchError why;
    size_t peer;
    bool sent;    // the server may have something of the request
    bool begun;   // something of the answer has come
    bool reused;  // the connection had served another
  };
  // The connection is gone. The last call, or a retry begins.
  void on_lost(const Loss& loss);
  // The answer is complete: the last call.
  void finish(std::span<const Header> trailers);

 private:
  void flush() override;
  void fail(FetchError why);
  bool may_retry(const Loss& loss) const;
  void on_timer();

  UpstreamPool* pool_;  // null once it stops
  FetchSink& sink_;
  ClientConnection* connection_ = nullptr;
  Timer timer_;  // in the queue
  Slice head_;
  Slice bytes_;  // of the body, to be sent again
  BodyWriter body_;
  std::optional<size_t> avoided_;
  std::optional<size_t> pinned_;
  uint64_t began_us_;
  uint32_t tries_ = 0;
  FetchError failure_ = FetchError::stopped;  // that `flush` tells
  bool to_head_ = false;
  bool idempotent_ = false;
  bool upgrade_ = false;
  bool paused_ = false;
  bool wants_new_ = false;
  bool queued_ = false;
};

}  // namespace fce
