// SPDX-License-Identifier: Apache-2.0
// Stream: one connection, accepted or made, in clear or over TLS. It reads into its shard's buffer,
// hands the plain text to its owner, and at the end of a turn asks the owner for output
// (`on_flush`) which it writes with one system call. Whatever the socket does not take, the stream
// keeps.
#pragma once

#include <sys/types.h>
#include <uv.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/chunk.h"
#include "base/status.h"
#include "loop/loop.h"
#include "net/address.h"
#include "net/gather.h"
#include "net/net_context.h"
#include "net/tls_session.h"

namespace fce {

class Stream;

// The protocol above a stream. All calls come on the shard's thread.
class StreamOwner {
 public:
  // Plain bytes, borrowed until return. May close or abort the stream, or give it another owner.
  virtual void on_data(Bytes data) = 0;
  // The peer will send nothing more. Output still flows.
  virtual void on_eof() = 0;
  // Fills `out` with what is to be sent; true when there is more than there was room for. Called
  // only when the socket has taken all that came before.
  virtual bool on_flush(Gather& out) = 0;
  // The last call, exactly once. The stream is gone when it returns.
  virtual void on_closed(Status why) = 0;

 protected:
  ~StreamOwner() = default;
};

// Takes streams that are ready: accepted in clear, or through their handshake. It gives each an
// owner before it returns.
class StreamAcceptor {
 public:
  virtual void on_stream(Stream& stream) = 0;
  // Of a stream that was made: the server's handshake failed, so `on_closed` follows.
  virtual void on_tls_failed(const char* why) { (void)why; }

 protected:
  ~StreamAcceptor() = default;
};

class Stream final : public Flushable, public ListNode<Stream> {
 public:
  // Takes over `fd`, which is connected and non-blocking. The stream owns itself from here on.
  // With `certificates` it is a TLS server, else clear text. Who is `proxied` has to say first who
  // the client is, by the PROXY protocol.
  static void accept(NetContext& net, int fd, const PeerAddress& peer,
                     const CertificateStore* certificates, StreamAcceptor& acceptor,
                     bool proxied = false);

  // Makes a stream of a connection of our own: it is no client, so it counts as none. In clear it
  // is open on return; with a session the handshake begins, and `acceptor` is told when it is
  // through. Until then nothing may be flushed, and who made it watches the time.
  static Stream* connect(NetContext& net, int fd, const PeerAddress& peer, TlsSession session,
                         StreamOwner& owner, StreamAcceptor& acceptor);

  void set_owner(StreamOwner* owner) { owner_ = owner; }
  StreamOwner* owner() { return owner_; }

  // Asks for `on_flush` at the end of the turn (or as soon as the socket takes bytes again).
  void want_flush(Lane lane) {
    lane_ = lane;
    if (!writing_blocked_) net_.loop.mark_dirty(*this, lane);
  }
  // Back-pressure on the reading side. What was read already, at most one buffer of 64 KiB, is
  // still delivered after `stop_reading`.
  void stop_reading();
  void start_reading();
  // At most so many bytes per flush. In the fan-out lane, a peer that was once slow to read gets
  // less than that: see kShortPassBytes.
  void set_pass_bytes_max(uint32_t bytes) { pass_bytes_max_ = bytes; }

  // Sends what the owner still has (`on_flush` until it has no more), then closes. Nothing is
  // delivered any more. With `linger` the peer may still be sending: its bytes are read and dropped
  // for up to two seconds, since a reset would destroy the answer on its way.
  void close(bool linger = false);
  // Closes now. `on_closed(why)` comes later, never from within this call.
  void abort(Status why);

  NetContext& net() { return net_; }
  const PeerAddress& peer() const { return peer_; }
  TlsSession& tls() { return tls_; }
  bool is_tls() const { return static_cast<bool>(tls_); }
  Alpn alpn() const { return tls_ ? tls_.alpn() : Alpn::none; }
  // Bytes are waiting that the socket did not take.
  bool blocked() const { return writing_blocked_; }
  bool closing() const { return state_ >= State::closing; }

  void flush() override;

  // For the batch: the socket did not take all of what this stream had added, or has failed.
  void on_sent_in_part(std::vector<OutPiece> rest) { keep(std::move(rest)); }
  void on_send_failed() { outgoing_ ? stop_writing() : finish(Status::closed); }

