// SPDX-License-Identifier: Apache-2.0
// A mail that runs a function object: for what is rare (routes, drain, stop).
#pragma once

#include <memory>
#include <utility>

#include "loop/mailbox.h"

namespace fce {

template <class F>
class Task final : public Mail {
 public:
  explicit Task(F run) : run_(std::move(run)) {}
  void deliver() override { run_(); }

 private:
  F run_;
};

template <class F>
std::unique_ptr<Mail> make_task(F run) {
  return std::make_unique<Task<F>>(std::move(run));
}

}  // namespace fce
