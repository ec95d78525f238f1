// SPDX-License-Identifier: Apache-2.0
// CallbackOrigin: an origin that is C code. What it says comes from any thread, and reaches the
// fetch on its shard by mail; a fetch that nobody waits for any more only says so.
#pragma once

#include <fcedge/origin.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/origin_plan.h"
#include "http/fetch.h"
#include "loop/loop.h"

namespace fce {

class CallbackFetch;

// What the shard's fetch and the C code's handle share.
struct CallbackTalk {
  static constexpr size_t kPendingMax = 4 * 1024 * 1024;

  std::mutex mutex;
  Loop* loop = nullptr;            // null once the fetch is gone, or the shard
  CallbackFetch* fetch = nullptr;  // only its shard's thread looks at it
  // What was said and is not passed on yet.
  uint16_t status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  int64_t length = -1;
  std::deque<ChunkRef> pieces;
  size_t pending = 0;
  uint64_t written = 0;
  bool ended = false;
  bool failed = false;
  bool told = false;  // a mail is on its way
};

class CallbackOrigin final : public Fetcher {
 public:
  CallbackOrigin(fce_origin_fn origin, void* user, fce_release_fn release)
      : origin_(origin), user_(user), release_(release) {}
  ~CallbackOrigin() override;
  std::unique_ptr<Fetch> start(HttpContext& http, FetchRequest&& request,
                               FetchSink& sink) const override;

 private:
  const fce_origin_fn origin_;
  void* const user_;
  const fce_release_fn release_;
};

// What the C code says; see origin.h. The last two end the handle.
Status callback_head(fce_fetch* fetch, uint16_t status,
                     std::vector<std::pair<std::string, std::string>> headers, int64_t length);
Status callback_write(fce_fetch* fetch, Bytes piece);
Status callback_end(fce_fetch* fetch);
void callback_fail(fce_fetch* fetch);

// The same origin for all nodes: the code does not belong to any.
class CallbackPlan final : public OriginPlan {
 public:
  explicit CallbackPlan(std::shared_ptr<const Fetcher> origin) : origin_(std::move(origin)) {}

 private:
  Status make(Node&, std::shared_ptr<const Fetcher>* out) override {
    *out = origin_;
    return Status::ok;
  }
  const std::shared_ptr<const Fetcher> origin_;
};

}  // namespace fce

// The C code's handle: a copy of the request, and the way back.
struct fce_fetch {
  std::string method, target, host;
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<fce::CallbackTalk> talk;
};
