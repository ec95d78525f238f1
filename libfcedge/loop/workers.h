// SPDX-License-Identifier: Apache-2.0
// Worker threads for slow sequential work (disk, database): plain blocking code, answered by mail.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/status.h"
#include "loop/loop.h"

namespace fce {

// One piece of work. `work` runs on a worker, then `done` on the thread of the loop that asked. A
// job that was never begun when the pool stops is destroyed without `work`.
class Job {
 public:
  virtual ~Job() = default;
  virtual void work() = 0;
  virtual void done() = 0;
};

class Workers {
 public:
  Workers(uint32_t threads, uint32_t queue_max);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // `full` when `queue_max` jobs wait; then nothing was taken. `from` must outlive the pool.
  Status submit(std::unique_ptr<Job>& job, Loop& from);
  // Finishes the jobs that run, drops those that wait, joins the threads.
  void stop();

 private:
  struct Item {
    std::unique_ptr<Job> job;
    Loop* from;
  };
  void run();

  const uint32_t queue_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace fce
