// SPDX-License-Identifier: Apache-2.0
#include "net/uring.h"

#ifdef FCE_URING

#include <liburing.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>
#include <vector>

namespace fce {
namespace {

// MSG_DONTWAIT has the kernel try a send while it is submitted and never later: it neither waits
// for the socket nor hands the send to a thread. MSG_WAITALL makes a partial send a failure, which
// posts a completion with its count in spite of IOSQE_CQE_SKIP_SUCCESS; without it the rest of a
// partial send would vanish silently. (MSG_WAITALL alone goes asynchronous.)
constexpr int kFlags = MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL;

// More than a unix socket with the smallest buffer takes.
constexpr uint32_t kProbeBytes = 256 * 1024;

}  // namespace

struct Uring::Ring {
  io_uring ring;
};

Uring::Uring(std::unique_ptr<Ring> ring) : ring_(std::move(ring)) {}

Uring::~Uring() { io_uring_queue_exit(&ring_->ring); }

// On a thread of its own: the kernel may interrupt the system calls of a thread that has used a
// ring, and the caller's belongs to the embedding program.
std::unique_ptr<Uring> Uring::open(std::string* why) {
  std::unique_ptr<Uring> uring;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread([&] { uring = make(why); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  thread.join();
  return uring;
}

std::unique_ptr<Uring> Uring::make(std::string* why) {
  auto ring = std::make_unique<Ring>();
  // No polling thread of the kernel, no registered files: those gain nothing here, and keep a
  // closed socket's FIN back.
  const int error = io_uring_queue_init(kEntries, &ring->ring, 0);
  if (error < 0) {
    *why = std::strerror(-error);
    return nullptr;
  }
  std::unique_ptr<Uring> uring(new Uring(std::move(ring)));
  if (const char* fault = uring->find_fault()) {
    *why = fault;
    return nullptr;
  }
  return uring;
}

// Tries what the rest relies on; older kernels do some of it differently.
const char* Uring::find_fault() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return "no sockets";
  const int least = 1;  // the kernel takes its own minimum
  ::setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
  const std::vector<uint8_t> bytes(kProbeBytes);
  const auto send_one = [&](uint32_t size) {
    Send one{pair[0], size, bytes.data(), 0};
    return send(&one, 1) ? one.result : kNotTried;
  };
  const char* fault = nullptr;
  if (send_one(1) != 1) fault = "a send does not succeed";
  const int64_t part = send_one(kProbeBytes);
  if (part <= 0 || part >= kProbeBytes) fault = "a partial send is not told";
  if (send_one(1) != -EAGAIN) fault = "a send waits for its socket";
  char arrived;
  if (::recv(pair[1], &arrived, 1, MSG_DONTWAIT) != 1) fault = "a send is made later";
  ::close(pair[1]);
  if (send_one(1) != -EPIPE) fault = "a failed send is not told";
  ::close(pair[0]);
  return fault;
}

bool Uring::send(Send* sends, size_t count) {
  for (size_t done = 0; done < count;) {
    const size_t next = count - done < kEntries ? count - done : kEntries;
    if (!submit(sends + done, static_cast<unsigned>(next))) {
      for (done += next; done < count; ++done) sends[done].result = kNotTried;
      return false;
    }
    done += next;
  }
  return true;
}

bool Uring::submit(Send* sends, unsigned count) {
  io_uring* ring = &ring_->ring;
  for (unsigned i = 0; i < count; ++i) {
    Send& one = sends[i];
    io_uring_sqe* sqe = io_uring_get_sqe(ring);  // there is one: the ring is empty between batches
    io_uring_prep_send(sqe, one.fd, one.data, one.size, kFlags);
    sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
    sqe->user_data = i;
    one.result = one.size;
  }
  // The kernel stops early at an entry that it refuses, whose completion says why.
  unsigned left = count;
  while (left > 0) {
    const int taken = io_uring_submit(ring);
    if (taken > 0) {
      left -= static_cast<unsigned>(taken);
    } else if (taken != -EINTR) {
      break;
    }
  }
  reap(sends);
  for (unsigned i = count - left; i < count; ++i) sends[i].result = kNotTried;
  return left == 0;
}

// Only what did not go as a whole has a completion. There is room for all of them: the kernel makes
// the completion queue twice as long as the other.
void Uring::reap(Send* sends) {
  io_uring* ring = &ring_->ring;
  unsigned head;
  unsigned count = 0;
  io_uring_cqe* cqe;
  io_uring_for_each_cqe(ring, head, cqe) {
    sends[cqe->user_data].result = cqe->res;
    ++count;
  }
  io_uring_cq_advance(ring, count);
}

}  // namespace fce

#else  // built with -During=disabled

namespace fce {

struct Uring::Ring {};

Uring::Uring(std::unique_ptr<Ring> ring) : ring_(std::move(ring)) {}
Uring::~Uring() = default;

std::unique_ptr<Uring> Uring::open(std::string* why) {
  *why = "built without it";
  return nullptr;
}

bool Uring::send(Send*, size_t) { return false; }

}  // namespace fce

#endif
