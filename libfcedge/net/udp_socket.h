// SPDX-License-Identifier: Apache-2.0
// UdpSocket: answers datagrams of one socket of one shard. They are read and answered many at a
// time, each from the address that it was sent to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/status.h"
#include "loop/loop.h"
#include "metrics/tally.h"
#include "net/address.h"

namespace fce {

class DatagramHandler {
 public:
  // Writes the answer and returns its size; 0: there is none. Views are borrowed until return.
  virtual size_t on_datagram(const PeerAddress& from, Bytes data, MutableBytes out) = 0;

 protected:
  ~DatagramHandler() = default;
};

class UdpSocket {
 public:
  static constexpr size_t kReceiveBytes = 2048;
  static constexpr size_t kAnswerBytes = 4096;  // room for each answer

  // Written on the shard's thread.
  struct Figures {
    Tally received;
    Tally too_long;  // of these: dropped, since they were longer than `kReceiveBytes`
    Tally sent;
    Tally not_sent;  // the kernel had no room for it, or no way to its client
    Tally together;  // of the sent: in one message to the kernel with others
  };

  UdpSocket(Loop& loop, DatagramHandler& handler, Figures& figures);
  ~UdpSocket();

  // Takes over a socket of BoundUdp.
  Status open(int fd);
  // Closes the socket. What waits in the kernel's queue is lost.
  void close();

 private:
  struct Handle;
  struct Batch;
  void poll();
  void on_readable();
  bool serve_batch();
  void answer(size_t received, size_t* bytes);
  void send();
  void send_singly(size_t run);

  Loop& loop_;
  DatagramHandler& handler_;
  Figures& figures_;
  const std::unique_ptr<Batch> batch_;
  bool together_ = true;      // whether the kernel takes several answers as one message
  Handle* handle_ = nullptr;  // frees itself once libuv has let go of it
  int fd_ = -1;
};

}  // namespace fce
