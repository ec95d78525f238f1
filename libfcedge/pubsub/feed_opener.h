// SPDX-License-Identifier: Apache-2.0
// FeedOpener: a route that goes on once it is known that the client may have the channel.
#pragma once

#include <memory>

#include "auth/identity.h"

namespace fce {

class ChannelKey;
class Exchange;
class Hub;

class FeedOpener {
 public:
  using Who = std::shared_ptr<const Identity>;  // null: nobody
  // Answers the exchange.
  virtual void open(Exchange& exchange, Hub& hub, const ChannelKey& key, const Who& who) const = 0;

 protected:
  ~FeedOpener() = default;
};

}  // namespace fce
