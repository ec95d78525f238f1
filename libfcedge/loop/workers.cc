// SPDX-License-Identifier: Apache-2.0
#include "loop/workers.h"

#include <utility>

namespace fce {
namespace {

// Carries a finished job back to the loop that asked for it.
class DoneMail : public Mail {
 public:
  explicit DoneMail(std::unique_ptr<Job> job) : job_(std::move(job)) {}
  void deliver() override { job_->done(); }

 private:
  std::unique_ptr<Job> job_;
};

}  // namespace

Workers::Workers(uint32_t threads, uint32_t queue_max) : queue_max_(queue_max) {
  threads_.reserve(threads);
  for (uint32_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Workers::~Workers() { stop(); }

Status Workers::submit(std::unique_ptr<Job>& job, Loop& from) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return fail(Status::bad_state, "the worker pool has stopped");
    if (queue_.size() >= queue_max_) return fail(Status::full, "the worker pool's queue is full");
    queue_.push_back({std::move(job), &from});
  }
  wake_.notify_one();
  return Status::ok;
}

void Workers::stop() {
  std::deque<Item> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(queue_);
  }
  wake_.notify_all();
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

void Workers::run() {
  for (;;) {
    Item item;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      item = std::move(queue_.front());
      queue_.pop_front();
    }
    item.job->work();
    item.from->post_always(std::make_unique<DoneMail>(std::move(item.job)));
  }
}

}  // namespace fce
