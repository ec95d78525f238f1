// SPDX-License-Identifier: Apache-2.0
#include "signals.h"

#include <pthread.h>

#include <ctime>
#include <initializer_list>

namespace edge {
namespace {

Signal meaning(int number) {
  switch (number) {
    case SIGTERM:
    case SIGINT: return Signal::kStop;
    case SIGHUP: return Signal::kReload;
    default: return Signal::kNone;
  }
}

}  // namespace

Signals::Signals() {
  sigemptyset(&set_);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    sigaddset(&set_, number);
    // A shell starts background jobs with SIGINT ignored, and ignored signals never become pending.
    std::signal(number, SIG_DFL);
  }
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

Signal Signals::wait() {
  Signal signal = Signal::kNone;
  while (signal == Signal::kNone) signal = meaning(sigwaitinfo(&set_, nullptr));
  return signal;
}

Signal Signals::wait_for(uint32_t timeout_ms) {
  const timespec timeout{timeout_ms / 1000, (timeout_ms % 1000) * 1'000'000L};
  return meaning(sigtimedwait(&set_, nullptr, &timeout));
}

}  // namespace edge
