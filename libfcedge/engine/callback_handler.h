// SPDX-License-Identifier: Apache-2.0
// A handler that is a C callback.
#pragma once

#include <fcedge/http.h>

#include "http/handler.h"

namespace fce {

// Calls C code. The owner of `user` is released with the last snapshot that has this handler.
class CallbackHandler final : public Handler {
 public:
  CallbackHandler(fce_handler_fn handler, void* user, fce_release_fn release)
      : handler_(handler), user_(user), release_(release) {}
  ~CallbackHandler() override {
    if (release_) release_(user_);
  }
  CallbackHandler(const CallbackHandler&) = delete;
  CallbackHandler& operator=(const CallbackHandler&) = delete;
  void handle(Exchange& exchange) const override;

 private:
  fce_handler_fn handler_;
  void* user_;
  fce_release_fn release_;
};

}  // namespace fce
