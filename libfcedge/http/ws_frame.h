// SPDX-License-Identifier: Apache-2.0
// The frames of WebSocket (RFC 6455 section 5) without any I/O: what a server sends, and the parser
// of what it receives. A parser between messages holds no buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"

namespace fce {

// Close codes (RFC 6455 section 7.4.1, IANA registry).
struct WsClose {
  static constexpr uint16_t normal = 1000, going_away = 1001, protocol_error = 1002,
                            no_status = 1005, abnormal = 1006, invalid_payload = 1007,
                            policy = 1008, too_big = 1009, service_restart = 1012,
                            try_again_later = 1013;
};

enum class WsOpcode : uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

// The header of an unmasked, unfragmented server frame. `out` has 10 bytes; returns how many.
// `compressed`: of a message that permessage-deflate made.
size_t ws_frame_header(WsOpcode opcode, uint64_t payload_bytes, uint8_t* out,
                       bool compressed = false);

// A control frame carries at most so much (section 5.5).
constexpr size_t kWsControlBytesMax = 125;

// Makes the payload of a close frame in `out` (kWsControlBytesMax bytes) and returns its size. A
// code that must not be sent becomes 1000, 1005 an empty payload; a reason is cut at 123 bytes
// between characters, and left out when it is not UTF-8.
size_t ws_close_payload(uint16_t code, std::string_view reason, uint8_t* out);

// Whether an endpoint may send that code (section 7.4).
bool ws_close_code_valid(uint16_t code);

// Removes (or puts on) the mask. `offset` is the position in the payload of the first byte; `out`
// may be `in`.
void ws_unmask(Bytes in, uint8_t* out, const uint8_t (&mask)[4], uint64_t offset);

class WsParser {
 public:
  // `deflate`: permessage-deflate was agreed on, so messages may be compressed.
  explicit WsParser(uint32_t message_bytes_max, bool deflate = false)
      : message_bytes_max_(message_bytes_max), deflate_(deflate) {}

  enum class Step : uint8_t {
    more,     // all input is taken
    message,  // a whole message is in the item
    control,  // a close, ping or pong is in the item
    failed,   // the peer broke the protocol, see `error`; so will each later call
  };
  struct Item {
    WsOpcode opcode = WsOpcode::text;  // never `continuation`
    bool inflated = false;             // the payload was compressed
    uint16_t close_code = 0;           // of a close frame; 1005 when it has none
    Bytes payload;                     // unmasked; of a close frame the reason
  };

  // Takes bytes from the front of `*in` until there is something to tell. The payload is borrowed
  // until the next call of any parser of this thread; it may lie in `scratch`, which saves the
  // memory of messages that fit.
  Step next(Bytes* in, MutableBytes scratch, Item* item);

  // The close code for what went wrong: 1002, 1007 or 1009.
  uint16_t error() const { return error_; }
  // Whether a message was small, but too large once it was inflated.
  bool inflated_too_big() const { return inflated_too_big_; }
  // Whether nothing is half received, and so no memory is held.
  bool idle() const { return partial_ == nullptr; }
  // From here on compressed messages are taken for empty ones: nobody is going to read them, and
  // they cost far more than their bytes.
  void stop_inflating() { inflates_ = false; }
  // Forgets what is half received.
  void reset() { partial_.reset(); }

 private:
  struct Frame {
    uint64_t payload_bytes = 0;
    uint8_t mask[4] = {};
    WsOpcode opcode = WsOpcode::continuation;
    bool fin = false;
    bool compressed = false;
    bool control() const { return static_cast<uint8_t>(opcode) >= 8; }
  };
  struct Partial;
  struct Free {
    void operator()(Partial* partial) const;
  };

  int read_header(Bytes in, Frame* frame);
  bool check_first_byte(uint8_t byte, Frame* frame);
  bool check_length(const Frame& frame, int form);
  bool read_whole(Bytes* in, MutableBytes scratch, Item* item, Step* step);
  Step read_parts(Bytes* in, Item* item);
  bool collect_header(Bytes* in);
  Step take_payload(Bytes* in);
  Step finish_control(WsOpcode opcode, Bytes payload, Item* item);
  Step finish_compressed(WsOpcode opcode, Bytes payload, Item* item);
  Step fail(uint16_t code);
  Partial& partial();

  std::unique_ptr<Partial, Free> partial_;
  uint32_t message_bytes_max_;
  uint16_t error_ = 0;
  bool deflate_ : 1;
  bool inflates_ : 1 = true;
  bool inflated_too_big_ : 1 = false;
};

}  // namespace fce
