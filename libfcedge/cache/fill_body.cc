// SPDX-License-Identifier: Apache-2.0
#include "cache/fill_body.h"

#include <algorithm>
#include <utility>

namespace fce {

FillBody::FillBody(HttpContext& http, EdgeCache& cache, std::shared_ptr<Fill> fill, uint64_t begin,
                   uint64_t end)
    : http_(http),
      cache_(cache),
      fill_(std::move(fill)),
      side_(fill_->side(http.shard, http.net.loop)),
      reader_(begin, end) {}

std::unique_ptr<FillBody> FillBody::join(HttpContext& http, EdgeCache& cache,
                                         std::shared_ptr<Fill> fill, uint64_t begin, uint64_t end) {
  std::unique_ptr<FillBody> body(new FillBody(http, cache, std::move(fill), begin, end));
  if (!body->fill_->buffer().join(body->reader_)) body.reset();
  return body;
}

FillBody::~FillBody() {
  if (fill_->buffer().leave(reader_)) fill_->tell_driver();
  if (reader_.left() == 0)
    fill_->leave_served();
  else
    fill_->drop_interest();
}

BodySource::Pull FillBody::pull(Gather& out, size_t max) {
  if (saved_) return pull_saved(out, max);
  FillBuffer::Take what;
  Slice piece;
  if (fill_->buffer().take(reader_, max, &what, &piece)) fill_->tell_driver();
  switch (what) {
    case FillBuffer::Take::some:
      out.add(std::move(piece));
      return reader_.left() == 0 ? Pull::end : Pull::more;
    case FillBuffer::Take::wait: side_->wait(*this); return Pull::wait;
    case FillBuffer::Take::end: return Pull::end;
    case FillBuffer::Take::saved: return pull_saved(out, max);
    case FillBuffer::Take::failed: break;
  }
  return Pull::failed;
}

// The file has what the window has let go: this reader is slower than the disk.
BodySource::Pull FillBody::pull_saved(Gather& out, size_t max) {
  if (!saved_) {
    std::shared_ptr<LargeFile> file = fill_->file();
    if (!file || file->readable() <= reader_.at()) return Pull::failed;
    const uint64_t length = std::min(file->readable() - reader_.at(), reader_.left());
    saved_ = std::make_unique<LargeBody>(std::move(file), reader_.at(), length, http_.net.loop,
                                         http_.net.counters, cache_.workers());
    saved_->set_reader(this);
  }
  const size_t before = out.bytes();
  const Pull pulled = saved_->pull(out, max);
  if (fill_->buffer().passed(reader_, out.bytes() - before)) fill_->tell_driver();
  if (pulled != Pull::end) return pulled;
  saved_.reset();
  return reader_.left() == 0 ? Pull::end : Pull::more;
}

}  // namespace fce
