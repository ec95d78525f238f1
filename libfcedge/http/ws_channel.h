// SPDX-License-Identifier: Apache-2.0
// What carries a WebSocket: a connection of its own, or one stream of an HTTP/2 connection. Both
// talk to a StreamOwner in the same way.
#pragma once

#include <cstdint>

#include "net/stream.h"

namespace fce {

// A stream of HTTP/2 seen as a connection (RFC 8441). Each function means what it means for Stream.
class WsTunnel {
 public:
  virtual void set_owner(StreamOwner* owner) = 0;
  virtual void want_flush(Lane lane) = 0;
  virtual void stop_reading() = 0;
  virtual void start_reading() = 0;
  virtual void set_pass_bytes_max(uint32_t bytes) = 0;
  virtual void close(bool linger) = 0;
  virtual void abort(Status why) = 0;
  virtual bool closing() const = 0;

 protected:
  ~WsTunnel() = default;
};

// One or the other, in the size of a pointer and, for a connection, without a virtual call: a
// hundred thousand of these stand in idle sockets, and each delivery goes through one.
class WsChannel {
 public:
  WsChannel() = default;
  explicit WsChannel(Stream& stream) : bits_(reinterpret_cast<uintptr_t>(&stream)) {}
  explicit WsChannel(WsTunnel& tunnel) : bits_(reinterpret_cast<uintptr_t>(&tunnel) | kTunnel) {}

  bool is_tunnel() const { return (bits_ & kTunnel) != 0; }

  void set_owner(StreamOwner* owner) {
    return is_tunnel() ? tunnel().set_owner(owner) : stream().set_owner(owner);
  }
  void want_flush(Lane lane) {
    return is_tunnel() ? tunnel().want_flush(lane) : stream().want_flush(lane);
  }
  void stop_reading() { return is_tunnel() ? tunnel().stop_reading() : stream().stop_reading(); }
  void start_reading() { return is_tunnel() ? tunnel().start_reading() : stream().start_reading(); }
  void set_pass_bytes_max(uint32_t bytes) {
    return is_tunnel() ? tunnel().set_pass_bytes_max(bytes) : stream().set_pass_bytes_max(bytes);
  }
  void close(bool linger = false) {
    return is_tunnel() ? tunnel().close(linger) : stream().close(linger);
  }
  void abort(Status why) { return is_tunnel() ? tunnel().abort(why) : stream().abort(why); }
  bool closing() const { return is_tunnel() ? tunnel().closing() : stream().closing(); }

 private:
  // Both classes have virtual functions, so their addresses are even.
  static constexpr uintptr_t kTunnel = 1;
  Stream& stream() const { return *reinterpret_cast<Stream*>(bits_); }
  WsTunnel& tunnel() const { return *reinterpret_cast<WsTunnel*>(bits_ & ~kTunnel); }

  uintptr_t bits_ = 0;
};

}  // namespace fce
