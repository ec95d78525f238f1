// SPDX-License-Identifier: Apache-2.0
// WriteQueue: what waits for the store's thread, in order. Bytes are bounded.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "base/status.h"

namespace fce {

class StoreWriter;

// Something to be done on the store's thread.
class WriteTask {
 public:
  explicit WriteTask(uint64_t bytes) : bytes_(bytes) {}
  virtual ~WriteTask() = default;
  virtual void run(StoreWriter& writer) = 0;
  // What it holds while it waits.
  uint64_t bytes() const { return bytes_; }

 private:
  const uint64_t bytes_;
};

class WriteQueue {
 public:
  explicit WriteQueue(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  bool has_room(uint64_t bytes) const;
  // `full`: nothing was taken, and the task is still the caller's.
  Status post(std::unique_ptr<WriteTask>& task);
  // Without a bound, for what is small and has to be done.
  void post_always(std::unique_ptr<WriteTask> task);
  // Waits for one; null once it is closed and empty. One taker only.
  std::unique_ptr<WriteTask> take();
  // The one that was taken is done and destroyed.
  void finished(uint64_t bytes);
  void close();
  // Waits until somebody takes tasks, and has done all that were posted before.
  void flush();
  uint64_t bytes() const;

 private:
  const uint64_t bytes_max_;
  mutable std::mutex mutex_;
  std::condition_variable some_;
  std::condition_variable idle_;
  std::deque<std::unique_ptr<WriteTask>> tasks_;
  uint64_t bytes_ = 0;  // of those that wait, and of the one that is being done
  uint64_t posted_ = 0;
  uint64_t finished_ = 0;
  bool ready_ = false;  // somebody takes tasks: the index is complete
  bool closed_ = false;
};

}  // namespace fce
