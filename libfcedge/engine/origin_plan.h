// SPDX-License-Identifier: Apache-2.0
// OriginPlan: what an origin shall be (fce_origin). The origin itself is made for a node when a
// route that leads to it is put in force, and shared by all routes in force that do.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "base/status.h"
#include "http/fetch.h"

namespace fce {

class Node;

class OriginPlan {
 public:
  virtual ~OriginPlan() = default;
  Status get(Node& node, std::shared_ptr<const Fetcher>* out);

 protected:
  virtual Status make(Node& node, std::shared_ptr<const Fetcher>* out) = 0;

 private:
  std::mutex mutex_;
  std::map<const Node*, std::weak_ptr<const Fetcher>> made_;
};

}  // namespace fce

struct fce_origin {
  std::shared_ptr<fce::OriginPlan> plan;
};
