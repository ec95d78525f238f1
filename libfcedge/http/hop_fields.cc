// SPDX-License-Identifier: Apache-2.0
#include "http/hop_fields.h"

namespace fce {

bool is_hop_field(std::string_view name) {
  switch (name.size()) {
    case 2: return name == "te";
    case 7: return name == "trailer" || name == "upgrade";
    case 10: return name == "connection" || name == "keep-alive";
    case 14: return name == "content-length" || name == "http2-settings";
    case 16: return name == "proxy-connection";
    case 17: return name == "transfer-encoding";
    case 18: return name == "proxy-authenticate";
    case 19: return name == "proxy-authorization";
    case 25: return name == "proxy-authentication-info";
    default: return false;
  }
}

}  // namespace fce
