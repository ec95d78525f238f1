// SPDX-License-Identifier: Apache-2.0
#include "net/udp_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "net/datagram_runs.h"

namespace fce {
namespace {

constexpr size_t kBatch = DatagramRuns::kAnswersMax;
constexpr int kBatchesPerTurn = 4;  // so that connections have their turn in a flood

// That all begin at the same offset of a page would have them share few lines of the cache.
constexpr size_t kReceiveStride = UdpSocket::kReceiveBytes + 64;

// Keeps the address that was asked, so that the answer leaves from it, and leaves it to the routes
// by which interface: that need not be the one that the query came by. Link-local addresses mean
// something on their own interface only.
void leave_by_any_interface(msghdr* message) {
  cmsghdr* head = CMSG_FIRSTHDR(message);
  if (!head) return;
  if (head->cmsg_level == IPPROTO_IP && head->cmsg_type == IP_PKTINFO) {
    in_pktinfo info;
    std::memcpy(&info, CMSG_DATA(head), sizeof info);
    info.ipi_ifindex = 0;
    std::memcpy(CMSG_DATA(head), &info, sizeof info);
  } else if (head->cmsg_level == IPPROTO_IPV6 && head->cmsg_type == IPV6_PKTINFO) {
    in6_pktinfo info;
    std::memcpy(&info, CMSG_DATA(head), sizeof info);
    if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) return;
    info.ipi6_ifindex = 0;
    std::memcpy(CMSG_DATA(head), &info, sizeof info);
  }
}

}  // namespace

struct UdpSocket::Handle {
  uv_poll_t poll;
  UdpSocket* socket;
};

// Where the system calls put and find things. It is written to before it is read, and most of it
// is never touched.
struct UdpSocket::Batch {
  mmsghdr in[kBatch];
  iovec in_pieces[kBatch];
  DatagramRuns runs;
  sockaddr_storage from[kBatch];
  alignas(cmsghdr) uint8_t control[kBatch][CMSG_SPACE(sizeof(in6_pktinfo))];
  uint8_t data[kBatch][kReceiveStride];
  uint8_t answers[kBatch * kAnswerBytes];

  // The kernel has left the sizes of what it found before, in the first `used` of them.
  size_t used = kBatch;
  void prepare() {
    for (size_t i = 0; i < used; ++i) {
      in_pieces[i] = {data[i], kReceiveBytes};
      msghdr& message = in[i].msg_hdr;
      message = {};
      message.msg_name = &from[i];
      message.msg_namelen = sizeof from[i];
      message.msg_iov = &in_pieces[i];
      message.msg_iovlen = 1;
      message.msg_control = control[i];
      message.msg_controllen = sizeof control[i];
    }
  }
};

UdpSocket::UdpSocket(Loop& loop, DatagramHandler& handler, Figures& figures)
    : loop_(loop), handler_(handler), figures_(figures), batch_(new Batch) {
  // The kernel leaves holes in it, and it is compared as a whole.
  std::memset(batch_->control, 0, sizeof batch_->control);
}

UdpSocket::~UdpSocket() { close(); }

Status UdpSocket::open(int fd) {
  fd_ = fd;
  handle_ = new Handle{{}, this};
  handle_->poll.data = handle_;
  if (uv_poll_init(loop_.uv(), &handle_->poll, fd) != 0) {
    delete std::exchange(handle_, nullptr);
    ::close(std::exchange(fd_, -1));
    return fail(Status::io, "cannot poll a UDP socket");
  }
  poll();
  return Status::ok;
}

void UdpSocket::poll() {
  uv_poll_start(&handle_->poll, UV_READABLE, [](uv_poll_t* poll, int status, int) {
    UdpSocket* socket = static_cast<Handle*>(poll->data)->socket;
    if (!socket) return;
    // An error of one client (ICMP) is none of the socket, but libuv has stopped.
    if (status < 0) socket->poll();
    socket->on_readable();
  });
}

void UdpSocket::on_readable() {
  loop_.begin_turn();
  for (int i = 0; i < kBatchesPerTurn && serve_batch(); ++i) {
  }
}

// Whether there may be more.
bool UdpSocket::serve_batch() {
  batch_->prepare();
  const int got = recvmmsg(fd_, batch_->in, kBatch, MSG_DONTWAIT, nullptr);
  batch_->used = got < 0 ? kBatch : static_cast<size_t>(got);
  // The error of an earlier answer is told once, in the place of a datagram.
  if (got < 0) return errno != EAGAIN;
  size_t bytes = 0;
  const auto received = static_cast<size_t>(got);
  batch_->runs.begin(together_);
  for (size_t i = 0; i < received; ++i) answer(i, &bytes);
  figures_.received.add(received);
  send();
  return received == kBatch;
}

// Puts the answer to one of the received datagrams, if there is one, behind the `bytes` of others.
void UdpSocket::answer(size_t received, size_t* bytes) {
  msghdr& query = batch_->in[received].msg_hdr;
  if (query.msg_flags & MSG_TRUNC) return figures_.too_long.add();
  const PeerAddress from = PeerAddress::from(batch_->from[received]);
  if (from.port == 0) return;  // nobody can be answered there
  const Bytes data{batch_->data[received], batch_->in[received].msg_len};
  uint8_t* const out = batch_->answers + *bytes;
  const size_t size = handler_.on_datagram(from, data, {out, kAnswerBytes});
  if (size == 0) return;
  *bytes += size;
  if (query.msg_controllen > 0) leave_by_any_interface(&query);
  batch_->runs.add(query, {out, size});
}

// Nothing is kept for later: a client whose answer is lost asks again.
void UdpSocket::send() {
  DatagramRuns& runs = batch_->runs;
  runs.finish();
  size_t first = 0;
  while (first < runs.size()) {
    const int sent = sendmmsg(fd_, runs.messages() + first,
                              static_cast<unsigned>(runs.size() - first), MSG_DONTWAIT);
    if (sent > 0) {
      for (const size_t end = first + static_cast<size_t>(sent); first < end; ++first) {
        const size_t count = runs.count(first);
        figures_.sent.add(count);
        if (count > 1) figures_.together.add(count);
      }
    } else if (errno == EAGAIN || errno == ENOBUFS) {
      for (; first < runs.size(); ++first) figures_.not_sent.add(runs.count(first));
    } else if (errno != EINTR) {
      if (errno == EIO) together_ = false;  // it does not take several by this device
      send_singly(first++);
    }
  }
}

// What is wrong with a run need not be wrong with its answers.
void UdpSocket::send_singly(size_t run) {
  const size_t count = batch_->runs.count(run);
  if (count == 1) return figures_.not_sent.add();
  for (size_t i = 0; i < count; ++i) {
    const msghdr message = batch_->runs.single(run, i);
    const bool sent = sendmsg(fd_, &message, MSG_DONTWAIT) >= 0;
    (sent ? figures_.sent : figures_.not_sent).add();
  }
}

void UdpSocket::close() {
  if (!handle_) return;
  handle_->socket = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&std::exchange(handle_, nullptr)->poll),
           [](uv_handle_t* handle) { delete static_cast<Handle*>(handle->data); });
  ::close(std::exchange(fd_, -1));  // after libuv has let go of the number
}

}  // namespace fce
