// SPDX-License-Identifier: Apache-2.0
#include "net/connect.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/fatal.h"

namespace fce {
namespace {

// Fills `storage` and says how much of it.
socklen_t socket_address(const PeerAddress& peer, sockaddr_storage* storage) {
  *storage = {};
  if (peer.family == PeerAddress::Family::ipv6) {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(*storage);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(peer.port);
    std::memcpy(&in6.sin6_addr, peer.ip.data(), sizeof in6.sin6_addr);
    return sizeof in6;
  }
  auto& in4 = reinterpret_cast<sockaddr_in&>(*storage);
  in4.sin_family = AF_INET;
  in4.sin_port = htons(peer.port);
  std::memcpy(&in4.sin_addr, peer.ip.data(), sizeof in4.sin_addr);
  return sizeof in4;
}

}  // namespace

// One address. It frees itself when libuv has let go of its handle.
class Connector::Attempt {
 public:
  Attempt(Connector& connector, int fd, const PeerAddress& peer, uint32_t limit_ms)
      : connector_(&connector),
        timer_([](void* self) { static_cast<Attempt*>(self)->on_timer(); }, this),
        peer_(peer),
        fd_(fd) {
    Loop& loop = connector.net_.loop;
    if (uv_poll_init(loop.uv(), &poll_, fd) != 0) fatal("cannot poll a connection");
    poll_.data = this;
    timer_.arm(loop.timers(), limit_ms);
    uv_poll_start(&poll_, UV_WRITABLE, [](uv_poll_t* poll, int, int) {
      static_cast<Attempt*>(poll->data)->on_writable();
    });
  }

  // Ends it. The result is its socket, open, and the caller's.
  int close() {
    connector_ = nullptr;
    timer_.cancel();
    uv_close(reinterpret_cast<uv_handle_t*>(&poll_),
             [](uv_handle_t* handle) { delete static_cast<Attempt*>(handle->data); });
    return std::exchange(fd_, -1);
  }
  const PeerAddress& peer() const { return peer_; }

 private:
  ~Attempt() = default;

  void on_writable() {
    if (!connector_) return;
    connector_->net_.loop.begin_turn();
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    error == 0 ? connector_->connected(this) : connector_->ended(this, error);
  }
  void on_timer() { connector_->ended(this, ETIMEDOUT); }

  Connector* connector_;
  uv_poll_t poll_;
  Timer timer_;
  PeerAddress peer_;
  int fd_;
};

std::vector<PeerAddress> by_turns(std::span<const PeerAddress> addresses) {
  std::vector<PeerAddress> first, second, all;
  for (const PeerAddress& one : addresses)
    (one.family == addresses.front().family ? first : second).push_back(one);
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) all.push_back(first[i]);
    if (i < second.size()) all.push_back(second[i]);
  }
  return all;
}

Connector::Connector(NetContext& net, Owner& owner)
    : net_(net),
      owner_(owner),
      timer_([](void* self) { static_cast<Connector*>(self)->next(); }, this) {}

Connector::~Connector() { drop_all(); }

void Connector::drop_all() {
  timer_.cancel();
  for (Attempt* attempt : std::exchange(attempts_, {})) ::close(attempt->close());
}

void Connector::start(std::span<const PeerAddress> addresses, uint32_t each_ms) {
  each_ms_ = each_ms;
  addresses_ = by_turns(addresses);
  if (addresses_.size() > kAddressesMax) addresses_.resize(kAddressesMax);
  next();
}

void Connector::start_unix(const std::string& path, uint32_t each_ms) {
  each_ms_ = each_ms;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path) {
    error_ = ENAMETOOLONG;
    return net_.loop.mark_dirty(*this, Lane::answer);
  }
  std::memcpy(to.sun_path, path.data(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  begin(fd, PeerAddress(), reinterpret_cast<const sockaddr*>(&to), sizeof to);
  if (attempts_.empty()) net_.loop.mark_dirty(*this, Lane::answer);
}

// Tries one address more; those that fail at once are passed over.
void Connector::next() {
  const size_t before = attempts_.size();
  while (tried_ < addresses_.size() && attempts_.size() == before) {
    const PeerAddress& peer = addresses_[tried_++];
    sockaddr_storage to;
    const socklen_t size = socket_address(peer, &to);
    const int fd = ::socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    begin(fd, peer, reinterpret_cast<const sockaddr*>(&to), size);
  }
  if (attempts_.empty()) return net_.loop.mark_dirty(*this, Lane::answer);
  if (tried_ < addresses_.size()) timer_.arm(net_.loop.timers(), kNextMs);
}

void Connector::begin(int fd, const PeerAddress& peer, const sockaddr* to, uint32_t size) {
  if (fd < 0) {
    error_ = errno;
    return;
  }
  const int on = 1;
  if (to->sa_family != AF_UNIX) (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // A unix socket whose queue is full says EAGAIN, and nothing would tell when it is not.
  if (::connect(fd, to, size) != 0 && errno != EINPROGRESS) {
    error_ = errno;
    ::close(fd);
    return;
  }
  attempts_.push_back(new Attempt(*this, fd, peer, each_ms_));
}

void Connector::ended(Attempt* attempt, int error) {
  error_ = error;
  if (error == ETIMEDOUT) late_ = true;
  attempts_.erase(std::find(attempts_.begin(), attempts_.end(), attempt));
  ::close(attempt->close());
  timer_.cancel();
  next();
}

void Connector::connected(Attempt* attempt) {
  attempts_.erase(std::find(attempts_.begin(), attempts_.end(), attempt));
  const PeerAddress peer = attempt->peer();
  const int fd = attempt->close();
  drop_all();
  owner_.on_connected(fd, peer);
}

// All that was tried has failed.
void Connector::flush() { owner_.on_connect_failed(late_, error_); }

}  // namespace fce
