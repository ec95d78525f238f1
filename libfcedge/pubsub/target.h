// SPDX-License-Identifier: Apache-2.0
// Target: which channel a route leads to. Tenant and name are literals or parameters of its
// pattern.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "http/query.h"
#include "pubsub/key.h"

namespace fce {

class Exchange;

class Target {
 public:
  // Reads "acme" or "{tenant}". FCE_EINVAL when a literal is no valid name or `pattern` has no such
  // parameter.
  static Status parse(const char* tenant, const char* channel, std::string_view pattern,
                      Target* out);

  // The same for routes whose clients name the channels by themselves.
  static Status parse_tenant(const char* tenant, std::string_view pattern, Target* out);

  // The tenant of this request, which need not be a valid name.
  std::string_view tenant(const Exchange& exchange) const { return value(tenant_, exchange); }
  // The channel of this request; FCE_EINVAL when its parameters are no valid names.
  Status key(const Exchange& exchange, ChannelKey* out) const;

 private:
  struct Part {
    std::string text;
    bool is_param = false;
  };
  static Status parse_part(const char* text, std::string_view pattern, Part* out);
  static std::string_view value(const Part& part, const Exchange& exchange);

  Part tenant_;
  Part channel_;
};

}  // namespace fce
