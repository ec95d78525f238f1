// SPDX-License-Identifier: Apache-2.0
#include "engine/callback_handler.h"

#include "engine/shard.h"

namespace fce {

void CallbackHandler::handle(Exchange& exchange) const {
  handler_(Shard::current()->later().give_out(exchange), user_);
}

}  // namespace fce
