// SPDX-License-Identifier: Apache-2.0
// Resolver: the addresses of host names, as one shard knows them. The system is asked by workers,
// and what it says is believed for a while. A name that was known stays usable while it is asked
// for again, and when nobody answers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/list.h"
#include "loop/loop.h"
#include "loop/workers.h"
#include "metrics/counters.h"
#include "net/address.h"

namespace fce {

class Resolver {
 public:
  static constexpr size_t kNamesMax = 256;
  struct Times {
    uint64_t fresh_ms = 30'000;  // so long an answer is believed
    uint64_t failed_ms = 1000;   // so long nobody is asked again after a failure
  };

  // Somebody who waits. Destroyed, or unlinked, it waits no more.
  class Waiter : public ListNode<Waiter> {
   public:
    // Without a port. Empty: there are none.
    virtual void on_resolved(const std::vector<PeerAddress>& addresses) = 0;

   protected:
    ~Waiter() = default;
  };

  // What asks the system, on a worker; empty when there is no answer.
  using Lookup = std::vector<PeerAddress> (*)(const std::string& name);
  static std::vector<PeerAddress> ask_system(const std::string& name);

  // Without `workers` only literal addresses are known. They answer to `loop`, so they end first.
  Resolver(Loop& loop, Counters& counters, Workers* workers, Lookup lookup, Times times);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  enum class Found {
    now,    // see `out`
    later,  // `waiter` is told
    none    // there is no address, or too much is being asked for
  };
  Found find(const std::string& name, Waiter& waiter, std::vector<PeerAddress>* out);

 private:
  class LookupJob;
  struct Link {
    Resolver* resolver;  // only the loop's thread looks
  };
  struct Entry {
    std::vector<PeerAddress> addresses;
    uint64_t asked_ms = 0;
    bool asking = false;
    bool failed = false;  // the last answer was none
    List<Waiter> waiters;
  };

  bool ask(const std::string& name, Entry& entry);
  void answered(const std::string& name, std::vector<PeerAddress> addresses);
  bool make_room();

  Loop& loop_;
  Counters& counters_;
  Workers* const workers_;
  const Lookup lookup_;
  const Times times_;
  std::shared_ptr<Link> link_;
  std::unordered_map<std::string, Entry> entries_;
};

// "192.0.2.1" or "2001:db8::1", without brackets.
bool parse_ip(const std::string& text, PeerAddress* out);

}  // namespace fce
