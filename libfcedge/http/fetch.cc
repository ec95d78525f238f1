// SPDX-License-Identifier: Apache-2.0
#include "http/fetch.h"

namespace fce {

std::string_view fetch_error_name(FetchError why) {
  switch (why) {
    case FetchError::resolve: return "resolve";
    case FetchError::connect: return "connect";
    case FetchError::connect_time: return "connect-time";
    case FetchError::tls: return "tls";
    case FetchError::first_byte: return "first-byte-time";
    case FetchError::idle: return "idle-time";
    case FetchError::closed: return "closed";
    case FetchError::malformed: return "malformed";
    case FetchError::truncated: return "truncated";
    case FetchError::too_large: return "head-too-large";
    case FetchError::no_peer: return "no-peer";
    case FetchError::full: return "full";
    case FetchError::refused: return "refused";
    case FetchError::disk: return "disk";
    case FetchError::stopped: return "stopped";
  }
  return "";
}

}  // namespace fce
