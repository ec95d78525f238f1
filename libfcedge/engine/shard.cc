// SPDX-License-Identifier: Apache-2.0
#include "engine/shard.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <utility>

#include "base/log.h"
#include "engine/internal_call.h"
#include "engine/node.h"
#include "engine/task.h"

namespace fce {
namespace {

thread_local Shard* t_shard = nullptr;

}  // namespace

// Carries an accepted descriptor to the shard that is to serve it.
class Shard::AdoptMail final : public Mail {
 public:
  AdoptMail(Shard& shard, size_t listener, int fd) : shard_(shard), listener_(listener), fd_(fd) {}
  ~AdoptMail() override {
    if (fd_ >= 0) ::close(fd_);
  }
  void deliver() override { shard_.adopt(listener_, take()); }
  int take() { return std::exchange(fd_, -1); }

 private:
  Shard& shard_;
  size_t listener_;
  int fd_;
};

Shard* Shard::current() { return t_shard; }

Shard::Shard(Node& node, uint32_t index, const Limits& limits, uint32_t fanout_us,
             std::atomic<uint64_t>& connections)
    : node_(node),
      index_(index),
      loop_(fanout_us),
      net_(loop_, limits, counters_, connections),
      http_(net_),
      server_(http_),
      later_(loop_) {
  http_.shard = index;
  loop_.count_in(counters_);
}

Shard::~Shard() = default;

Status Shard::open(UringMode uring) {
  const Status status = loop_.open();
  return status == Status::ok ? net_.batch.use_uring(uring) : status;
}

Status Shard::listen(int fd, const CertificateStore* certificates, const ProxyPolicy* proxy,
                     bool shared) {
  auto listener = std::make_unique<Listener>(net_, certificates, server_);
  if (proxy) listener->require_proxy(*proxy);
  const size_t index = listeners_.size();
  if (shared) listener->set_hand_out([this, index](int accepted) { hand_out(index, accepted); });
  // A shard without a socket of its own still serves what others hand it.
  const Status status = fd >= 0 ? listener->open(fd) : Status::ok;
  if (status == Status::ok) listeners_.push_back(std::move(listener));
  return status;
}

void Shard::hand_out(size_t listener, int fd) {
  const uint32_t to = next_shard_++ % node_.shard_count();
  if (to == index_) return adopt(listener, fd);
  auto carrier = std::make_unique<AdoptMail>(node_.shard(to), listener, fd);
  AdoptMail& refused = *carrier;
  std::unique_ptr<Mail> mail = std::move(carrier);
  // With a full mailbox the other shard is behind: then this one serves the connection.
  if (node_.shard(to).loop().post(mail) == Status::ok) return;
  counters_.add(Counter::mailbox_full);
  adopt(listener, refused.take());
}

void Shard::adopt(size_t listener, int fd) {
  if (listener < listeners_.size() && !http_.draining) {
    listeners_[listener]->adopt(fd, PeerAddress());
  } else {
    ::close(fd);
  }
}

void Shard::start() {
  // Signals are the embedding program's: its threads take them, not ours.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  const std::string name = "fce-shard-" + std::to_string(index_);
  pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
}

void Shard::run() {
  t_shard = this;
  loop_.run();
  later_.shut();
}

void Shard::set_routes(std::shared_ptr<const RouteTable> routes) {
  loop_.post_always(make_task(
      [this, routes = std::move(routes)]() mutable { http_.routes = std::move(routes); }));
}

void Shard::drain(uint32_t spread_ms) {
  loop_.post_always(make_task([this, spread_ms] { begin_drain(spread_ms); }));
}

void Shard::begin_drain(uint32_t spread_ms) {
  for (const auto& listener : listeners_) listener->close();
  node_.drain_shard(index_);
  server_.drain(spread_ms);
}

void Shard::stop() {
  loop_.post_always(make_task([this] { end(); }));
}

void Shard::end() {
  http_.draining = true;  // what another shard still hands over is closed, or the loop never ends
  for (const auto& listener : listeners_) listener->close();
  http_.stop_upstreams();
  net_.streams.for_each([](Stream* stream) { stream->abort(Status::canceled); });
  node_.stop_shard(index_);
  while (InternalCall* call = calls_.pop_front()) call->cancel();
  http_.routes = nullptr;
  loop_.stop();
}

void Shard::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace fce
