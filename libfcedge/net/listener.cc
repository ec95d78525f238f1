// SPDX-License-Identifier: Apache-2.0
#include "net/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "base/time.h"
#include "net/socket_address.h"

namespace fce {
namespace {

constexpr int kAcceptsPerTurn = 64;  // so that open connections have their turn in a storm

// A negative result is -errno.
int make_tcp(const ListenAddress& address, uint16_t port, bool reuse_port) {
  const auto prepare = [](int fd, bool) {
    set_socket_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    // Accepted sockets inherit it, which spares a system call for each.
    set_socket_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  };
  return make_bound_socket(address, port, SOCK_STREAM, prepare, reuse_port);
}

Status bind_unix(const ListenAddress& address, const BoundAddress::Options& options, int* out) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address.path.c_str(), address.path.size());
  const auto* to_any = reinterpret_cast<const sockaddr*>(&to);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return cannot_listen(address, errno);
  // A socket file that nobody listens on is what a crash leaves behind: it may be replaced.
  struct stat info;
  if (::lstat(address.path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) {
    // Not blocking: a listener whose queue is full is alive, and must not hold us up.
    const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const bool alive = ::connect(probe, to_any, sizeof to) == 0 || errno != ECONNREFUSED;
    ::close(probe);
    if (!alive) ::unlink(address.path.c_str());
  }
  const bool bound = ::bind(fd, to_any, sizeof to) == 0;
  if (!bound || ::chmod(address.path.c_str(), options.unix_mode) != 0 ||
      ::listen(fd, static_cast<int>(options.backlog)) != 0) {
    const int error = errno;
    ::close(fd);
    if (bound) ::unlink(address.path.c_str());
    return cannot_listen(address, error);
  }
  *out = fd;
  return Status::ok;
}

}  // namespace

BoundAddress::~BoundAddress() {
  for (const int fd : sockets_)
    if (fd >= 0) ::close(fd);
  if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
}

BoundAddress::BoundAddress(BoundAddress&& other) noexcept
    : sockets_(std::move(other.sockets_)),
      port_(other.port_),
      unix_path_(std::exchange(other.unix_path_, {})) {}

BoundAddress& BoundAddress::operator=(BoundAddress&& other) noexcept {
  std::swap(sockets_, other.sockets_);
  std::swap(port_, other.port_);
  std::swap(unix_path_, other.unix_path_);
  return *this;
}

Status BoundAddress::bind(const ListenAddress& address, const Options& options, BoundAddress* out) {
  BoundAddress bound;
  bound.sockets_.assign(options.shards, -1);
  if (address.is_unix) {
    const Status status = bind_unix(address, options, &bound.sockets_[0]);
    if (status != Status::ok) return status;
    bound.unix_path_ = address.path;
    *out = std::move(bound);
    return Status::ok;
  }
  // The probe also picks the port when it is 0. It is closed before the group is made, since a
  // socket without the flag keeps others with it away.
  const int probe = make_tcp(address, address.port, false);
  if (probe < 0) return cannot_listen(address, -probe);
  // Binding alone does not see a listener on a wildcard address with SO_REUSEADDR: listening does.
  if (::listen(probe, 1) != 0) {
    const int error = errno;
    ::close(probe);
    return cannot_listen(address, error);
  }
  bound.port_ = SocketAddress::of_socket(probe).port();
  ::close(probe);
  for (int& fd : bound.sockets_) {
    fd = make_tcp(address, bound.port_, true);
    if (fd < 0) return cannot_listen(address, -std::exchange(fd, -1));
    if (::listen(fd, static_cast<int>(options.backlog)) != 0) return cannot_listen(address, errno);
  }
  *out = std::move(bound);
  return Status::ok;
}

int BoundAddress::take(uint32_t shard) {
  return shard < sockets_.size() ? std::exchange(sockets_[shard], -1) : -1;
}

struct Listener::Handle {
  uv_poll_t poll;
  Listener* listener;
};

