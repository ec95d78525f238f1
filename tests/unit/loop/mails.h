// SPDX-License-Identifier: Apache-2.0
// Mails that tell what happens to them.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "loop/mailbox.h"

namespace fce {

struct MailFates {
  std::atomic<int> delivered{0};
  std::atomic<int> destroyed{0};
};

class TestMail final : public Mail {
 public:
  TestMail(MailFates& fates, std::function<void()> action)
      : fates_(fates), action_(std::move(action)) {}
  ~TestMail() override { ++fates_.destroyed; }
  void deliver() override {
    ++fates_.delivered;
    action_();
  }

 private:
  MailFates& fates_;
  std::function<void()> action_;
};

inline std::unique_ptr<Mail> test_mail(
    MailFates& fates, std::function<void()> action = [] {}) {
  return std::make_unique<TestMail>(fates, std::move(action));
}

}  // namespace fce