 private:
  enum class State : uint8_t { proxy, hello, handshake, open, closing, lingering, closed };

  Stream(NetContext& net, int fd, const PeerAddress& peer, const CertificateStore* certificates,
         StreamAcceptor& acceptor, bool outgoing);
  ~Stream();

  void on_poll(int events);
  void begin(Bytes data);
  void on_proxy_header(Bytes data);
  void on_hello(Bytes data);
  void begin_tls(Bytes hello);
  void step_handshake();
  bool shaking() const { return state_ <= State::handshake; }
  // Steps of a handshake have a lane of their own, and so has what may be followed by one.
  bool needs_admission() const {
    return shaking() && !outgoing_ && (state_ != State::proxy || certificates_);
  }
  void wait_for_admission();
  void take_admission();
  bool receive();  // whether there was something
  void deliver(Bytes data);
  void deliver_tls();
  void shaken();
  void read_last();
  void stop_writing();
  void on_timer();

  // Added to the batch that is yet to be submitted.
  bool in_batch() const { return batch_number_ == net_.batch.number(); }
  uint32_t pass_bytes(bool little) const;
  // Whether there is more than what the pass was given.
  bool fill(Gather& out, uint32_t bytes_max);
  void take_plain(Gather& out, uint32_t bytes_max);
  bool goes_slowly() const { return was_short_ && lane_ == Lane::fanout; }
  bool writable() const;
  void wait_writable();

  // Each of these returns true while the socket takes everything, as far as one knows.
  bool send_rest();
  bool send_pass(Gather& gather, bool last);
  bool send_gather(Gather& gather);
  bool send_files(Gather& gather);
  bool send_tls_out();
  bool encrypt(Gather& gather);
  // The number of bytes that the socket took; -1 after it failed: nothing more may be sent.
  ssize_t send_some(const struct iovec* pieces, size_t count, int flags = 0);
  ssize_t send_file(const OutPiece& piece);
  ssize_t send_rest_once(size_t* tried);
  void drop_sent(size_t bytes);
  void keep(std::vector<OutPiece> pieces);
  void time_write();

  void finish_close();
  void finish(Status why);
  void update_poll();
  bool key_update_flood(uint32_t records, uint32_t with_data);

  // A subscriber that is slow costs a few KiB at most: what was encrypted for it cannot be kept in
  // the log.
  static constexpr uint32_t kShortPassBytes = 4096;

  // What the socket did not take; only there while the connection is slow.
  struct Rest {
    std::vector<OutPiece> pieces;
    size_t first = 0;  // pieces before it are sent
  };

  NetContext& net_;
  StreamOwner* owner_ = nullptr;
  StreamAcceptor& acceptor_;
  uv_poll_t poll_;
  Timer timer_;  // of what comes before `open` first, then of a blocked write or of lingering
  TlsSession tls_;
  std::shared_ptr<const CertificateSet> certificates_;  // until the handshake has begun
  std::unique_ptr<Rest> rest_;
  std::unique_ptr<std::vector<OutPiece>> plain_;  // not empty; goes before what the owner has next
  // A header of the PROXY protocol or a ClientHello, that came in pieces.
  std::unique_ptr<std::vector<uint8_t>> hello_;
  PeerAddress peer_;
  int fd_;
  Status why_ = Status::ok;
  uint32_t pass_bytes_max_ = Gather::kBytesMax;
  uint32_t batch_number_ = 0;
  union {
    uint32_t handshake_us_ = 0;  // during the handshake: what it has cost so far
    int32_t empty_records_;      // afterwards: TLS records without data in this minute
  };
  union {
    uint32_t accepted_us_;           // during the handshake; these bits go round in an hour
    uint32_t empty_records_minute_;  // afterwards
  };
  uint8_t polled_ = 0;  // events that the poll handle waits for
  State state_;
  Lane lane_ = Lane::answer;
  bool reading_ = true;
  bool eof_ = false;
  bool writing_blocked_ = false;  // waits for the socket, with or without a rest
  bool was_short_ = false;        // the socket has once not taken everything
  bool linger_ = false;
  bool outgoing_ = false;  // we have connected
  bool deaf_ = false;      // the peer takes nothing more, but what it has said is still read
};

}  // namespace fce
