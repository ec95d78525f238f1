// SPDX-License-Identifier: Apache-2.0
// Answers with all figures of the node, as text for those who collect them.
#pragma once

#include "http/handler.h"

namespace fce {

class MetricsHandler final : public Handler {
 public:
  void handle(Exchange& exchange) const override;
};

}  // namespace fce
