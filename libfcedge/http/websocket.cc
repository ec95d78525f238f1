// SPDX-License-Identifier: Apache-2.0
#include "http/websocket.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "http/ws_extension.h"

namespace fce {
namespace {

// So many messages that were sent stay in the list, until it is moved together.
constexpr size_t kSentMax = 64;
// Messages up to this size that arrive in one piece are unmasked on the stack.
constexpr size_t kScratchBytes = 16 * 1024;
// So many pings that wait for their pongs are answered one by one; of more, only the latest is
// (RFC 6455 section 5.5.3).
constexpr uint8_t kPongsMax = 16;
constexpr uint32_t kPingMsMax = 24 * 3600 * 1000;

static_assert(sizeof(WebSocket) <= 200, "an idle socket is meant to be small");

void refuse(Exchange& exchange, const WsHandshake& handshake) {
  static constexpr Header kUpgrade[] = {
      {"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Version", "13"}};
  std::span<const Header> headers;
  if (handshake.status == 426) headers = kUpgrade;
  exchange.respond_text(handshake.status, handshake.reason, headers);
}

}  // namespace

struct WebSocket::Output {
  Slice head;                  // the answer to the handshake
  std::vector<uint8_t> pongs;  // frames, one behind the other
  size_t last_pong = 0;        // where the latest begins
  std::vector<Slice> messages;
  size_t first_message = 0;  // those before it are sent
  size_t message_bytes = 0;
  uint8_t pong_count = 0;
  uint8_t close_bytes = 0;
  uint8_t close[2 + kWsControlBytesMax];  // a frame
};

// What came behind the handshake in the same bytes is processed when the loop flushes, since the
// owner must not be called before `accept` has returned.
struct WebSocket::FirstTurn final : Flushable {
  FirstTurn(WebSocket& its_socket, std::vector<uint8_t>&& its_rest)
      : socket(its_socket), rest(std::move(its_rest)) {}
  void flush() override { socket.take_first_turn(); }
  WebSocket& socket;
  std::vector<uint8_t> rest;
};

// --- Opening -----------------------------------------------------------------------------------

WebSocket* WebSocket::accept(Exchange& exchange, const WebSocketOptions& options,
                             WebSocketOwner& owner) {
  WsHandshake handshake = websocket_check(exchange.request);
  WsDeflate deflate;
  if (options.deflate) deflate = websocket_deflate(exchange.request);
  if (handshake.status == 101 && deflate.malformed)
    handshake = {400, "Sec-WebSocket-Extensions is malformed.", {}};
  if (handshake.status != 101) {
    refuse(exchange, handshake);
    return nullptr;
  }
  std::string accept_value;
  Header headers[5];
  size_t count = 0;
  if (!handshake.key.empty()) {
    accept_value = websocket_accept_value(handshake.key);
    headers[count++] = {"Upgrade", "websocket"};
    headers[count++] = {"Connection", "Upgrade"};
    headers[count++] = {"Sec-WebSocket-Accept", accept_value};
  }
  // A client fails the connection over a subprotocol that it has not offered.
  if (!options.subprotocol.empty() && websocket_offers(exchange.request, options.subprotocol))
    headers[count++] = {"Sec-WebSocket-Protocol", options.subprotocol};
  std::string extension;
  if (deflate.window_bits != 0) {
    extension = websocket_deflate_answer(deflate);
    headers[count++] = {"Sec-WebSocket-Extensions", extension};
  }

  HttpContext& http = exchange.http;
  Upgraded upgraded;
  if (exchange.upgrade({headers, count}, &upgraded) != Status::ok) {
    if (!exchange.answered())
      exchange.respond_text(400, "This connection cannot become a WebSocket.");
    return nullptr;
  }
  return new WebSocket(http, std::move(upgraded), options, deflate.window_bits, owner);
}

WebSocket::WebSocket(HttpContext& http, Upgraded&& upgraded, const WebSocketOptions& options,
                     int deflate_bits, WebSocketOwner& owner)
    : http_(http),
      owner_(owner),
      channel_(upgraded.channel),
      timer_(&WebSocket::on_time, this),
      parser_(http.net.limits.ws_message_bytes_max, deflate_bits != 0),
      ping_ms_(std::clamp(options.ping_ms, 1u, kPingMsMax)),
      dead_ms_(std::max(options.dead_ms, 2 * ping_ms_)),
      heard_ms_(now_ms()),
      deflate_bits_(static_cast<uint8_t>(deflate_bits)) {
  channel_.set_owner(this);
  http_.connections.push_back(this);
  http_.net.counters.add(Counter::ws_opened);
  if (channel_.is_tunnel()) http_.net.counters.add(Counter::ws_h2_opened);
  if (deflate_bits_ != 0) http_.net.counters.add(Counter::ws_deflated);
  timer_.arm(http_.net.loop.timers(), ping_ms_);
  if (!upgraded.head.bytes.empty()) output().head = std::move(upgraded.head);
  channel_.want_flush(Lane::answer);
  // A node that drains has asked its connections before this one was there.
  if (!upgraded.rest.empty() || http_.draining) {
    first_turn_ = std::make_unique<FirstTurn>(*this, std::move(upgraded.rest));
    http_.net.loop.mark_dirty(*first_turn_, Lane::answer);
  }
}

WebSocket::~WebSocket() = default;

void WebSocket::take_first_turn() {
  const auto first = std::move(first_turn_);
  if (http_.draining) drain();
  read(first->rest);
}

// --- Reading -----------------------------------------------------------------------------------

void WebSocket::on_data(Bytes data) {
  heard_ms_ = now_ms();
  if (first_turn_) take_first_turn();
  read(data);
}

void WebSocket::read(Bytes data) {
  uint8_t scratch[kScratchBytes];
  WsParser::Item item;
  // The owner may close or abort from within `on_message`.
  while (state_ != State::done && !channel_.closing()) {
    switch (parser_.next(&data, scratch, &item)) {
      case WsParser::Step::more: return;
      case WsParser::Step::message: on_message(item); break;
      case WsParser::Step::control: on_control(item); break;
      case WsParser::Step::failed: on_broken(); break;
    }
  }
  parser_.reset();
}

void WebSocket::on_message(const WsParser::Item& item) {
  if (state_ != State::open) return;
  if (item.inflated && !may_inflate(item.payload.size()))
    return fail(WsClose::policy, Counter::limit_inflate_rate);
  owner_.on_message(*this, as_text(item.payload), item.opcode == WsOpcode::text);
}

// A few bytes inflate to a thousand times as many, whatever the owner makes of them. One message
// that is as large as it may be is always in order.
bool WebSocket::may_inflate(size_t bytes) {
  const Limits& limits = http_.net.limits;
  const uint32_t per_s = limits.ws_inflate_bytes_per_s;
  const uint32_t burst = std::max(per_s, limits.ws_message_bytes_max);
  return inflate_rate_.take(http_.net.loop.now_ms(), per_s, burst, bytes);
}

void WebSocket::on_control(const WsParser::Item& item) {
  if (item.opcode == WsOpcode::close) {
    code_ = item.close_code;
    if (state_ == State::open) queue_close(code_, {});
    return finish(false);
  }
  const uint32_t per_s = http_.net.limits.ws_control_per_s;
  if (!control_rate_.take(http_.net.loop.now_ms(), per_s, per_s))
    return fail(WsClose::policy, Counter::limit_ws_control);
  if (item.opcode == WsOpcode::ping && state_ == State::open) queue_pong(item.payload);
}

void WebSocket::on_broken() {
  const uint16_t code = parser_.error();
  Counter counter = Counter::ws_protocol_errors;
  if (code == WsClose::too_big)
    counter = parser_.inflated_too_big() ? Counter::limit_inflate : Counter::limit_ws_message;
  fail(code, counter);
}

void WebSocket::on_eof() {
  if (first_turn_) take_first_turn();
  finish(false);
}

// --- Silence -----------------------------------------------------------------------------------

void WebSocket::on_time(void* self) {
  auto* socket = static_cast<WebSocket*>(self);
  if (socket->state_ == State::open) return socket->watch_silence();
  socket->http_.net.counters.add(Counter::limit_ws_close);
  socket->state_ = State::done;
  socket->channel_.abort(Status::timed_out);
}

void WebSocket::watch_silence() {
  const uint32_t silent_ms = now_ms() - heard_ms_;
  if (silent_ms >= dead_ms_) {
    http_.net.counters.add(Counter::ws_dead);
    state_ = State::done;
    return channel_.abort(Status::timed_out);
  }
  uint32_t next_ms = ping_ms_;
  if (silent_ms >= ping_ms_) {
    ping_due_ = true;
    channel_.want_flush(Lane::fanout);  // the pings of a herd do not hold up requests
  } else {
    next_ms = ping_ms_ - silent_ms;
  }
  timer_.arm(http_.net.loop.timers(), std::min(next_ms, dead_ms_ - silent_ms));
}

// --- Writing -----------------------------------------------------------------------------------

WebSocket::Output& WebSocket::output() {
  if (!output_) output_ = std::make_unique<Output>();
  return *output_;
}

void WebSocket::queue_pong(Bytes payload) {
  Output& own = output();
  if (own.pong_count < kPongsMax) {
    ++own.pong_count;
    own.last_pong = own.pongs.size();
  } else {
    own.pongs.resize(own.last_pong);
  }
  uint8_t header[10];
  const size_t header_bytes = ws_frame_header(WsOpcode::pong, payload.size(), header);
  own.pongs.insert(own.pongs.end(), header, header + header_bytes);
  own.pongs.insert(own.pongs.end(), payload.begin(), payload.end());
  channel_.want_flush(Lane::answer);
}

void WebSocket::send_text(std::string_view text) {
  if (state_ != State::open) return;
  Output& own = output();
  if (own.message_bytes + text.size() > kQueueBytesMax) {
    own.messages.clear();
    return fail(WsClose::policy, Counter::limit_ws_queue);
  }
  uint8_t header[10];
  const size_t header_bytes = ws_frame_header(WsOpcode::text, text.size(), header);
  ChunkRef frame = ChunkRef::make(header_bytes + text.size());
  std::memcpy(frame->data(), header, header_bytes);
  std::copy(text.begin(), text.end(), frame->data() + header_bytes);
  own.message_bytes += frame->size();
  // A client that never catches up must not make the list grow by what it has taken.
  if (own.first_message > kSentMax && own.first_message > own.messages.size() / 2) {
    own.messages.erase(own.messages.begin(),
                       own.messages.begin() + static_cast<ptrdiff_t>(own.first_message));
    own.first_message = 0;
  }
  own.messages.push_back(Slice::whole(std::move(frame)));
  channel_.want_flush(Lane::answer);
}

bool WebSocket::on_flush(Gather& out) {
  if (output_ && flush_output(out)) return true;
  if (state_ != State::open) return false;
  if (ping_due_) {
    if (out.full()) return true;
    ping_due_ = false;
    uint8_t ping[10];
    out.copy(Bytes(ping, ws_frame_header(WsOpcode::ping, 0, ping)));
  }
  const bool more = owner_.on_flush(*this, out);
  // The owner may have closed, or sent a message of its own.
  return (more && state_ == State::open) || output_ != nullptr;
}

// Adds what is our own, in the order in which the peer has to see it. True: not all found room.
bool WebSocket::flush_output(Gather& out) {
  if (out.full()) return true;
  Output& own = *output_;
  if (!own.head.bytes.empty()) {
    out.add(std::move(own.head));
    own.head = {};
  }
  out.copy(Bytes(own.pongs));
  own.pongs.clear();
  own.pong_count = 0;
  for (; own.first_message < own.messages.size(); ++own.first_message) {
    if (out.full()) return true;
    Slice& message = own.messages[own.first_message];
    own.message_bytes -= message.bytes.size();
    out.add(std::move(message));
  }
  if (own.close_bytes > 0) {
    if (out.full()) return true;
    out.copy(Bytes(own.close, own.close_bytes));
  }
  output_.reset();
  return false;
}

// --- Closing -----------------------------------------------------------------------------------

void WebSocket::queue_close(uint16_t code, std::string_view reason) {
  Output& own = output();
  ping_due_ = false;
  uint8_t payload[kWsControlBytesMax];
  const size_t size = ws_close_payload(code, reason, payload);
  const size_t header_bytes = ws_frame_header(WsOpcode::close, size, own.close);
  std::copy(payload, payload + size, own.close + header_bytes);
  own.close_bytes = static_cast<uint8_t>(header_bytes + size);
}

void WebSocket::close(uint16_t code, std::string_view reason) {
  if (state_ != State::open) return;
  queue_close(code, reason);
  state_ = State::closing;
  parser_.stop_inflating();
  timer_.arm(http_.net.loop.timers(), kCloseMs);
  channel_.want_flush(Lane::answer);
}

// This side found something wrong. The peer may be in the middle of sending, hence the linger.
void WebSocket::fail(uint16_t code, Counter counter) {
  http_.net.counters.add(counter);
  code_ = code;
  if (state_ == State::open) queue_close(code, {});
  finish(true);
}

void WebSocket::finish(bool linger) {
  state_ = State::done;
  // A connection has its own time to send the rest; a tunnel waits for its peer's window.
  if (channel_.is_tunnel()) {
    timer_.arm(http_.net.loop.timers(), kCloseMs);
  } else {
    timer_.cancel();
  }
  channel_.close(linger);
}

void WebSocket::drain() {
  if (state_ == State::open) owner_.on_drain(*this);
}

void WebSocket::on_closed(Status) {
  unlink();
  http_.net.counters.add(Counter::ws_closed);
  owner_.on_closed(*this, code_);
  delete this;
}

}  // namespace fce
