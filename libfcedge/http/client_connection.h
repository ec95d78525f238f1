// SPDX-License-Identifier: Apache-2.0
// ClientConnection: one connection to a server of an upstream, from the look-up of its name on. It
// carries one request after the other, and may end as a tunnel. It belongs to itself.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/list.h"
#include "http/h1_response_parser.h"
#include "http/upstream.h"
#include "http/upstream_fetch.h"
#include "loop/timer.h"
#include "net/connect.h"
#include "net/resolver.h"
#include "net/stream.h"

namespace fce {

class UpstreamPool;
struct IdleTag;

class ClientConnection final : public StreamOwner,
                               public ListNode<ClientConnection>,
                               public ListNode<IdleTag>,
                               private StreamAcceptor,
                               private Connector::Owner,
                               private Resolver::Waiter,
                               private H1ResponseParser::Sink {
 public:
  // Begins to connect, for `fetch`.
  static void open(UpstreamPool& pool, size_t peer, UpstreamFetch& fetch);

  size_t peer() const { return peer_index_; }
  bool counted() const { return counted_; }
  bool idle() const { return state_ == State::idle; }
  // Nothing has come that nobody asked for, and that would pass for the answer to the next request
  // (a late 408, say). Over TLS what is there may be a ticket, so nothing is said of it.
  bool quiet() const;
  // Serves it: the connection is idle.
  void serve(UpstreamFetch& fetch);
  // Waits for work.
  void rest();
  // Ends now. Whom it serves is told `why`, as if it had been lost.
  void fail(FetchError why);

  // --- For its fetch.
  void on_fetch_gone();
  void on_paused();
  void on_resumed();
  void on_request_ready(Lane lane);
  void on_tunnel_source();

  // StreamOwner
  void on_data(Bytes data) override;
  void on_eof() override;
  bool on_flush(Gather& out) override;
  void on_closed(Status why) override;

 private:
  enum class State : uint8_t {
    resolving,
    connecting,
    handshake,
    idle,
    waiting,  // for the head of the answer
    reading,  // its body
    tunnel,
    ended
  };

  ClientConnection(UpstreamPool& pool, size_t peer, bool counted);
  ~ClientConnection();

  void begin();
  void connect(const std::vector<PeerAddress>& addresses);
  void opened();
  void consume(Bytes data);
  void complete(bool reusable);
  void end();
  void on_timer();
  bool served() const { return state_ >= State::waiting && state_ <= State::tunnel; }
  bool said_goodbye();
  FetchError why_closed(Status why) const;
  FetchError why_refused() const;

  // Resolver::Waiter, Connector::Owner, StreamAcceptor
  void on_resolved(const std::vector<PeerAddress>& addresses) override;
  void on_connected(int fd, const PeerAddress& peer) override;
  void on_connect_failed(bool late, int error) override;
  void on_stream(Stream& stream) override;
  void on_tls_failed(const char* why) override;
  // H1ResponseParser::Sink
  bool on_informational(uint16_t status, std::span<const Header> headers) override;
  bool on_head(uint16_t status, std::span<const Header> headers,
               std::optional<uint64_t> length) override;
  bool on_body(Bytes piece) override;

  UpstreamPool& pool_;  // not once it has ended: it may be gone
  const std::shared_ptr<const UpstreamShared> shared_;
  const UpstreamPeer& peer_;
  const size_t peer_index_;
  UpstreamFetch* fetch_ = nullptr;
  Stream* stream_ = nullptr;
  int fd_ = -1;  // the stream's
  std::optional<Connector> connector_;
  H1ResponseParser parser_;
  Timer timer_;
  uint64_t began_us_;
  uint32_t requests_ = 0;
  State state_ = State::resolving;
  const bool counted_;  // among those of its server: it makes no health check
  bool no_address_ = false;
  bool forbidden_ = false;     // there are addresses, but none for clear text
  bool head_given_ = false;    // of the request, to the stream
  bool request_done_ = false;  // all of it was
  bool source_ended_ = false;  // of the tunnel
};

}  // namespace fce
