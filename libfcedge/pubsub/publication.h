// SPDX-License-Identifier: Apache-2.0
// Publication: what a publisher hands over, before the channel's home gives it an id.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/chunk.h"
#include "pubsub/audience.h"

namespace fce {

// What is told of a publication for which the node has no room now, on all ways to publish.
constexpr std::string_view kPublishBusy = "the node is busy: try again later";

struct Publication {
  static constexpr size_t kKeyBytesMax = 255;

  // What most publications have not.
  struct More {
    std::string key;     // of what the message is the latest state; "" none
    std::string author;  // the user who wrote it; "" none
    Audience audience;
  };

  Bytes payload;               // UTF-8, borrowed
  const More* more = nullptr;  // borrowed; null: no key, no author, for everybody
};

}  // namespace fce
