// SPDX-License-Identifier: Apache-2.0
#include "http/upload.h"

#include <algorithm>
#include <utility>

#include "http/byte_queue.h"

namespace fce {

// The reader's end.
class Upload::Source final : public BodySource {
 public:
  explicit Source(Upload& upload) : upload_(&upload) {}
  ~Source() override {
    if (upload_) upload_->on_dropped(queue_.size());
  }

  Pull pull(Gather& out, size_t max) override {
    if (state_ == State::failed) return Pull::failed;
    if (!std::exchange(pulled_, true) && upload_) upload_->on_wanted();
    const size_t pulled = queue_.pull(out, max);
    if (upload_ && pulled > 0) upload_->on_taken(pulled);
    if (!queue_.empty()) return Pull::more;
    return state_ == State::ended ? Pull::end : Pull::wait;
  }

  // For the upload. Each may be the end of this object.
  void push(Bytes piece) {
    queue_.push(piece);
    wake(Lane::answer);
  }
  void end() {
    state_ = State::ended;
    wake(Lane::answer);
  }
  void leave() {
    upload_ = nullptr;
    if (state_ == State::ended && queue_.empty()) return;
    state_ = State::failed;
    queue_.clear();
    wake(Lane::answer);
  }
  size_t size() const { return queue_.size(); }

 private:
  enum class State : uint8_t { open, ended, failed };
  Upload* upload_;  // while the codec has it
  ByteQueue queue_;
  State state_ = State::open;
  bool pulled_ = false;
};

Upload::Upload(Owner& owner, const Loop& loop, std::optional<uint64_t> length, uint64_t bytes_max,
               bool waits)
    : owner_(owner),
      loop_(loop),
      length_(length),
      bytes_max_(bytes_max),
      untaken_(std::make_unique<Source>(*this)),
      began_ms_(loop.now_ms()),
      last_ms_(began_ms_),
      waits_(waits) {
  source_ = untaken_.get();
}

Upload::~Upload() {
  if (Source* source = std::exchange(source_, nullptr)) source->leave();
}

Body Upload::take() {
  if (!untaken_) return Body::none();
  return Body::pulled(std::move(untaken_), length_);
}

size_t Upload::waiting_bytes() const { return source_ ? source_->size() : 0; }

void Upload::drop_untaken() { untaken_.reset(); }

void Upload::push(Bytes piece) {
  received_ += piece.size();
  waits_ = false;
  if (waiting_bytes() == 0) last_ms_ = loop_.now_ms();
  if (source_ && !piece.empty()) source_->push(piece);
}

void Upload::end() {
  if (source_) source_->end();
}

uint64_t Upload::deadline_ms(uint32_t body_ms) const {
  if (waits_ || waiting_bytes() > 0) return kNever;
  return std::min(last_ms_, began_ms_ + received_) + body_ms;
}

void Upload::on_wanted() {
  if (!std::exchange(waits_, false)) return;
  began_ms_ += loop_.now_ms() - last_ms_;
  last_ms_ = loop_.now_ms();
  owner_.on_upload_wanted();
}

void Upload::on_taken(size_t bytes) {
  if (source_->size() == 0) {
    began_ms_ += loop_.now_ms() - last_ms_;
    last_ms_ = loop_.now_ms();
  }
  owner_.on_upload_taken(bytes);
}

void Upload::on_dropped(size_t bytes) {
  source_ = nullptr;
  waits_ = false;
  last_ms_ = loop_.now_ms();
  if (bytes > 0) owner_.on_upload_taken(bytes);
  owner_.on_upload_dropped();
}

}  // namespace fce
