// SPDX-License-Identifier: Apache-2.0
// Mailbox: how threads talk. Any thread posts, the loop's thread takes all that is there in order.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace fce {

// One message. `deliver` runs on the receiving loop's thread; afterwards the mail is destroyed. A
// mail that is never delivered (the loop has stopped) is destroyed there without `deliver`.
class Mail {
 public:
  virtual ~Mail() = default;
  virtual void deliver() = 0;

 private:
  friend class Mailbox;
  Mail* next_ = nullptr;
};

class Mailbox {
 public:
  explicit Mailbox(uint32_t capacity) : capacity_(capacity) {}
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  enum class Post { first, more, full };
  // From any thread. `first`: the box was empty, so the receiver has to be woken. `full`: nothing
  // was taken, `mail` is still the caller's. With `always` the capacity does not count: for answers
  // to what the receiver itself asked for, which are bounded by its questions.
  Post post(std::unique_ptr<Mail>& mail, bool always = false);

  // On the receiver's thread: delivers, in the order of posting, all that was there at the call.
  void drain();

  // From any thread: how many wait.
  uint32_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  const uint32_t capacity_;
  std::atomic<uint32_t> size_{0};
  std::atomic<Mail*> newest_{nullptr};  // a stack that the receiver takes whole and turns round
};

}  // namespace fce
