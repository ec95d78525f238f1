// SPDX-License-Identifier: Apache-2.0
// Exchanges in the hands of C handlers, which may answer on any thread, at any time, also after the
// client, the shard or the node has gone.
#pragma once

#include <fcedge/http.h>

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/list.h"
#include "base/status.h"
#include "http/body.h"
#include "http/exchange.h"

struct fce_exchange : fce::ListNode<fce_exchange> {
  fce_exchange(fce::Exchange& the_exchange, std::shared_ptr<struct fce_exchange_gate> the_gate);
  ~fce_exchange();

  fce::Exchange& exchange;  // one reference
  std::shared_ptr<struct fce_exchange_gate> gate;
  std::string peer;  // text of the address, made when asked for
};

namespace fce {
class Loop;
}

// The way back to the shard; shut when the shard's thread has ended.
struct fce_exchange_gate {
  std::mutex mutex;
  fce::Loop* loop = nullptr;
};

namespace fce {

// An answer on its way to the shard: everything in it is a copy.
struct LaterAnswer {
  uint16_t status = 500;
  std::vector<std::pair<std::string, std::string>> headers;
  ChunkRef body;
  bool abort = false;
};

// One per shard: the exchanges that were given out. Shard's thread, except `give_back`.
class LaterAnswers {
 public:
  explicit LaterAnswers(Loop& loop);
  ~LaterAnswers();

  // Takes a reference of its own.
  fce_exchange* give_out(Exchange& exchange);
  // The loop runs no more: what comes back from now on is only freed.
  void shut();

  // Any thread: ends the handler's ownership. On the shard's own thread the answer is given at
  // once, else by mail. FCE_ECANCELED when there is nobody to answer.
  static Status give_back(fce_exchange* exchange, LaterAnswer answer);

 private:
  std::shared_ptr<fce_exchange_gate> gate_;
  List<fce_exchange> out_;
};

}  // namespace fce
