// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"

#include <algorithm>
#include <cstring>

namespace fce {

Limits Limits::from(const fce_limits* options) {
  Limits limits;
  if (!options) return limits;
  fce_limits known{};
  std::memcpy(&known, options, std::min<size_t>(options->size, sizeof known));
#define FCE_TAKE_(field) \
  if (known.field != 0) limits.field = known.field
  FCE_TAKE_(connections_max);
  FCE_TAKE_(request_line_bytes_max);
  FCE_TAKE_(header_bytes_max);
  FCE_TAKE_(header_count_max);
  FCE_TAKE_(body_bytes_max);
  FCE_TAKE_(tls_handshake_ms);
  FCE_TAKE_(header_ms);
  FCE_TAKE_(body_ms);
  FCE_TAKE_(write_ms);
  FCE_TAKE_(idle_ms);
  FCE_TAKE_(handler_ms);
  FCE_TAKE_(pipeline_max);
  FCE_TAKE_(h2_streams_max);
  FCE_TAKE_(h2_resets_per_s);
  FCE_TAKE_(h2_continuations_max);
  FCE_TAKE_(h2_control_per_s);
  FCE_TAKE_(tls_handshakes_per_turn);
  FCE_TAKE_(tls_key_updates_max);
  FCE_TAKE_(ws_message_bytes_max);
  FCE_TAKE_(ws_control_per_s);
  FCE_TAKE_(h2_idle_ms);
  FCE_TAKE_(tls_handshakes_pending_max);
  FCE_TAKE_(tls_handshakes_us);
  FCE_TAKE_(overload_ms);
  FCE_TAKE_(ws_inflate_bytes_per_s);
#undef FCE_TAKE_
  return limits;
}

}  // namespace fce
