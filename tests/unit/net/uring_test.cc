// SPDX-License-Identifier: Apache-2.0
#include "net/uring.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/log.h"
#include "net/stream_node.h"

namespace fce {
namespace {

class Pair {
 public:
  Pair() {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds_) == 0);
    const int least = 1;
    ::setsockopt(fds_[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
  }
  ~Pair() {
    leave();
    ::close(fds_[0]);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  int writer() const { return fds_[0]; }
  void leave() { StreamNode::leave(fds_[1]); }
  std::string receive() const {
    std::string out(100'000, '\0');
    const ssize_t got = ::recv(fds_[1], out.data(), out.size(), 0);
    out.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return out;
  }

 private:
  int fds_[2];
};

Uring::Send send_of(const Pair& pair, const std::string& text) {
  return {pair.writer(), static_cast<uint32_t>(text.size()), as_bytes(text).data(), 0};
}

// The number of a ring's descriptor, -1: there is none.
int ring_descriptor() {
  for (int fd = 0; fd < 1024; ++fd) {
    char name[64];
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t size = ::readlink(link.c_str(), name, sizeof name);
    if (size > 0 && std::string_view(name, static_cast<size_t>(size)).ends_with("[io_uring]"))
      return fd;
  }
  return -1;
}

// No further descriptor can be made while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_;
};

}  // namespace

TEST_CASE("uring: each send of a batch has its own result, and is made before one returns") {
  std::string why;
  const auto uring = Uring::open(&why);
  if (!uring) {
    MESSAGE("no io_uring: " << why);
    return;
  }
  Pair whole, part, full, gone, last;
  const std::string small = "message", large = counting_bytes(100'000);
  while (::send(full.writer(), small.data(), small.size(), MSG_NOSIGNAL) > 0) {
  }
  gone.leave();
  std::vector<Uring::Send> sends = {send_of(whole, small),
                                    send_of(part, large),
                                    send_of(full, small),
                                    send_of(gone, small),
                                    {-1, 7, as_bytes(small).data(), 0},
                                    send_of(last, small)};
  REQUIRE(uring->send(sends.data(), sends.size()));
  CHECK(sends[0].result == 7);
  CHECK(whole.receive() == small);
  CHECK(sends[1].result > 0);
  CHECK(sends[1].result < 100'000);
  CHECK(part.receive() == large.substr(0, static_cast<size_t>(sends[1].result)));
  CHECK(part.receive().empty());
  CHECK(sends[2].result == -EAGAIN);
  CHECK(sends[3].result == -EPIPE);
  CHECK(sends[4].result == -EBADF);
  CHECK(sends[5].result == 7);
  CHECK(last.receive() == small);
}

TEST_CASE("uring: a batch longer than the ring is several, also when all of them fail") {
  std::string why;
  const auto uring = Uring::open(&why);
  if (!uring) return;
  const std::string text = "0123456789";
  for (const size_t count : {size_t{Uring::kEntries}, size_t{3 * Uring::kEntries + 7}}) {
    for (const bool gone : {false, true}) {
      Pair pair;
      const int room = 16 << 20;
      ::setsockopt(pair.writer(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
      if (gone) pair.leave();
      std::vector<Uring::Send> sends(count, send_of(pair, text));
      REQUIRE(uring->send(sends.data(), sends.size()));
      int64_t taken = 0;
      for (const auto& send : sends) {
        CHECK((send.result == 10 || send.result == (gone ? -EPIPE : -EAGAIN)));
        if (send.result > 0) taken += send.result;
      }
      CHECK((taken > 0) == !gone);
      int64_t received = 0;
      while (const size_t got = gone ? 0 : pair.receive().size()) received += got;
      CHECK(received == taken);
    }
  }
}

TEST_CASE("uring: without it sockets are written to all the same, and the log says why") {
  std::string lines;
  log_set(
      LogLevel::debug,
      [](int32_t, const char* line, size_t, void* user) {
        *static_cast<std::string*>(user) += line;
      },
      &lines, nullptr);
  Counters counters;
  SendBatch batch(counters);
  {
    const NoDescriptors none;
    std::string why;
    CHECK(Uring::open(&why) == nullptr);
    CHECK_FALSE(why.empty());
    CHECK(batch.use_uring(UringMode::automatic) == Status::ok);
    CHECK_FALSE(batch.has_uring());
    CHECK(batch.use_uring(UringMode::on) == Status::unsupported);
  }
  CHECK(batch.use_uring(UringMode::off) == Status::ok);
  CHECK_FALSE(batch.has_uring());
  log_set(LogLevel::off, nullptr, nullptr, nullptr);
  CHECK(lines.find("io_uring is not used") != std::string::npos);
}

TEST_CASE("uring: a ring that fails later is given up, and nothing is lost or doubled") {
  StreamNode node;
  REQUIRE(node.net.batch.use_uring(UringMode::automatic) == Status::ok);
  if (!node.net.batch.has_uring()) return;
  const int ring = ring_descriptor();
  REQUIRE(ring >= 0);
  for (int i = 0; i < 20; ++i) node.open();
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  REQUIRE(::dup3(null, ring, O_CLOEXEC) == ring);
  ::close(null);
  for (const auto& owner : node.owners) owner->send("all the same");
  node.turn(1);
  for (const int fd : node.clients) {
    char text[64];
    CHECK(::recv(fd, text, sizeof text, 0) == 12);
  }
  CHECK_FALSE(node.net.batch.has_uring());
  CHECK(node.count(Counter::uring_sends) == 0);
  CHECK(node.count(Counter::bytes_out) == 20 * 12);
}

}  // namespace fce
