// SPDX-License-Identifier: Apache-2.0
#include "net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace fce {

bool parse_ip(const std::string& text, PeerAddress* out) {
  *out = {};
  if (inet_pton(AF_INET, text.c_str(), out->ip.data()) == 1) {
    out->family = PeerAddress::Family::ipv4;
  } else if (inet_pton(AF_INET6, text.c_str(), out->ip.data()) == 1) {
    out->family = PeerAddress::Family::ipv6;
  } else {
    return false;
  }
  return true;
}

std::vector<PeerAddress> Resolver::ask_system(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  std::vector<PeerAddress> out;
  if (::getaddrinfo(name.c_str(), nullptr, &hints, &list) != 0) return out;
  for (const addrinfo* one = list; one; one = one->ai_next) {
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    sockaddr_storage storage{};
    std::memcpy(&storage, one->ai_addr, one->ai_addrlen);
    out.push_back(PeerAddress::from(storage));
  }
  ::freeaddrinfo(list);
  return out;
}

class Resolver::LookupJob final : public Job {
 public:
  LookupJob(std::shared_ptr<Link> link, std::string name, Lookup lookup)
      : link_(std::move(link)), name_(std::move(name)), lookup_(lookup) {}

  void work() override { addresses_ = lookup_(name_); }
  void done() override {
    if (link_->resolver) link_->resolver->answered(name_, std::move(addresses_));
  }

 private:
  const std::shared_ptr<Link> link_;
  const std::string name_;
  const Lookup lookup_;
  std::vector<PeerAddress> addresses_;
};

Resolver::Resolver(Loop& loop, Counters& counters, Workers* workers, Lookup lookup, Times times)
    : loop_(loop),
      counters_(counters),
      workers_(workers),
      lookup_(lookup),
      times_(times),
      link_(std::make_shared<Link>(Link{this})) {}

Resolver::~Resolver() { link_->resolver = nullptr; }

Resolver::Found Resolver::find(const std::string& name, Waiter& waiter,
                               std::vector<PeerAddress>* out) {
  PeerAddress literal;
  if (parse_ip(name, &literal)) {
    *out = {literal};
    return Found::now;
  }
  if (!workers_) return Found::none;
  auto found = entries_.find(name);
  if (found == entries_.end()) {
    if (!make_room()) return Found::none;
    found = entries_.try_emplace(name).first;
  }
  Entry& entry = found->second;
  const uint64_t age_ms = loop_.now_ms() - entry.asked_ms;
  const bool due =
      entry.asked_ms == 0 || age_ms >= (entry.failed ? times_.failed_ms : times_.fresh_ms);
  if (due && !entry.asking && !ask(name, entry) && entry.addresses.empty()) return Found::none;
  if (!entry.addresses.empty()) {
    if (entry.asking || entry.failed) counters_.add(Counter::resolver_stale);
    *out = entry.addresses;
    return Found::now;
  }
  if (!entry.asking) return Found::none;  // it failed a moment ago
  entry.waiters.push_back(&waiter);
  return Found::later;
}

bool Resolver::ask(const std::string& name, Entry& entry) {
  std::unique_ptr<Job> job = std::make_unique<LookupJob>(link_, name, lookup_);
  if (workers_->submit(job, loop_) != Status::ok) {
    counters_.add(Counter::limit_resolver);
    return false;
  }
  counters_.add(Counter::resolver_lookups);
  entry.asking = true;
  return true;
}

void Resolver::answered(const std::string& name, std::vector<PeerAddress> addresses) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.asking = false;
  entry.asked_ms = std::max<uint64_t>(1, loop_.now_ms());
  entry.failed = addresses.empty();
  if (entry.failed) counters_.add(Counter::resolver_failures);
  if (!entry.failed) entry.addresses = std::move(addresses);
  // A waiter may ask for something else, so that entries move; or destroy another.
  const std::vector<PeerAddress> told = entry.addresses;
  List<Waiter> waiters;
  waiters.splice_back(entry.waiters);
  while (Waiter* waiter = waiters.pop_front()) waiter->on_resolved(told);
}

// Names come from the configuration; those of a former one make room.
bool Resolver::make_room() {
  if (entries_.size() < kNamesMax) return true;
  const uint64_t now = loop_.now_ms();
  std::erase_if(entries_, [&](const auto& one) {
    return !one.second.asking && now - one.second.asked_ms >= times_.fresh_ms;
  });
  if (entries_.size() < kNamesMax) return true;
  counters_.add(Counter::limit_resolver);
  return false;
}

}  // namespace fce