Listener::Listener(NetContext& net, const CertificateStore* certificates, StreamAcceptor& acceptor)
    : net_(net),
      certificates_(certificates),
      acceptor_(acceptor),
      resume_([](void* self) { static_cast<Listener*>(self)->resume(); }, this) {
  if (certificates_) net_.admission.expect_tls();
}

Listener::~Listener() { close(); }

Status Listener::open(int fd) {
  fd_ = fd;
  handle_ = new Handle{{}, this};
  handle_->poll.data = handle_;
  if (uv_poll_init(net_.loop.uv(), &handle_->poll, fd) != 0) {
    delete std::exchange(handle_, nullptr);
    ::close(std::exchange(fd_, -1));
    return fail(Status::io, "cannot poll a listening socket");
  }
  resume();
  return Status::ok;
}

void Listener::resume() {
  if (!handle_) return;
  uv_poll_start(&handle_->poll, UV_READABLE, [](uv_poll_t* poll, int, int) {
    if (auto* listener = static_cast<Handle*>(poll->data)->listener) listener->on_readable();
  });
}

void Listener::on_readable() {
  net_.loop.begin_turn();
  Admission& admission = net_.admission;
  // While too many handshakes wait, new ones do so in the kernel. The loop keeps turning for those,
  // so that nothing has to wake this.
  if (certificates_ && admission.handshakes_waiting >= net_.limits.tls_handshakes_pending_max) {
    if (!std::exchange(held_back_, true)) net_.counters.add(Counter::limit_handshakes_pending);
    return set_queue(queue());
  }
  held_back_ = false;
  const uint64_t began_us = monotonic_us();
  const uint32_t accepted = accept_some();
  if (accepted == 0) return;
  admission.accepted(monotonic_us() - began_us, accepted);
  net_.show_admission();
}

// How many waited and were taken.
uint32_t Listener::accept_some() {
  uint32_t accepted = 0;
  for (int i = 0; i < kAcceptsPerTurn && handle_; ++i) {
    SocketAddress from;
    const int fd = accept4(fd_, from.get(), &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN) pause();
      set_queue(0);
      return accepted;
    }
    ++accepted;
    if (hand_out_) {
      hand_out_(fd);
    } else {
      adopt(fd, PeerAddress::from(from.storage));
    }
  }
  // The kernel does not tell of an empty queue, and those who were taken wait there no more.
  if (queued_ > 0) set_queue(queue());
  return accepted;
}

void Listener::set_queue(uint32_t clients) {
  net_.admission.accept_queue += clients - queued_;
  queued_ = clients;
  net_.show_admission();
}

uint32_t Listener::queue() const {
  if (!handle_) return 0;
  tcp_info info{};
  socklen_t size = sizeof info;
  // Of a listening socket that is the length of its queue.
  return getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_unacked : 0;
}

// Out of descriptors or memory: the socket stays readable, so polling on would spin.
void Listener::pause() {
  log(LogLevel::error, "accept failed error=\"%s\" pause_ms=100", std::strerror(errno));
  uv_poll_stop(&handle_->poll);
  resume_.arm(net_.loop.timers(), 100);
}

void Listener::adopt(int fd, const PeerAddress& peer) {
  net_.counters.add(Counter::accepted);
  if (net_.connections.load(std::memory_order_relaxed) >= net_.limits.connections_max)
    return refuse(fd, Counter::limit_connections);
  if (proxy_ && !proxy_->trusts(peer)) return refuse(fd, Counter::proxy_untrusted);
  Stream::accept(net_, fd, peer, certificates_, acceptor_, proxy_ != nullptr);
}

void Listener::refuse(int fd, Counter why) {
  net_.counters.add(why);
  net_.counters.add(Counter::closed);
  ::close(fd);
}

void Listener::close() {
  if (!handle_) return;
  set_queue(0);
  resume_.cancel();
  handle_->listener = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&std::exchange(handle_, nullptr)->poll),
           [](uv_handle_t* handle) { delete static_cast<Handle*>(handle->data); });
  ::close(std::exchange(fd_, -1));  // after libuv has let go of the number
}

}  // namespace fce
