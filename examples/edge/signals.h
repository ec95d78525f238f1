// SPDX-License-Identifier: Apache-2.0
//
// Signals as values for the main thread. They are blocked in all threads, so no handler ever runs.
#ifndef FCEDGE_EXAMPLES_EDGE_SIGNALS_H_
#define FCEDGE_EXAMPLES_EDGE_SIGNALS_H_

#include <csignal>
#include <cstdint>

namespace edge {

enum class Signal { kNone, kStop, kReload };

class Signals {
 public:
  // Blocks SIGTERM, SIGINT and SIGHUP and ignores SIGPIPE. Threads inherit this, so it comes first.
  Signals();

  // Waits for the next signal, without end or at most so long (then kNone).
  Signal wait();
  Signal wait_for(uint32_t timeout_ms);

 private:
  sigset_t set_;
};

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_SIGNALS_H_
