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
  // Takes bodies as they come: `handle` is called when the head is complete, and gets the body by
  // Exchange::take_body. A client that waits for "100 Continue" is sent it when that is first
  // pulled from.
  virtual bool streams_body() const { return false; }
};

}  // namespace fce
