// SPDX-License-Identifier: Apache-2.0
#include "loop/mailbox.h"

namespace fce {

Mailbox::~Mailbox() {
  for (Mail* mail = newest_.exchange(nullptr); mail;) {
    Mail* next = mail->next_;
    delete mail;
    mail = next;
  }
}

Mailbox::Post Mailbox::post(std::unique_ptr<Mail>& mail, bool always) {
  if (size_.fetch_add(1, std::memory_order_relaxed) >= capacity_ && !always) {
    size_.fetch_sub(1, std::memory_order_relaxed);
    return Post::full;
  }
  Mail* raw = mail.release();
  Mail* old = newest_.load(std::memory_order_relaxed);
  do {
    raw->next_ = old;
  } while (!newest_.compare_exchange_weak(old, raw, std::memory_order_release,
                                          std::memory_order_relaxed));
  return old ? Post::more : Post::first;
}

void Mailbox::drain() {
  Mail* taken = newest_.exchange(nullptr, std::memory_order_acquire);
  Mail* oldest = nullptr;
  while (taken) {
    Mail* next = taken->next_;
    taken->next_ = oldest;
    oldest = taken;
    taken = next;
  }
  while (oldest) {
    const std::unique_ptr<Mail> mail(oldest);
    oldest = mail->next_;
    size_.fetch_sub(1, std::memory_order_relaxed);
    mail->deliver();
  }
}

}  // namespace fce
