// SPDX-License-Identifier: Apache-2.0
// A stream of HTTP/2 that carries another protocol (RFC 8441): DATA of the request comes in, the
// body of the answer goes out, pulled like any other body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "http/body.h"
#include "http/ws_channel.h"

namespace fce {

class H2Stream;

// Destroyed when the stream has closed, which is when the owner hears of it.
class H2Tunnel final : public BodySource, public WsTunnel {
 public:
  explicit H2Tunnel(H2Stream& stream) : stream_(stream) {}
  ~H2Tunnel() override;

  // DATA of the client. False: the stream's window is not to be opened again.
  bool on_data(Bytes data);
  // The client has ended its side.
  void on_end();

  // BodySource
  Pull pull(Gather& out, size_t max) override;

  // WsTunnel
  void set_owner(StreamOwner* owner) override { owner_ = owner; }
  void want_flush(Lane lane) override;
  void stop_reading() override { reading_ = false; }
  void start_reading() override;
  void set_pass_bytes_max(uint32_t bytes) override { pass_bytes_max_ = bytes; }
  void close(bool linger) override;
  void abort(Status why) override;
  bool closing() const override { return state_ != State::open; }

 private:
  // closing: nothing is delivered any more. cut: nor sent.
  enum class State : uint8_t { open, closing, cut };
  bool send_rest(Gather& out, size_t max);

  H2Stream& stream_;
  StreamOwner* owner_ = nullptr;
  std::vector<OutPiece> rest_;  // what the owner gave beyond what one DATA frame could take
  size_t rest_first_ = 0;       // those before it are sent
  uint32_t unread_ = 0;         // bytes that are delivered but not told to the client's window
  uint32_t pass_bytes_max_ = ~0u;
  Status why_ = Status::closed;
  State state_ = State::open;
  bool reading_ = true;
  bool pulling_ = false;
  bool wanted_ = false;  // while the owner was asked
};

}  // namespace fce
