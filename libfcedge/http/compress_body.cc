// SPDX-License-Identifier: Apache-2.0
#include "http/compress_body.h"

#include <algorithm>
#include <utility>

namespace fce {
namespace {

// Of a thread: what a source adds, and what the compressor makes of it. Neither outlives a call.
struct Buffers {
  Gather in;
  std::vector<uint8_t> out;
};

Buffers& buffers() {
  thread_local Buffers buffers;
  return buffers;
}

}  // namespace

CompressBody::CompressBody(std::unique_ptr<BodySource> source, CompressorLease compressor,
                           Loop& loop, Counters& counters)
    : source_(std::move(source)),
      compressor_(std::move(compressor)),
      loop_(loop),
      counters_(counters) {
  source_->set_reader(this);
}

CompressBody::~CompressBody() = default;

BodySource::Pull CompressBody::pull(Gather& out, size_t max) {
  if (made_.bytes.empty() && state_ == State::ready) {
    if (turn_ == loop_.turn()) {
      state_ = State::resting;
      loop_.mark_dirty(*this, Lane::fanout);
    } else {
      turn_ = loop_.turn();
      compress_portion();
    }
  }
  if (state_ == State::failed) return Pull::failed;
  const size_t size = std::min(max, made_.bytes.size());
  if (size > 0) out.add(Slice{made_.chunk, made_.bytes.first(size)});
  made_.bytes = made_.bytes.subspan(size);
  if (!made_.bytes.empty()) return Pull::more;
  made_ = {};
  switch (state_) {
    case State::ready: return Pull::more;
    case State::resting:
    case State::waiting: return Pull::wait;
    case State::ended: return Pull::end;
    case State::failed: break;
  }
  return Pull::failed;
}

void CompressBody::compress_portion() {
  Gather& in = buffers().in;
  buffers().out.clear();
  in.begin(kPortionBytes);
  Pull result = Pull::more;
  while (result == Pull::more && in.room() > 0) {
    const size_t before = in.bytes();
    result = source_->pull(in, in.room());
    if (in.bytes() == before) break;
  }
  bool good = result != Pull::failed;
  for (size_t i = 0; i < in.count() && good; ++i) good = feed(in[i].bytes, Compressor::Step::go_on);
  if (result == Pull::end) {
    good = good && feed({}, Compressor::Step::finish);
    state_ = State::ended;
  } else if (result == Pull::wait) {
    // What there is goes out, or a reader would wait for what was sent long ago.
    if (held_) good = good && feed({}, Compressor::Step::flush);
    held_ = false;
    state_ = State::waiting;
  }
  in.clear();
  if (!good) {
    state_ = State::failed;
    return;
  }
  const Bytes made(buffers().out);
  counters_.add(Counter::compress_bytes_out, made.size());
  if (!made.empty()) made_ = Slice::whole(ChunkRef::copy_of(made));
  if (buffers().out.capacity() > 4 * kPortionBytes) std::vector<uint8_t>().swap(buffers().out);
}

bool CompressBody::feed(Bytes in, Compressor::Step step) {
  held_ |= !in.empty();
  counters_.add(Counter::compress_bytes_in, in.size());
  return compressor_->run(in, step, &buffers().out);
}

void CompressBody::on_body_ready(BodySource&, Lane lane) {
  if (state_ == State::waiting) state_ = State::ready;
  wake(lane);
}

void CompressBody::flush() {
  if (state_ == State::resting) state_ = State::ready;
  wake(Lane::answer);
}

BodySource::Pull SliceBody::pull(Gather& out, size_t max) {
  const size_t size = std::min(max, left_.bytes.size());
  out.add(Slice{left_.chunk, left_.bytes.first(size)});
  left_.bytes = left_.bytes.subspan(size);
  return left_.bytes.empty() ? Pull::end : Pull::more;
}

ChunkRef compress_whole(Bytes bytes, CompressorLease& compressor) {
  std::vector<uint8_t>& out = buffers().out;
  out.clear();
  if (!compressor->run(bytes, Compressor::Step::finish, &out) || out.size() >= bytes.size())
    return {};
  return ChunkRef::copy_of(out);
}

}  // namespace fce
