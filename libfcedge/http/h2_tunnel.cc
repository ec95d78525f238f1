// SPDX-License-Identifier: Apache-2.0
#include "http/h2_tunnel.h"

#include <algorithm>
#include <utility>

#include "http/h2_stream.h"

namespace fce {

H2Tunnel::~H2Tunnel() {
  state_ = State::cut;
  if (StreamOwner* owner = std::exchange(owner_, nullptr)) owner->on_closed(why_);
}

// --- Reading -----------------------------------------------------------------------------------

bool H2Tunnel::on_data(Bytes data) {
  // What comes after `stop_reading` is delivered all the same, but that is no more than a window.
  if (!data.empty()) owner_->on_data(data);
  if (reading_) return true;
  unread_ += static_cast<uint32_t>(data.size());
  return false;
}

void H2Tunnel::on_end() {
  if (!closing()) owner_->on_eof();
}

void H2Tunnel::start_reading() {
  reading_ = true;
  if (unread_ > 0) stream_.open_window(std::exchange(unread_, 0));
}

// --- Writing -----------------------------------------------------------------------------------

void H2Tunnel::want_flush(Lane lane) {
  if (pulling_)
    wanted_ = true;
  else
    wake(lane);
}

BodySource::Pull H2Tunnel::pull(Gather& out, size_t max) {
  if (state_ == State::cut) return Pull::wait;
  const size_t end = out.bytes() + std::min<size_t>(max, pass_bytes_max_);
  if (!send_rest(out, end - out.bytes())) return Pull::more;
  pulling_ = true;
  wanted_ = false;
  // The owner thinks in whole frames of its own; what is too much for this one of HTTP/2 waits.
  const size_t limit = out.set_limit(end);
  const bool more = out.full() || owner_->on_flush(out);
  out.set_limit(limit);
  pulling_ = false;
  if (out.bytes() > end) {
    rest_ = out.cut(end);
    return Pull::more;
  }
  if (state_ == State::cut) return Pull::wait;
  if (more || wanted_) return Pull::more;
  return closing() ? Pull::end : Pull::wait;
}

// True when nothing is left of it.
bool H2Tunnel::send_rest(Gather& out, size_t max) {
  for (; rest_first_ < rest_.size(); ++rest_first_) {
    OutPiece& piece = rest_[rest_first_];
    const size_t room = std::min(max, out.room());
    if (room == 0) return false;
    if (piece.size() > room) {
      out.add(piece.take(room));
      return false;
    }
    max -= piece.size();
    out.add(std::move(piece));
  }
  std::vector<OutPiece>().swap(rest_);
  rest_first_ = 0;
  return true;
}

// --- Closing -----------------------------------------------------------------------------------

void H2Tunnel::close(bool) {
  if (closing()) return;
  state_ = State::closing;
  why_ = Status::ok;
  want_flush(Lane::answer);
}

void H2Tunnel::abort(Status why) {
  if (state_ == State::cut) return;
  state_ = State::cut;
  why_ = why;
  stream_.cancel();
}

}  // namespace fce
