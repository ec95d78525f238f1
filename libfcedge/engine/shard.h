// SPDX-License-Identifier: Apache-2.0
// Shard: one thread with its loop, listeners, connections and counters.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "base/list.h"
#include "engine/answer_later.h"
#include "http/context.h"
#include "http/server.h"
#include "loop/loop.h"
#include "metrics/counters.h"
#include "net/listener.h"
#include "net/net_context.h"

namespace fce {

class InternalCall;
class Node;

class Shard {
 public:
  Shard(Node& node, uint32_t index, const Limits& limits, uint32_t fanout_us,
        std::atomic<uint64_t>& connections);
  ~Shard();

  // Before `start`.
  Status open(UringMode uring);
  // Accepts on `fd`, in TLS if there is a store. `shared` sockets hand connections round.
  Status listen(int fd, const CertificateStore* certificates, const ProxyPolicy* proxy,
                bool shared);
  void start();

  // From any other thread, while started.
  void set_routes(std::shared_ptr<const RouteTable> routes);
  void drain(uint32_t spread_ms);
  // Ends everything on the shard's thread; `join` waits for that.
  void stop();
  void join();

  Loop& loop() { return loop_; }
  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }
  Node& node() { return node_; }
  uint32_t index() const { return index_; }
  LaterAnswers& later() { return later_; }
  List<InternalCall>& calls() { return calls_; }
  // Only while the shard's thread does not run.
  HttpContext& http() { return http_; }

  // The shard whose thread this is; null elsewhere.
  static Shard* current();

 private:
  class AdoptMail;
  void hand_out(size_t listener, int fd);
  void adopt(size_t listener, int fd);
  void run();
  void begin_drain(uint32_t spread_ms);
  void end();

  Node& node_;
  const uint32_t index_;
  Counters counters_;
  Loop loop_;
  NetContext net_;
  HttpContext http_;
  HttpServer server_;
  LaterAnswers later_;
  List<InternalCall> calls_;  // under way
  std::vector<std::unique_ptr<Listener>> listeners_;
  uint32_t next_shard_ = 0;  // that a shared socket's connection goes to
  std::thread thread_;
};

}  // namespace fce
