// SPDX-License-Identifier: Apache-2.0
#include "cache/fill.h"

#include <utility>

namespace fce {
namespace {

class FillMail final : public Mail {
 public:
  explicit FillMail(std::shared_ptr<FillSide> side) : side_(std::move(side)) {}
  void deliver() override { side_->deliver(); }

 private:
  const std::shared_ptr<FillSide> side_;
};

}  // namespace

void FillSide::tell() {
  if (!told_.exchange(true, std::memory_order_acq_rel))
    loop_.post_always(std::make_unique<FillMail>(shared_from_this()));
}

void FillSide::deliver() {
  // First, so that what changes while they are told is told again.
  told_.store(false, std::memory_order_release);
  List<FillVisitor> told;
  told.splice_back(waiting_);
  while (FillVisitor* visitor = told.pop_front()) visitor->on_fill();
}

Fill::Fill(const ObjectName& name, uint32_t shards)
    : tenant_(name.tenant), key_(name.key), sides_(shards) {}

std::shared_ptr<FillSide> Fill::side(uint32_t shard, Loop& loop) {
  const std::lock_guard lock(mutex_);
  if (!sides_[shard]) sides_[shard] = std::make_shared<FillSide>(loop);
  return sides_[shard];
}

Fill::Outcome Fill::outcome() const {
  const std::lock_guard lock(mutex_);
  return outcome_;
}

std::shared_ptr<LargeFile> Fill::file() const {
  const std::lock_guard lock(mutex_);
  return file_;
}

bool Fill::add_interest() {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  ++interest_;
  return true;
}

void Fill::drop_interest() {
  bool last;
  {
    const std::lock_guard lock(mutex_);
    last = --interest_ == 0;
  }
  if (last) tell_driver();
}

// With `mutex_` held.
bool Fill::rest_is_small() const {
  const FillHead* head = outcome_.head.get();
  return head && head->length && *head->length - buffer_.size() <= kRestBytesMax;
}

void Fill::leave_served() {
  {
    const std::lock_guard lock(mutex_);
    if (!not_stored_ && !served_ && rest_is_small()) {
      served_ = true;
      return;
    }
  }
  drop_interest();
}

void Fill::not_stored() {
  {
    const std::lock_guard lock(mutex_);
    not_stored_ = true;
    if (!std::exchange(served_, false)) return;
  }
  drop_interest();
}

void Fill::set_shared(std::shared_ptr<const FillHead> head) {
  const std::lock_guard lock(mutex_);
  outcome_.phase = Phase::shared;
  outcome_.head = std::move(head);
}

void Fill::set_own(uint16_t status) {
  const std::lock_guard lock(mutex_);
  outcome_.phase = Phase::own;
  outcome_.status = status;
  closed_ = true;
  not_stored_ = true;
}

void Fill::set_failed(FetchError error) {
  const std::lock_guard lock(mutex_);
  outcome_.phase = Phase::failed;
  outcome_.error = error;
  closed_ = true;
}

void Fill::set_file(std::shared_ptr<LargeFile> file) {
  const std::lock_guard lock(mutex_);
  file_ = std::move(file);
}

void Fill::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

void Fill::invalidate() {
  invalidated_.store(true, std::memory_order_release);
  close();
}

bool Fill::close_if_unwanted() {
  const std::lock_guard lock(mutex_);
  if (interest_ > 0) return false;
  closed_ = true;
  return true;
}

void Fill::tell_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& side : sides_)
    if (side) side->tell();
}

}  // namespace fce
