// SPDX-License-Identifier: Apache-2.0
//
// The configuration's origins as objects of the library.
#ifndef FCEDGE_EXAMPLES_EDGE_ORIGINS_H_
#define FCEDGE_EXAMPLES_EDGE_ORIGINS_H_

#include <fcedge/origin.h>

#include <map>
#include <memory>
#include <string>

#include "config.h"

namespace edge {

class Origins {
 public:
  Origins() = default;
  // Those of `before` that say the same are taken over, so that their connections stay. Throws
  // ConfigError with the line of the first that the library refuses.
  Origins(const Config& config, const Origins& before);

  // The configuration was checked: its names are there.
  fce_origin* get(const std::string& name) const { return made_.at(name).origin.get(); }

 private:
  struct Made {
    OriginSettings settings;
    std::shared_ptr<fce_origin> origin;
  };
  std::shared_ptr<fce_origin> make(const Config& config, const OriginSettings& settings) const;

  std::map<std::string, Made> made_;
};

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_ORIGINS_H_
