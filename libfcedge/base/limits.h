// SPDX-License-Identifier: Apache-2.0
// All limits with their defaults, in one place. A field of zero in the C struct is the default.
#pragma once

#include <fcedge/fcedge.h>

#include <cstdint>

namespace fce {

struct Limits {
  uint32_t connections_max = 100'000;
  uint32_t request_line_bytes_max = 8192;
  uint32_t header_bytes_max = 16'384;
  uint32_t header_count_max = 100;
  uint32_t body_bytes_max = 1 << 20;
  uint32_t tls_handshake_ms = 10'000;
  uint32_t header_ms = 10'000;
  uint32_t body_ms = 15'000;
  uint32_t write_ms = 30'000;
  uint32_t idle_ms = 75'000;
  uint32_t handler_ms = 60'000;
  uint32_t pipeline_max = 32;
  uint32_t h2_streams_max = 128;
  uint32_t h2_resets_per_s = 100;
  uint32_t h2_continuations_max = 8;
  uint32_t h2_control_per_s = 200;
  uint32_t tls_handshakes_per_turn = 8;
  uint32_t tls_key_updates_max = 16;
  uint32_t ws_message_bytes_max = 65'536;
  uint32_t ws_control_per_s = 20;
  uint32_t h2_idle_ms = 30'000;
  uint32_t tls_handshakes_pending_max = 256;
  uint32_t tls_handshakes_us = 2000;
  uint32_t overload_ms = 5000;
  uint32_t ws_inflate_bytes_per_s = 1 << 20;

  // Takes what the embedding program set; what it left zero (or does not know of) stays.
  static Limits from(const fce_limits* options);
};

}  // namespace fce
