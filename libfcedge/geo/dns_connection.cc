// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_connection.h"

#include <utility>

namespace fce {
namespace {

constexpr size_t kLengthBytes = 2;
constexpr size_t kHeaderBytes = 12;  // the least that a message has
// Nobody's question is longer, so that the memory which slow clients hold stays small.
constexpr size_t kQueryBytesMax = 4096;
// Of a client who asks faster than he takes answers.
constexpr size_t kAnswersMax = 16 * 1024;

}  // namespace

void DnsConnection::start(DnsConnections& all, Stream& stream) {
  if (all.count >= all.limits.connections_max) all.open.front()->push_out();
  stream.set_owner(new DnsConnection(all, stream));
}

DnsConnection::DnsConnection(DnsConnections& all, Stream& stream)
    : all_(all),
      stream_(stream),
      timer_([](void* self) { static_cast<DnsConnection*>(self)->on_timer(); }, this) {
  all_.figures.opened.add();
  ++all_.count;
  await_query();
}

DnsConnection::~DnsConnection() = default;

void DnsConnection::await_query() {
  all_.open.push_back(this);
  timer_.arm(all_.net.loop.timers(), all_.limits.idle_ms);
}

void DnsConnection::on_data(Bytes data) {
  if (closing_) return;
  if (held_.empty()) {
    data = answer_some(data);
    held_.assign(data.begin(), data.end());
    return;
  }
  held_.insert(held_.end(), data.begin(), data.end());
  if (!held_back_) answer_held();
}

void DnsConnection::answer_held() {
  const size_t left = answer_some(held_).size();
  if (left == 0) {
    held_ = {};  // with its memory: most connections wait most of the time
  } else {
    held_.erase(held_.begin(), held_.end() - static_cast<ptrdiff_t>(left));
  }
}

// Returns what is left of `data`.
Bytes DnsConnection::answer_some(Bytes data) {
  while (data.size() >= kLengthBytes) {
    const size_t size = size_t{data[0]} << 8 | data[1];
    if (size < kHeaderBytes || size > kQueryBytesMax) {
      all_.figures.malformed.add();
      close(true);
      return {};
    }
    if (data.size() < kLengthBytes + size) break;
    if (answers_.size() >= kAnswersMax) {
      if (!std::exchange(held_back_, true)) all_.figures.held_back.add();
      stream_.stop_reading();
      break;
    }
    answer(data.subspan(kLengthBytes, size));
    data = data.subspan(kLengthBytes + size);
  }
  return data;
}

void DnsConnection::answer(Bytes query) {
  all_.figures.queries.add();
  if (!closing_) await_query();
  const MutableBytes out{all_.answer.get(), DnsConnections::kAnswerBytes};
  const size_t size = all_.handler.answer({stream_.peer(), all_.transport}, query, out);
  if (size == 0) return;
  const uint8_t length[] = {static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)};
  answers_.insert(answers_.end(), std::begin(length), std::end(length));
  answers_.insert(answers_.end(), out.data(), out.data() + size);
  stream_.want_flush(Lane::answer);
}

bool DnsConnection::on_flush(Gather& out) {
  out.copy(std::exchange(answers_, {}));
  if (std::exchange(held_back_, false)) {
    answer_held();
    if (!held_back_ && !closing_) stream_.start_reading();
  }
  return !answers_.empty();
}

void DnsConnection::close(bool linger) {
  if (std::exchange(closing_, true)) return;
  leave();
  stream_.close(linger);
}

// Makes room for another at once, since the end of a connection takes its time.
void DnsConnection::leave() {
  timer_.cancel();
  if (!linked()) return;
  unlink();
  --all_.count;
}

void DnsConnection::push_out() {
  all_.figures.pushed_out.add();
  leave();
  closing_ = true;
  stream_.abort(Status::canceled);
}

void DnsConnection::on_timer() {
  if (stream_.blocked() || !held_.empty()) {
    all_.figures.slow.add();
    leave();
    return stream_.abort(Status::timed_out);
  }
  all_.figures.idle.add();
  close(false);
}

void DnsConnection::on_closed(Status) {
  leave();
  all_.figures.closed.add();
  delete this;
}

}  // namespace fce
