// SPDX-License-Identifier: Apache-2.0
// Handler: what a route leads to. One object serves all shards at once, so it is const and keeps
// what changes per shard elsewhere.
#pragma once

namespace fce {

class Exchange;

class Handler {
 public:
  virtual ~Handler() = default;
  // Answers now, or takes a reference and answers later. The request's body is complete.
  virtual void handle(Exchange& exchange) const = 0;
};

}  // namespace fce
