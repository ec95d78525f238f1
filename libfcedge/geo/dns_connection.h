// SPDX-License-Identifier: Apache-2.0
// DnsConnection: a client over TCP or TLS (RFC 7766, RFC 7858): messages with their length before
// them, as many as he likes at once, answered in their order.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/list.h"
#include "geo/dns_handler.h"
#include "geo/dns_transport_figures.h"
#include "loop/timer.h"
#include "net/net_context.h"
#include "net/stream.h"

namespace fce {

class DnsConnection;

// What the connections of one kind share on a shard. It outlives them.
struct DnsConnections {
  static constexpr size_t kAnswerBytes = 65'535;

  struct Limits {
    uint32_t connections_max = 1000;  // of each kind, on each shard
    uint32_t idle_ms = 10'000;        // from one whole query to the next
  };

  DnsConnections(NetContext& the_net, DnsHandler& the_handler, const Limits& the_limits,
                 DnsTransport the_transport, DnsStreamFigures& the_figures)
      : net(the_net),
        handler(the_handler),
        limits(the_limits),
        transport(the_transport),
        figures(the_figures),
        answer(std::make_unique<uint8_t[]>(kAnswerBytes)) {}

  NetContext& net;
  DnsHandler& handler;
  const Limits limits;
  const DnsTransport transport;
  DnsStreamFigures& figures;
  List<DnsConnection> open;                 // who has been idle for longest is first
  uint32_t count = 0;                       // of that list
  const std::unique_ptr<uint8_t[]> answer;  // where the handler writes one
};

class DnsConnection final : public StreamOwner, public ListNode<DnsConnection> {
 public:
  // Becomes the stream's owner. When there are too many, another has to go for it.
  static void start(DnsConnections& all, Stream& stream);
  // Ends once what has been asked is answered.
  void drain() { close(false); }

  // StreamOwner
  void on_data(Bytes data) override;
  void on_eof() override { close(false); }
  bool on_flush(Gather& out) override;
  void on_closed(Status why) override;

 private:
  DnsConnection(DnsConnections& all, Stream& stream);
  ~DnsConnection();

  Bytes answer_some(Bytes data);
  void answer(Bytes query);
  void answer_held();
  void await_query();
  void leave();
  void push_out();
  void close(bool linger);
  void on_timer();

  DnsConnections& all_;
  Stream& stream_;
  Timer timer_;
  std::vector<uint8_t> held_;     // a query in part, or those that wait until answers are taken
  std::vector<uint8_t> answers_;  // with their lengths, for the next flush
  bool held_back_ = false;
  bool closing_ = false;
};

}  // namespace fce
