// SPDX-License-Identifier: Apache-2.0
#include "cache/write_queue.h"

#include <utility>

namespace fce {

bool WriteQueue::has_room(uint64_t bytes) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return bytes_ + bytes <= bytes_max_;
}

Status WriteQueue::post(std::unique_ptr<WriteTask>& task) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (bytes_ + task->bytes() > bytes_max_)
      return fail(Status::full, "too much waits for the cache's disk");
    bytes_ += task->bytes();
    ++posted_;
    tasks_.push_back(std::move(task));
  }
  some_.notify_one();
  return Status::ok;
}

void WriteQueue::post_always(std::unique_ptr<WriteTask> task) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    bytes_ += task->bytes();
    ++posted_;
    tasks_.push_back(std::move(task));
  }
  some_.notify_one();
}

std::unique_ptr<WriteTask> WriteQueue::take() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!std::exchange(ready_, true)) idle_.notify_all();
  some_.wait(lock, [this] { return closed_ || !tasks_.empty(); });
  if (tasks_.empty()) return nullptr;
  std::unique_ptr<WriteTask> task = std::move(tasks_.front());
  tasks_.pop_front();
  return task;
}

void WriteQueue::finished(uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  bytes_ -= bytes;
  ++finished_;
  idle_.notify_all();
}

void WriteQueue::close() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
  }
  some_.notify_all();
}

void WriteQueue::flush() {
  std::unique_lock<std::mutex> lock(mutex_);
  const uint64_t until = posted_;
  idle_.wait(lock, [&] { return ready_ && finished_ >= until; });
}

uint64_t WriteQueue::bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return bytes_;
}

}  // namespace fce
